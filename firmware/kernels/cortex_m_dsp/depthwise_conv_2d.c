/* DEPTHWISE_CONV_2D, int8: any kernel, stride, padding below the kernel's size and number of channels; no dilation, one output
 * channel an input channel, output no larger than the input.
 *
 * Four channels run over the whole image before the next four, two output rows at a time, so the kernel may write over its own
 * input: channels do not mix, and rows are written after the input rows that later ones need are in the buffer.
 *
 * The buffer is a ring of row pairs: rows r and r + 1 of one column and channel are one word (int16x2). Two output rows read
 * the same pairs, each with kernel rows placed, and zeros around them, so that they meet theirs:
 *
 *      3x3, stride 1:   pair 0   pair 1          5x5, stride 2:   pair 0   pair 1   pair 2   pair 3
 *      upper output     w0 w1    w2 0            upper output     w0 w1    w2 w3    w4 0     0 0
 *      lower output     0 w0     w1 w2           lower output     0 0      w0 w1    w2 w3    w4 0
 *
 * Scratch: those weights, uint32_t [4, pairs, kernel_w, 2], then the buffer, uint32_t [pairs, 4, columns].
 */
#include "lanes.h"
#include "mcunas/requantize.h"

#define LANES 4

/* The constants of four channels, as packing_depthwise.py lays them out. */
typedef struct {
    int32_t bias[LANES]; /* with the input zero point folded in */
    int32_t multiplier[LANES];
    int8_t shift[LANES];
    int8_t weights[]; /* [LANES, kernel_h, kernel_w] */
} group_t;

typedef struct {
    const mcn_conv_t *a;
    uint32_t *weights, *buffer;
    uint32_t pairs, columns;
    int32_t row_step; /* input rows between two output rows */
} layer_t;

/* Four channels of it. */
typedef struct {
    const group_t *constants;
    const int8_t *input; /* its first channel */
    int8_t *output;
    uint32_t lanes; /* 1..4 */
} four_t;

static layer_t layer_of(const mcn_conv_t *a, uint8_t *arena)
{
    layer_t l = {.a = a, .weights = (uint32_t *)(arena + a->scratch)};
    l.row_step = a->out_h > 1 ? a->stride_h : 0;
    l.pairs = (uint32_t)(a->kernel_h + l.row_step + 1) / 2;
    l.columns = (a->out_w - 1U) * a->stride_w + a->kernel_w;
    l.buffer = l.weights + LANES * l.pairs * a->kernel_w * 2;
    return l;
}

/* Weights of kernel rows `row` and row + 1, 0 outside of the kernel. */
static uint32_t weight_pair(const mcn_conv_t *a, const int8_t *column, int32_t row)
{
    const int32_t upper = row >= 0 && row < a->kernel_h ? column[row * a->kernel_w] : 0;
    const int32_t lower = row >= -1 && row + 1 < a->kernel_h ? column[(row + 1) * a->kernel_w] : 0;
    return mcn_lower_halves((uint32_t)upper, (uint32_t)lower);
}

static void expand_weights(const layer_t *l, const group_t *constants)
{
    const mcn_conv_t *a = l->a;
    const int8_t *kernel = constants->weights;
    uint32_t *to = l->weights;
    for (int i = 0; i < LANES; i++, kernel += a->kernel_h * a->kernel_w) {
        for (int32_t row = 0; row < 2 * (int32_t)l->pairs; row += 2) {
            for (int x = 0; x < a->kernel_w; x++) {
                *to++ = weight_pair(a, kernel + x, row);
                *to++ = weight_pair(a, kernel + x, row - l->row_step);
            }
        }
    }
}

/* The bytes of up to four channels; what lies beyond them is not read. */
static inline uint32_t load_lanes(const four_t *four, const int8_t *from, uint32_t channels)
{
    if (four->lanes == LANES) {
        return mcn_load(from);
    }
    if (channels >= LANES) { /* with the channels before */
        return mcn_load(from + four->lanes - LANES) >> 8 * (LANES - four->lanes);
    }
    uint32_t word = 0;
    for (uint32_t i = 0; i < four->lanes; i++) {
        word |= (uint32_t)(uint8_t)from[i] << 8 * i;
    }
    return word;
}

/* Expands pair `pair` of the padded image into its place in the ring. */
static void expand_pair(const layer_t *l, const four_t *four, int32_t pair)
{
    const mcn_conv_t *a = l->a;
    const uint32_t padding = mcn_splat_s8((int8_t)a->input_zero_point);
    const uint32_t columns = l->columns;
    const int32_t row = 2 * pair - a->pad_top;
    const int has_upper = row >= 0 && row < a->in_h;
    const int has_lower = row + 1 >= 0 && row + 1 < a->in_h;
    const int8_t *from = four->input + (row * a->in_w - a->pad_left) * a->in_c;
    uint32_t *to = l->buffer + (uint32_t)pair % l->pairs * LANES * columns;
    for (int32_t x = -a->pad_left, end = x + (int32_t)columns; x < end; x++, from += a->in_c, to++) {
        const int inside = x >= 0 && x < a->in_w;
        const uint32_t upper = has_upper && inside ? load_lanes(four, from, a->in_c) : padding;
        const uint32_t lower = has_lower && inside ? load_lanes(four, from + a->in_w * a->in_c, a->in_c) : padding;
        to[0] = mcn_lower_halves(mcn_even_bytes(upper), mcn_even_bytes(lower));
        to[columns] = mcn_lower_halves(mcn_odd_bytes(upper), mcn_odd_bytes(lower));
        to[2 * columns] = mcn_upper_halves(mcn_even_bytes(upper), mcn_even_bytes(lower));
        to[3 * columns] = mcn_upper_halves(mcn_odd_bytes(upper), mcn_odd_bytes(lower));
    }
}

/* A 2x2 block of outputs of one channel; `x` is its first column in the buffer, `next` the distance to the second one's. */
static inline void block_sums(const layer_t *l, int32_t first_pair, uint32_t lane, uint32_t x, uint32_t next, int32_t sums[4])
{
    const uint32_t kernel_w = l->a->kernel_w;
    const uint32_t slot_words = LANES * l->columns;
    const uint32_t *weights = l->weights + lane * l->pairs * kernel_w * 2;
    const uint32_t *from = l->buffer + lane * l->columns + x;
    const uint32_t *ring_end = from + l->pairs * slot_words;
    const uint32_t *pair = from + (uint32_t)first_pair % l->pairs * slot_words;
    int32_t upper0 = sums[0], upper1 = sums[0], lower0 = sums[0], lower1 = sums[0];
    for (uint32_t i = l->pairs; i > 0; i--) {
        const uint32_t *column = pair;
        for (uint32_t k = kernel_w; k > 0; k--, column++, weights += 2) {
            upper0 = mcn_dot_s16(column[0], weights[0], upper0);
            lower0 = mcn_dot_s16(column[0], weights[1], lower0);
            upper1 = mcn_dot_s16(column[next], weights[0], upper1);
            lower1 = mcn_dot_s16(column[next], weights[1], lower1);
        }
        pair += slot_words;
        pair = pair == ring_end ? from : pair;
    }
    sums[0] = upper0;
    sums[1] = upper1;
    sums[2] = lower0;
    sums[3] = lower1;
}

/* Exact for every shift; the shorter way is that of MCN_REQUANTIZE. */
static inline int8_t requantize(int32_t sum, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    if (shift >= 0 || multiplier == 0) {
        return mcn_saturate_s8(mcn_wrapping_add(mcn_requantize(sum, multiplier, shift), zero_point));
    }
    sum = mcn_add_high_product(sum, sum, (int32_t)((uint32_t)multiplier * 2U));
    return mcn_saturate_s8(mcn_subtract_high_product(zero_point, sum + (sum >> 31), (int32_t)(0U - (1U << (32 + shift)))));
}

/* Output rows y and y + 1, if there is one, of one channel. */
static void two_rows(const layer_t *l, const four_t *four, int y, uint32_t lane)
{
    const mcn_conv_t *a = l->a;
    const group_t *constants = four->constants;
    const int32_t multiplier = constants->multiplier[lane];
    const int32_t shift = constants->shift[lane];
    const uint32_t down = y + 1 < a->out_h ? (uint32_t)a->out_w * a->out_c : 0;
    int8_t *output = four->output + (uint32_t)y * a->out_w * a->out_c + lane;
    for (uint32_t x = 0; x < a->out_w; x += 2, output += 2 * a->out_c) {
        const int pair = x + 1U < a->out_w;
        int32_t sums[4] = {constants->bias[lane]};
        block_sums(l, y / 2 * l->row_step, lane, x * a->stride_w, pair ? a->stride_w : 0, sums);
        int8_t *second = output + (pair ? a->out_c : 0); /* what there is no place for is written where the next lands */
        second[down] = requantize(sums[3], multiplier, shift, a->output_zero_point);
        output[down] = requantize(sums[2], multiplier, shift, a->output_zero_point);
        *second = requantize(sums[1], multiplier, shift, a->output_zero_point);
        *output = requantize(sums[0], multiplier, shift, a->output_zero_point);
    }
}

static void run_four(const layer_t *l, const four_t *four)
{
    int32_t next = 0; /* the first pair that is not in the ring yet */
    expand_weights(l, four->constants);
    for (int y = 0; y < l->a->out_h; y += 2) {
        const int32_t first = y / 2 * l->row_step;
        next = next < first ? first : next;
        for (; next < first + (int32_t)l->pairs; next++) {
            expand_pair(l, four, next);
        }
        for (uint32_t lane = 0; lane < four->lanes; lane++) {
            two_rows(l, four, y, lane);
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
        const four_t four = {
            .constants = (const group_t *)constants,
            .input = (const int8_t *)(arena + a->input) + c,
            .output = (int8_t *)(arena + a->output) + c,
            .lanes = a->in_c - c < LANES ? a->in_c - c : LANES,
        };
        run_four(&layer, &four);
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        mcn_clamp_dsp((int8_t *)(arena + a->output), (uint32_t)a->out_h * a->out_w * a->out_c, a->act_min, a->act_max);
    }
}
