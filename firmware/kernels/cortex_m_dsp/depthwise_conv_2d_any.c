/* DEPTHWISE_CONV_2D, int8: any shape, constants as the reference has them. For what the other kernels do not run: several
 * outputs an input channel, fewer than 4 channels, dilation.
 *
 * Position by position, over the taps that lie inside the input; four channels at a time where outputs and inputs agree.
 */
#include "requantize_any.h"

#define LANES 4

/* The taps of one position that lie inside the input. */
typedef struct {
    const int8_t *input;   /* channel 0 of the first */
    const int8_t *weights; /* output channel 0 of the first */
    uint32_t rows, columns;
    uint32_t next; /* bytes from tap to tap in a row */
    int32_t skip;  /* and more at the end of a row: less than 0 if its taps reach beyond the next row's first */
    uint32_t next_weights, skip_weights;
} taps_t;

/* Of `count` taps that are `dilation` apart, the first at `start`: how many come before 0. */
static inline int32_t taps_before(int32_t start, int32_t dilation)
{
    return start < 0 ? (dilation - 1 - start) / dilation : 0;
}

/* And how many come before `size`. */
static inline int32_t taps_inside(int32_t start, int32_t dilation, int32_t size, int32_t count)
{
    const int32_t inside = start < size ? (size - 1 - start) / dilation + 1 : 0;
    return inside < count ? inside : count;
}

static taps_t taps_at(const mcn_conv_t *a, const int8_t *input, int32_t top, int32_t left)
{
    const int32_t row = taps_before(top, a->dilation_h), column = taps_before(left, a->dilation_w);
    const int32_t rows = taps_inside(top, a->dilation_h, a->in_h, a->kernel_h) - row;
    const int32_t columns = taps_inside(left, a->dilation_w, a->in_w, a->kernel_w) - column;
    taps_t taps = {
        .input = input,
        .weights = a->weights,
        .rows = rows > 0 && columns > 0 ? (uint32_t)rows : 0,
        .columns = columns > 0 ? (uint32_t)columns : 0,
        .next = (uint32_t)a->dilation_w * a->in_c,
        .next_weights = a->out_c,
    };
    if (taps.rows > 0) {
        taps.input += ((top + row * a->dilation_h) * a->in_w + left + column * a->dilation_w) * a->in_c;
        taps.weights += (row * a->kernel_w + column) * a->out_c;
    }
    taps.skip = a->dilation_h * a->in_w * a->in_c - (int32_t)(taps.columns * taps.next);
    taps.skip_weights = a->out_c * (a->kernel_w - taps.columns);
    return taps;
}

/* Adds the products of one input channel with the weights of one output channel. */
static inline int32_t add_taps(taps_t taps, uint32_t in, uint32_t out, int32_t zero_point, int32_t sum)
{
    const int8_t *x = taps.input + in, *w = taps.weights + out;
    for (; taps.rows > 0; taps.rows--, x += taps.skip, w += taps.skip_weights) {
        for (uint32_t left = taps.columns; left > 0; left--, x += taps.next, w += taps.next_weights) {
            sum = (int32_t)((uint32_t)sum + (uint32_t)((*x - zero_point) * *w));
        }
    }
    return sum;
}

/* The same for four channels, each on its own. start: less the input zero point, twice. */
static inline void add_taps_of_four(taps_t taps, uint32_t channel, uint32_t start, int32_t sums[LANES])
{
    const int8_t *x = taps.input + channel, *w = taps.weights + channel;
    uint32_t a = (uint32_t)sums[0], b = (uint32_t)sums[1], c = (uint32_t)sums[2], d = (uint32_t)sums[3];
    for (; taps.rows > 0; taps.rows--, x += taps.skip, w += taps.skip_weights) {
        for (uint32_t left = taps.columns; left > 0; left--, x += taps.next, w += taps.next_weights) {
            const uint32_t inputs = mcn_load(x), weights = mcn_load(w);
            const uint32_t even = mcn_add_even_bytes(start, inputs), odd = mcn_add_odd_bytes(start, inputs);
            const uint32_t even_weights = mcn_even_bytes(weights), odd_weights = mcn_odd_bytes(weights);
            a += (uint32_t)((int16_t)even * (int16_t)even_weights);
            b += (uint32_t)((int16_t)odd * (int16_t)odd_weights);
            c += (uint32_t)(((int32_t)even >> 16) * ((int32_t)even_weights >> 16));
            d += (uint32_t)(((int32_t)odd >> 16) * ((int32_t)odd_weights >> 16));
        }
    }
    sums[0] = (int32_t)a, sums[1] = (int32_t)b, sums[2] = (int32_t)c, sums[3] = (int32_t)d;
}

static inline int8_t result(const mcn_conv_t *a, uint32_t channel, int32_t sum)
{
    return mcn_requantize_any(sum, a->multiplier[channel], a->shift[channel], a->output_zero_point);
}

/* All channels of one position: each output channel from its input channel. */
static void run_each(const mcn_conv_t *a, const taps_t *taps, int8_t *output)
{
    const uint32_t outputs = a->out_c / a->in_c;
    for (uint32_t in = 0, out = 0; in < a->in_c; in++) {
        for (uint32_t end = out + outputs; out < end; out++) {
            output[out] = result(a, out, add_taps(*taps, in, out, a->input_zero_point, a->bias[out]));
        }
    }
}

/* All channels of one position, at least 4 and one output an input: the last four overlap those before if need be. */
static void run_fours(const mcn_conv_t *a, const taps_t *taps, int8_t *output)
{
    const uint32_t start = mcn_splat_s16((int16_t)-a->input_zero_point), last = a->out_c - LANES;
    for (uint32_t channel = 0, more = 1; more; more = channel < last, channel = channel + 4 < last ? channel + 4 : last) {
        int32_t sums[LANES];
        for (uint32_t lane = 0; lane < LANES; lane++) {
            sums[lane] = a->bias[channel + lane];
        }
        add_taps_of_four(*taps, channel, start, sums);
        for (uint32_t lane = 0; lane < LANES; lane++) {
            output[channel + lane] = result(a, channel + lane, sums[lane]);
        }
    }
}

void mcn_depthwise_conv_2d_any_dsp(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const int fours = a->in_c == a->out_c && a->in_c >= LANES;
    for (int32_t y = 0; y < a->out_h; y++) {
        for (int32_t x = 0; x < a->out_w; x++, output += a->out_c) {
            const taps_t taps = taps_at(a, input, y * a->stride_h - a->pad_top, x * a->stride_w - a->pad_left);
            if (fours) {
                run_fours(a, &taps, output);
            } else {
                run_each(a, &taps, output);
            }
        }
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        const uint32_t count = (uint32_t)a->out_h * a->out_w * a->out_c;
        mcn_clamp_dsp((int8_t *)(arena + a->output), count, a->act_min, a->act_max);
    }
}
