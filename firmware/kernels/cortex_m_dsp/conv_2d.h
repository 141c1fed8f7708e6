/* CONV_2D by tiles of 3 pixels x 2 output channels: what its variants share.
 *
 * An operation is cut into groups of three output pixels. conv_2d_tiles.S lays the inputs of a group into the scratch as int16,
 * gemm_3x2*.S then runs through all output channels, two at a time, reading one stream of weights and constants that
 * search/hardware/packing.py wrote. All outputs of a group are written before the inputs of the next are read.
 */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_CONV_2D_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_CONV_2D_H

#include <stddef.h>

#include "dsp.h"

/* A group's constants for gemm_3x2.inc, which knows this layout. */
typedef struct {
    uint32_t pixel1, pixel2;     /* bytes from the outputs of pixel 0 to those of pixels 1 and 2 */
    uint32_t channels;           /* even */
    int32_t output_zero_point;
    const uint32_t *activations; /* 3 * steps words */
    const uint32_t *stop;        /* where the loop ends, or pauses to rescue the sums of channel B */
    uintptr_t first, second;     /* entries, see gemm_3x2.inc */
    const uint32_t *end;         /* of the activations */
    uintptr_t run;               /* the tile's code */
} mcn_tile_t;

/* One flavour of the tile: addresses of its code, and of its entries. */
typedef struct {
    uintptr_t run, four_steps, two_steps, body, done;
} mcn_gemm_t;

extern const mcn_gemm_t mcn_gemm_3x2_dsp_code;           /* up to 492 weights a channel */
extern const mcn_gemm_t mcn_gemm_3x2_relu_dsp_code;      /* act_min >= output zero point */
extern const mcn_gemm_t mcn_gemm_3x2_long_dsp_code;      /* any number of weights */
extern const mcn_gemm_t mcn_gemm_3x2_long_relu_dsp_code;

/* The inputs of three output pixels: `rows` runs of bytes each. conv_2d_tiles.S knows this layout. */
typedef struct {
    const int8_t *source[3];
    uint32_t *to;
    uint32_t rows, words; /* a run is 4 * words + rest_bytes bytes */
    int32_t gap[3];       /* bytes from the end of a pixel's run to the start of its next */
    uint32_t rest_bytes;  /* 0..3 */
    uint32_t rest_stride; /* of a pixel's rests, bytes */
    uint8_t *rest;        /* 3 * rest_stride bytes */
} mcn_patches_t;

/* All outputs of three pixels. (It jumps to tile->run; C calls through no pointer, so that the stack has a static bound.) */
void mcn_conv_tiles_dsp(const mcn_patches_t *patches, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output);

/* An operation set up for its groups. */
typedef struct {
    const mcn_conv_t *args;
    const uint32_t *stream;
    mcn_tile_t tile;
    mcn_patches_t patches;
    int8_t *odd;      /* outputs of a group where the number of channels is odd, else NULL */
    uint32_t finish;  /* whether outputs need more: to be brought from `odd`, or clamped */
    uint8_t *scratch; /* what is left of it */
} mcn_conv_groups_t;

/* `rows` and `run`: rows and bytes a row of one pixel's inputs. */
void mcn_conv_groups_init(mcn_conv_groups_t *groups, const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm,
                          uint32_t rows, uint32_t run);

/* Only 1 or 2 pixels of the group exist. The others must have inputs all the same; their outputs are not kept. */
void mcn_conv_last_group(mcn_conv_groups_t *groups, uint32_t pixels);

void mcn_conv_finish(const mcn_conv_groups_t *groups, int8_t *output, uint32_t pixels);

/* Computes the group of pixels whose inputs `patches` names. */
static inline void mcn_conv_group(const mcn_conv_groups_t *groups, int8_t *output, uint32_t pixels)
{
    mcn_conv_tiles_dsp(&groups->patches, &groups->tile, groups->stream, groups->odd ? groups->odd : output);
    if (groups->finish) {
        mcn_conv_finish(groups, output, pixels);
    }
}

/* The variants, less the choice of the tile's flavour. */
void mcn_conv_2d_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm);
void mcn_conv_2d_1x1_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm);

#endif
