/* DEPTHWISE_CONV_2D, int8: any kernel and stride, at least 4 channels, one output channel an input channel, no
 * dilation, padding smaller than the kernel, output no larger than the input.
 *
 * Four channels run over the whole image before the next four, two output rows at a time, so the kernel may write over
 * its own input: channels do not mix, and rows are written after the input rows that later ones need are in the buffer.
 *
 * The buffer is a ring of row pairs: rows r and r + 1 of one column and channel are one word (int16x2). Two output rows
 * read the same pairs, each with kernel rows placed, and zeros around them, so that they meet theirs:
 *
 *      3x3, stride 1:   pair 0   pair 1          5x5, stride 2:   pair 0   pair 1   pair 2   pair 3
 *      upper output     w0 w1    w2 0            upper output     w0 w1    w2 w3    w4 0     0 0
 *      lower output     0 w0     w1 w2           lower output     0 0      w0 w1    w2 w3    w4 0
 *
 * Scratch: those weights, int16_t [4, pairs, kernel_w, output row, row of the pair], the buffer, uint32_t [pairs, 4,
 * columns], and the distances between its pairs, int32_t [pairs].
 */
#include "requantize_any.h"

#define LANES 4
#define BLOCK 3 /* output columns that are summed together */

/* The constants of four channels, as packing_depthwise.py lays them out. */
typedef struct {
    int32_t bias[LANES]; /* with the input zero point folded in */
    int32_t multiplier[LANES];
    int8_t shift[LANES];
    int8_t weights[]; /* [LANES, kernel_h, kernel_w] */
} group_t;

typedef struct {
    const mcn_conv_t *a;
    int16_t *weights;
    uint32_t *buffer;
    int32_t *jumps;
    uint32_t pairs, columns;
    int32_t row_step; /* input rows between two output rows: pairs between two pairs of output rows */
} layer_t;

/* Four channels of it. */
typedef struct {
    const group_t *constants;
    const int8_t *input; /* the word that ends with its last channel */
    int8_t *output;
    uint32_t lanes; /* 1..4 */
} four_t;

/* What the sums of one channel are made of, in the order of the assembly's registers. */
typedef struct {
    const int16_t *weights;
    uint32_t next; /* bytes from an output's column to the next output's */
    uint32_t kernel_w;
    int32_t bias;
    const int32_t *jumps; /* bytes from the end of the kernel's columns in a pair to their start in the next, last 0 */
} window_t;

/* sums[0..2] of the upper row, [3..5] of the lower one, of three outputs; the first's columns begin at `columns`. */
#if defined(__ARM_FEATURE_DSP)
void mcn_depthwise_sums(const uint32_t *columns, const window_t *window, int32_t sums[2 * BLOCK]);
#else
static void mcn_depthwise_sums(const uint32_t *columns, const window_t *w, int32_t sums[2 * BLOCK])
{
    const int16_t *weights = w->weights;
    for (int i = 0; i < 2 * BLOCK; i++) {
        sums[i] = w->bias;
    }
    for (const int32_t *jump = w->jumps;; columns += *jump++ / 4) {
        for (uint32_t k = 0; k < w->kernel_w; k++, columns++, weights += 4) {
            for (uint32_t i = 0; i < BLOCK; i++) {
                const uint32_t pair = columns[i * w->next / 4];
                sums[i] = mcn_dot_s16(pair, mcn_load(weights), sums[i]);
                sums[BLOCK + i] = mcn_dot_s16(pair, mcn_load(weights + 2), sums[BLOCK + i]);
            }
        }
        if (*jump == 0) {
            return;
        }
    }
}
#endif

static layer_t layer_of(const mcn_conv_t *a, uint8_t *arena)
{
    layer_t l = {.a = a, .weights = (int16_t *)(arena + a->scratch)};
    const uint32_t outputs = (a->out_w + BLOCK - 1U) / BLOCK * BLOCK;
    l.row_step = a->out_h > 1 ? a->stride_h : 0;
    l.pairs = (uint32_t)(a->kernel_h + l.row_step + 1) / 2;
    l.columns = (outputs - 1) * a->stride_w + a->kernel_w;
    const uint32_t weights = LANES * l.pairs * a->kernel_w * 4;
    l.buffer = (uint32_t *)(l.weights + weights);
    l.jumps = (int32_t *)(l.buffer + l.pairs * LANES * l.columns);
    for (uint32_t i = 0; i < weights; i++) {
        l.weights[i] = 0;
    }
    for (uint32_t i = 0; i < l.pairs * LANES * l.columns; i++) {
        l.buffer[i] = mcn_splat_s16(a->input_zero_point); /* the padding on the left and right stays */
    }
    return l;
}

/* Puts each weight where the upper and where the lower row's words have it; the zeros are there already. */
static void expand_weights(const layer_t *l, const group_t *constants)
{
    const uint32_t kernel_h = l->a->kernel_h;
    const uint32_t kernel_w = l->a->kernel_w;
    const int8_t *from = constants->weights;
    int16_t *to = l->weights;
    for (uint32_t lane = 0; lane < LANES; lane++, to += l->pairs * kernel_w * 4) {
        for (uint32_t row = 0; row < kernel_h; row++) {
            const uint32_t later = row + (uint32_t)l->row_step;
            int16_t *upper = to + row / 2 * kernel_w * 4 + row % 2;
            int16_t *lower = to + later / 2 * kernel_w * 4 + 2 + later % 2;
            for (uint32_t x = kernel_w; x > 0; x--, upper += 4, lower += 4) {
                *upper = *lower = *from++;
            }
        }
    }
}

/* Expands pair `pair` of the padded image into its place in the ring. */
static void expand_pair(const layer_t *l, const four_t *four, int32_t pair)
{
    const mcn_conv_t *a = l->a;
    const uint32_t padding = mcn_splat_s8((int8_t)a->input_zero_point);
    const uint32_t columns = l->columns;
    const uint32_t room = columns - a->pad_left;
    const uint32_t shift = 8 * (LANES - four->lanes);
    const int32_t row = 2 * pair - a->pad_top;
    const int has_upper = row >= 0 && row < a->in_h;
    const int has_lower = row + 1 >= 0 && row + 1 < a->in_h;
    const int8_t *upper = has_upper ? four->input + row * a->in_w * a->in_c : (const int8_t *)&padding;
    const int8_t *lower = has_lower ? four->input + (row + 1) * a->in_w * a->in_c : (const int8_t *)&padding;
    const uint32_t upper_step = has_upper ? a->in_c : 0;
    const uint32_t lower_step = has_lower ? a->in_c : 0;
    uint32_t *to = l->buffer + (uint32_t)pair % l->pairs * LANES * columns + a->pad_left;
    for (uint32_t x = a->in_w < room ? a->in_w : room; x > 0; x--, upper += upper_step, lower += lower_step, to++) {
        const uint32_t first = mcn_load(upper) >> shift;
        const uint32_t second = mcn_load(lower) >> shift;
        to[0] = mcn_lower_halves(mcn_even_bytes(first), mcn_even_bytes(second));
        to[columns] = mcn_lower_halves(mcn_odd_bytes(first), mcn_odd_bytes(second));
        to[2 * columns] = mcn_upper_halves(mcn_even_bytes(first), mcn_even_bytes(second));
        to[3 * columns] = mcn_upper_halves(mcn_odd_bytes(first), mcn_odd_bytes(second));
    }
}

/* Output rows y and y + 1, if there is one, of one channel; `columns` is the first pair that they read. */
static void two_rows(const layer_t *l, const four_t *four, int y, uint32_t lane, const uint32_t *columns)
{
    const mcn_conv_t *a = l->a;
    const uint32_t step = a->out_c;
    const uint32_t down = y + 1 < a->out_h ? a->out_w * step : 0;
    const int32_t multiplier = four->constants->multiplier[lane];
    const int32_t shift = four->constants->shift[lane];
    const int32_t zero_point = a->output_zero_point;
    const window_t window = {
        .weights = l->weights + lane * l->pairs * a->kernel_w * 4,
        .next = a->stride_w * (uint32_t)sizeof *columns,
        .kernel_w = a->kernel_w,
        .bias = four->constants->bias[lane],
        .jumps = l->jumps,
    };
    int8_t *output = four->output + (uint32_t)y * a->out_w * step + lane;
    for (uint32_t left = a->out_w; left > 0; columns += BLOCK * a->stride_w) {
        int32_t sums[2 * BLOCK];
        mcn_depthwise_sums(columns, &window, sums);
        for (int i = 0; i < BLOCK && left > 0; i++, left--, output += step) {
            output[down] = mcn_requantize_any(sums[BLOCK + i], multiplier, shift, zero_point); /* if none, the upper's place */
            *output = mcn_requantize_any(sums[i], multiplier, shift, zero_point);
        }
    }
}

/* The way from pair `first` through the ring. */
static void set_jumps(const layer_t *l, uint32_t first)
{
    const int32_t slot_bytes = LANES * (int32_t)sizeof *l->buffer * (int32_t)l->columns;
    const int32_t skip = slot_bytes - (int32_t)sizeof *l->buffer * l->a->kernel_w;
    for (uint32_t i = 0; i + 1 < l->pairs; i++) {
        l->jumps[i] = (first + i + 1) % l->pairs != 0 ? skip : skip - slot_bytes * (int32_t)l->pairs;
    }
    l->jumps[l->pairs - 1] = 0;
}

static void run_four(const layer_t *l, const four_t *four)
{
    int32_t next = 0; /* the first pair that is not in the ring yet */
    expand_weights(l, four->constants);
    for (int y = 0; y < l->a->out_h; y += 2) {
        const int32_t first = y / 2 * l->row_step;
        const uint32_t slot = (uint32_t)first % l->pairs;
        next = next < first ? first : next;
        for (; next < first + (int32_t)l->pairs; next++) {
            expand_pair(l, four, next);
        }
        set_jumps(l, slot);
        for (uint32_t lane = 0; lane < four->lanes; lane++) {
            two_rows(l, four, y, lane, l->buffer + (slot * LANES + lane) * l->columns);
        }
    }
}

void mcn_depthwise_conv_2d_dsp(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const layer_t layer = layer_of(a, arena);
    const uint32_t group_bytes = sizeof(group_t) + LANES * (uint32_t)a->kernel_h * a->kernel_w;
    const int8_t *constants = a->weights;
    for (uint32_t c = 0; c < a->in_c; c += LANES, constants += group_bytes) {
        const uint32_t lanes = a->in_c - c < LANES ? a->in_c - c : LANES;
        const four_t four = {
            .constants = (const group_t *)constants,
            .input = (const int8_t *)(arena + a->input) + c + lanes - LANES,
            .output = (int8_t *)(arena + a->output) + c,
            .lanes = lanes,
        };
        run_four(&layer, &four);
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        const uint32_t count = (uint32_t)a->out_h * a->out_w * a->out_c;
        mcn_clamp_dsp((int8_t *)(arena + a->output), count, a->act_min, a->act_max);
    }
}
