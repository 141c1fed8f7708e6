/* CONV_2D by tiles of 3 pixels x 2 output channels: what its variants share.
 *
 * An operation is cut into groups of adjacent output pixels, mostly three. The inputs of a group are laid into the scratch as
 * int16, in the order in which the tile reads them; the tile (tile.inc) then runs through all output channels, two at a time,
 * reading one stream of weights and constants that search/hardware/packing.py wrote. All outputs of a group are written
 * after its own inputs were read and before those of the next.
 *
 * conv_2d_kx3_groups.c   kernels 3 wide, stride 1         tile kx3.inc, inputs by kx3_columns.S
 * conv_2d_groups.c       everything else                  tile gemm_3x2.inc, inputs by conv_2d_tiles.S
 */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_CONV_2D_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_CONV_2D_H

#include <stddef.h>

#include "dsp.h"

/* Constants of a tile; tile.inc knows this layout. */
typedef struct {
    uint32_t pixel1, pixel2; /* bytes from the outputs of pixel 0 to those of pixels 1 and 2 */
    uint32_t channels;       /* even */
    int32_t output_zero_point;
    const uint32_t *activations;
    const uint32_t *stop;    /* where the loop ends, or pauses to rescue the sums of channel B */
    uintptr_t first, second; /* entries into the code */
    uintptr_t exit;          /* where it goes on after a round of the loop */
    const uint32_t *end;     /* of the activations */
    uintptr_t run;           /* the code */
} mcn_tile_t;

/* One flavour of the tile of gemm_3x2.inc, or that of gemm_3x2_plain.S: addresses of its code and of its entries. */
typedef struct {
    uintptr_t run, four_steps, two_steps, body, loop, done;
    uint32_t block_bytes; /* code of six steps */
} mcn_gemm_t;

extern const mcn_gemm_t mcn_gemm_3x2_dsp_code;      /* up to 492 weights a channel */
extern const mcn_gemm_t mcn_gemm_3x2_relu_dsp_code; /* act_min >= output zero point */
extern const mcn_gemm_t mcn_gemm_3x2_long_dsp_code; /* any number of weights */
extern const mcn_gemm_t mcn_gemm_3x2_long_relu_dsp_code;
extern const mcn_gemm_t mcn_gemm_3x2_plain_dsp_code; /* any number of weights, any weights and scales */

/* One flavour of the tiles of kx3.inc. */
typedef struct {
    uintptr_t run, body;
} mcn_kx3_t;

extern const mcn_kx3_t mcn_kx3_3px_dsp_code, mcn_kx3_2px_dsp_code; /* up to 438 weights a channel */
extern const mcn_kx3_t mcn_kx3_3px_relu_dsp_code, mcn_kx3_2px_relu_dsp_code;
extern const mcn_kx3_t mcn_kx3_3px_long_dsp_code, mcn_kx3_2px_long_dsp_code;
extern const mcn_kx3_t mcn_kx3_3px_long_relu_dsp_code, mcn_kx3_2px_long_relu_dsp_code;

/* The inputs of three output pixels: `rows` runs of bytes each. conv_2d_tiles.S knows this layout. */
typedef struct {
    const int8_t *source[3];
    uint32_t rest_bytes;  /* 0..3: a run is 4 * words + rest_bytes bytes */
    uint32_t *to;
    uint32_t rows, words;
    int32_t gap[3];       /* bytes from the end of a pixel's run to the start of its next */
    uint32_t rest_stride; /* of a pixel's rests, bytes */
    uint8_t *rest;        /* 3 * rest_stride bytes */
} mcn_patches_t;

/* The inputs of 2 or 3 adjacent output pixels. kx3_columns.S knows this layout. */
typedef struct {
    const int8_t *source;
    uint32_t channels; /* a multiple of 4 */
    const int8_t *column3;
    uint32_t *to;
    uint32_t rows;
    uint32_t five; /* columns: 5 or 4 */
    int32_t gap;   /* bytes from the end of a row's first column to the next row */
} mcn_columns_t;

/* Inputs of a group, then all its outputs. (Both jump to tile->run; C calls through no pointer, so that the stack has a
 * static bound.) */
void mcn_conv_tiles_dsp(const mcn_patches_t *patches, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output);
void mcn_kx3_columns_dsp(const mcn_columns_t *columns, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output);

/* Where the outputs of a group go. */
typedef struct {
    const mcn_conv_t *args;
    int8_t *odd; /* outputs of a group where the number of channels is odd, else NULL */
} mcn_conv_outputs_t;

/* Sets up outputs and tile, but for the tile's activations and entries. Returns the scratch that is left of `scratch`. */
uint8_t *mcn_conv_outputs_init(mcn_conv_outputs_t *outputs, mcn_tile_t *tile, const mcn_conv_t *args, uint8_t *scratch);

/* Brings the outputs of a group from `odd` to their place. */
void mcn_conv_bring_odd(const mcn_conv_outputs_t *outputs, int8_t *output, uint32_t pixels);

/* Applies the fused activation to all outputs. */
void mcn_conv_clamp(const mcn_conv_t *args, uint8_t *arena);

/* An operation set up for groups of conv_2d_tiles.S. */
typedef struct {
    mcn_conv_outputs_t outputs;
    mcn_tile_t tile;
    mcn_patches_t patches;
    const uint32_t *stream;
    uint8_t *scratch; /* what is left of it */
} mcn_conv_groups_t;

/* `rows` and `run`: rows and bytes a row of one pixel's inputs. */
void mcn_conv_groups_init(mcn_conv_groups_t *groups, const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm,
                          uint32_t rows, uint32_t run);

/* Only 1 or 2 pixels of the group exist. The others must have inputs all the same; their outputs are not kept. */
void mcn_conv_last_group(mcn_conv_groups_t *groups, uint32_t pixels);

/* Computes the group of pixels whose inputs `patches` names, by way of `odd`. */
void mcn_conv_odd_group(const mcn_conv_groups_t *groups, int8_t *output, uint32_t pixels);

/* Computes the group of pixels whose inputs `patches` names. */
static inline void mcn_conv_group(const mcn_conv_groups_t *groups, int8_t *output, uint32_t pixels)
{
    if (groups->outputs.odd) {
        mcn_conv_odd_group(groups, output, pixels);
    } else {
        mcn_conv_tiles_dsp(&groups->patches, &groups->tile, groups->stream, output);
    }
}

/* An input, or a copy of it with its padding. */
typedef struct {
    const int8_t *data; /* [height, width, in_c] */
    int32_t height, width;
} mcn_image_t;

/* Copies `columns` columns of the window at (top, left) to `to`, where the image ends its zero point.
 * to: [kernel_h, columns, in_c] */
void mcn_conv_gather(const mcn_conv_t *args, const mcn_image_t *image, int8_t *to, int32_t top, int32_t left,
                     int32_t columns);

/* The variants, less the choice of the tile's flavour. */
void mcn_conv_2d_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm);
void mcn_conv_2d_kx3_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_kx3_t *three, const mcn_kx3_t *two);

#endif
