/* CONV_2D 1x1 by tiles of 2 pixels x 4 output channels, in_c a multiple of 4, out_c at least 4, no padding.
 *
 * Pixels are taken two by two: their inputs are laid into the scratch as int16, then the tile (conv_2d_1x1.inc) runs through
 * all output channels, reading one stream of weights and constants that search/hardware/packing.py wrote. All outputs of two
 * pixels are written after their own inputs were read and before those of the next.
 */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_CONV_2D_1X1_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_CONV_2D_1X1_H

#include "lanes.h"

/* A row of pixels, an even number. conv_2d_1x1.inc knows this layout. */
typedef struct {
    uint32_t *activations; /* the scratch */
    int8_t *output0, *output1; /* of the first two pixels */
    const uint32_t *fours_end; /* where the channels that make no four begin in the stream */
    uintptr_t entry, exit;     /* of the tile's loop, see mcn_points_code_t */
    const uint32_t *end;       /* of the activations */
    const int8_t *source;
    uint32_t step; /* bytes from an input pixel to the next */
    const uint32_t *stream;
    uint32_t words; /* of four inputs, a pixel */
    uint32_t channels;
    const int8_t *output_end;
} mcn_points_t;

/* Addresses in the tile's code: its unrolled loop, the test behind it, and what follows. */
typedef struct {
    uintptr_t loop, test, done;
} mcn_points_code_t;

enum {
    POINTS_UNROLL = 16, /* as in conv_2d_1x1.inc */
    POINTS_WORD_BYTES = 96, /* code for a word of inputs */
};

typedef void mcn_points_run_t(const mcn_points_t *points);

mcn_points_run_t mcn_points_dsp, mcn_points_relu_dsp; /* relu: act_min >= output zero point */
extern const mcn_points_code_t mcn_points_dsp_code, mcn_points_relu_dsp_code;

/* Where the loop is entered for all words but the first, and where it goes on after a round. */
static inline void mcn_points_enter(mcn_points_t *points, const mcn_points_code_t *code)
{
    const uint32_t words = points->words - 1;
    const uint32_t skipped = (POINTS_UNROLL - words % POINTS_UNROLL) % POINTS_UNROLL;
    points->entry = words ? code->loop + skipped * POINTS_WORD_BYTES : code->done;
    points->exit = words > POINTS_UNROLL ? code->test : code->done;
}

/* Runs `count` pixels; if that is odd, the last one as if it were two. */
TEMPLATE void mcn_points_row(mcn_points_t *points, int8_t *output, uint32_t count, mcn_points_run_t *run)
{
    const uint32_t step = points->step, even = count & ~1U;
    points->output0 = output;
    points->output1 = output + points->channels;
    points->output_end = output + even * points->channels;
    if (even > 0) {
        run(points);
    }
    if (even < count) {
        points->output0 = points->output1 = output + even * points->channels;
        points->output_end = points->output0 + points->channels;
        points->source += even * step;
        points->step = 0;
        run(points);
        points->step = step;
    }
}

/* The variants, less the choice of the tile's flavour. */
TEMPLATE void mcn_conv_2d_points(const mcn_conv_t *a, uint8_t *arena, mcn_points_run_t *run, const mcn_points_code_t *code)
{
    const int together = a->stride_h == 1 && a->stride_w == 1 && a->out_w == a->in_w; /* all rows are one */
    const uint32_t rows = together ? 1 : a->out_h;
    const uint32_t columns = together ? (uint32_t)a->out_h * a->out_w : a->out_w;
    const uint32_t four_words = 13U + a->in_c;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    mcn_points_t points = {
        .activations = (uint32_t *)(void *)(arena + a->scratch),
        .step = (uint32_t)a->stride_w * a->in_c,
        .stream = (const uint32_t *)(const void *)a->weights,
        .words = a->in_c / 4U,
        .channels = a->out_c,
    };
    points.end = points.activations + a->in_c;
    points.fours_end = points.stream + a->out_c / 4 * four_words;
    mcn_points_enter(&points, code);
    for (uint32_t row = 0; row < rows; row++) {
        points.source = input + row * a->stride_h * a->in_w * a->in_c;
        mcn_points_row(&points, output + row * columns * a->out_c, columns, run);
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        mcn_clamp_dsp(output, rows * columns * a->out_c, a->act_min, a->act_max);
    }
}

#endif
