/* DEPTHWISE_CONV_2D, one channel after the other and two output rows at a time: a word is the pair (pairs.h) of the
 * inputs that a weight meets for the upper and for the lower output row.
 *
 * Words lie column by column, so that a window is one run of kernel_w * kernel_h of them. The next two output rows find
 * most of theirs `slide` words further on; only the newest rows are written, over those that nothing needs any more:
 *
 *     window of rows r..r+2:    r r+1 r+2 | r r+1 r+2 | ...        (kernel 3 high, stride 1)
 *     two output rows later:         (r+2 new new)|(r+2 new new) | ...
 *
 * So a layer may write over its own input where it never needs an input row again that it has written to. Dilated
 * kernels are run as larger ones with weights of 0 between.
 *
 * Scratch: the weights of a channel as words, an even number; the words.
 */
#ifndef MCUNAS_KERNELS_SCALAR_DEPTHWISE_CONV_2D_H
#define MCUNAS_KERNELS_SCALAR_DEPTHWISE_CONV_2D_H

#include "pairs.h"

/* Two output rows of one channel. */
typedef struct {
    const uint32_t *window;               /* of the first output */
    const int32_t *weights, *weights_end; /* an even number */
    int8_t *upper, *lower;                /* the same for a last row without a lower one: upper is written last */
    uint32_t count;                       /* outputs in a row */
    uint32_t output_step;                 /* bytes from one output to the next */
    uint32_t window_step;                 /* words from one window to the next */
    int32_t bias;
    mcn_rescale_t rescale;
} mcn_depthwise_rows_t;

/* Computes two rows. */
typedef void mcn_run_rows_t(const mcn_depthwise_rows_t *rows);

mcn_run_rows_t mcn_run_rows_scalar;

typedef struct {
    const mcn_conv_t *args;
    uint32_t kernel_h, kernel_w; /* with the zeros of a dilated kernel */
    uint32_t left, inside, right; /* columns that windows reach: of padding, of the input, of padding */
    uint32_t slide;              /* words from one pair of output rows to the next */
    uint32_t padding;            /* a word of it */
    int32_t *weights;
    uint32_t *words;
} mcn_depthwise_t;

static inline uint32_t mcn_at_most(uint32_t value, uint32_t limit)
{
    return value < limit ? value : limit;
}

static inline mcn_depthwise_t mcn_depthwise(const mcn_conv_t *a, uint8_t *arena)
{
    const uint32_t height = (a->kernel_h - 1U) * a->dilation_h + 1, width = (a->kernel_w - 1U) * a->dilation_w + 1;
    const uint32_t columns = (a->out_w - 1U) * a->stride_w + width, left = mcn_at_most(a->pad_left, columns);
    const uint32_t inside = mcn_at_most(a->in_w, columns - left);
    int32_t *scratch = (int32_t *)(void *)(arena + a->scratch);
    return (mcn_depthwise_t){
        .args = a,
        .kernel_h = height,
        .kernel_w = width,
        .left = left,
        .inside = inside,
        .right = columns - left - inside,
        .slide = 2U * a->stride_h < height ? 2U * a->stride_h : 0,
        .padding = mcn_pair((int8_t)a->input_zero_point, (int8_t)a->input_zero_point),
        .weights = scratch,
        .words = (uint32_t *)scratch + ((height * width + 1) & ~1U),
    };
}

/* Lays out a channel's weights [kernel_w, kernel_h] as words. Those between are and stay 0. */
static inline void mcn_depthwise_expand(const mcn_depthwise_t *d, const int8_t *weights)
{
    const mcn_conv_t *a = d->args;
    int32_t *column = d->weights;
    for (uint32_t x = a->kernel_w; x > 0; x--, column += a->dilation_w * d->kernel_h) {
        int32_t *to = column;
        for (uint32_t y = a->kernel_h; y > 0; y--, to += a->dilation_h) {
            *to = *weights++;
        }
    }
}

/* Writes `count` words of padding, `step` words apart; returns where the next one goes. */
static inline uint32_t *mcn_depthwise_pad(uint32_t *to, uint32_t padding, uint32_t count, uint32_t step)
{
    for (; count > 0; count--, to += step) {
        *to = padding;
    }
    return to;
}

/* Writes the words of input rows `y` and `y + stride_h` for one channel; rows outside the input are padding. */
static inline void mcn_depthwise_fill(const mcn_depthwise_t *d, uint32_t *to, const int8_t *channel, int32_t y)
{
    const mcn_conv_t *a = d->args;
    const int8_t zero_point = (int8_t)a->input_zero_point;
    const int32_t row = a->in_w * a->in_c, lower_y = y + a->stride_h;
    const int has_upper = y >= 0 && y < a->in_h, has_lower = lower_y >= 0 && lower_y < a->in_h;
    const int8_t *upper = has_upper ? channel + y * row : &zero_point;
    const int8_t *lower = has_lower ? channel + lower_y * row : &zero_point;
    const uint32_t upper_step = has_upper ? a->in_c : 0, lower_step = has_lower ? a->in_c : 0, step = d->kernel_h;
    to = mcn_depthwise_pad(to, d->padding, d->left, step);
    for (uint32_t left = d->inside; left > 0; left--, to += step) {
        *to = mcn_pair(*upper, *lower);
        upper += upper_step;
        lower += lower_step;
    }
    mcn_depthwise_pad(to, d->padding, d->right, step);
}

/* Writes `count` words of every column: of input rows [upper, upper + count + stride), all inside the input. */
TEMPLATE void mcn_depthwise_fill_inside(const mcn_depthwise_t *d, uint32_t *to, const int8_t *upper, uint32_t count,
                                        uint32_t stride)
{
    const uint32_t channels = d->args->in_c, row = d->args->in_w * channels, step = d->kernel_h;
    uint32_t *first = to;
    for (uint32_t k = 0; k < count; k++) {
        to = mcn_depthwise_pad(first + k, d->padding, d->left, step) - k;
    }
    for (uint32_t left = d->inside; left > 0; left--, to += step, upper += channels) {
        int8_t x[8];
#pragma GCC unroll 8
        for (uint32_t k = 0; k < count + stride; k++) {
            x[k] = upper[k * row];
        }
#pragma GCC unroll 8
        for (uint32_t k = 0; k < count; k++) {
            to[k] = mcn_pair(x[k], x[k + stride]);
        }
    }
    for (uint32_t k = 0; k < count; k++) {
        mcn_depthwise_pad(to + k, d->padding, d->right, step);
    }
}

/* Writes the words from the k-th of each column on; y: the input row that belongs to the first word of a column. */
static inline void mcn_depthwise_refill(const mcn_depthwise_t *d, uint32_t *words, uint32_t k, const int8_t *channel,
                                        int32_t y)
{
    const mcn_conv_t *a = d->args;
    const int32_t first = y + (int32_t)k;
    const uint32_t count = d->kernel_h - k;
    if (first >= 0 && first + (int32_t)count + a->stride_h <= a->in_h) {
        const int8_t *upper = channel + first * a->in_w * a->in_c;
        if (count == 2 && a->stride_h == 1) {
            mcn_depthwise_fill_inside(d, words + k, upper, 2, 1);
            return;
        }
        if (count == 3 && a->stride_h == 2) {
            mcn_depthwise_fill_inside(d, words + k, upper, 3, 2);
            return;
        }
    }
    for (; k < d->kernel_h; k++) {
        mcn_depthwise_fill(d, words + k, channel, y + (int32_t)k);
    }
}

/* All of one channel but its weights; rows: what is the same for all its rows. */
TEMPLATE void mcn_depthwise_channel(const mcn_depthwise_t *d, const int8_t *input, int8_t *output,
                                    mcn_depthwise_rows_t rows, mcn_run_rows_t *run_rows)
{
    const mcn_conv_t *a = d->args;
    const uint32_t row_bytes = (uint32_t)a->out_w * a->out_c;
    uint32_t *words = d->words, fresh = 0;
    for (uint32_t y = 0; y < a->out_h; y += 2, output += 2 * row_bytes, words += d->slide) {
        mcn_depthwise_refill(d, words, fresh, input, (int32_t)(y * a->stride_h) - a->pad_top);
        fresh = d->slide > 0 ? d->kernel_h - d->slide : 0;
        rows.window = words;
        rows.upper = output;
        rows.lower = y + 1 < a->out_h ? output + row_bytes : output;
        run_rows(&rows);
    }
}

TEMPLATE void mcn_depthwise_conv_2d(const mcn_conv_t *a, uint8_t *arena, mcn_run_rows_t *run_rows)
{
    const mcn_depthwise_t depthwise = mcn_depthwise(a, arena);
    const uint32_t taps = (uint32_t)a->kernel_h * a->kernel_w;
    const int32_t *constants = (const int32_t *)(const void *)a->weights; /* bias; weights, shift; doubled multiplier */
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    mcn_depthwise_rows_t rows = {
        .weights = depthwise.weights,
        .weights_end = (const int32_t *)depthwise.words,
        .count = a->out_w,
        .output_step = a->out_c,
        .window_step = a->stride_w * depthwise.kernel_h,
        .rescale = {.zero_point = a->output_zero_point, .act_min = a->act_min, .act_max = a->act_max},
    };
    for (int32_t *w = depthwise.weights; w < rows.weights_end; w++) {
        *w = 0;
        MCN_KEEP_LOOP();
    }
    for (uint32_t c = 0, part = a->in_c; c < a->out_c; c++, part += a->in_c) {
        const int8_t *weights = (const int8_t *)(constants + 1);
        rows.bias = *constants;
        rows.rescale.shift = weights[taps];
        constants += 2 + taps / 4; /* taps and the shift fill up words */
        rows.rescale.doubled = (uint32_t)*constants++;
        mcn_depthwise_expand(&depthwise, weights);
        mcn_depthwise_channel(&depthwise, input, output++, rows, run_rows);
        if (part == a->out_c) { /* in_c / out_c of an input channel for each output channel */
            part = 0;
            input++;
        }
    }
}

#endif
