/* FULLY_CONNECTED, any weights and scales, constants as the reference has them: for operations that do not fit the others.
 *
 * Activations less their zero point lie in the scratch as int16; four channels are summed together.
 */
#include "lanes.h"
#include "mcunas/requantize.h"

#define LANES 4

/* Words (k0, k2), (k1, k3) of a row of `count` inputs, filled with zeros. */
static void expand(uint32_t *to, const int8_t *input, uint32_t count, int16_t zero_point)
{
    const uint32_t start = mcn_splat_s16((int16_t)-zero_point);
    for (; count >= 4; count -= 4, input += 4, to += 2) {
        to[0] = mcn_add_even_bytes(start, mcn_load(input));
        to[1] = mcn_add_odd_bytes(start, mcn_load(input));
    }
    if (count > 0) {
        int16_t last[4] = {0, 0, 0, 0};
        for (uint32_t i = 0; i < count; i++) {
            last[(i & 1) * 2 + i / 2] = (int16_t)(input[i] - zero_point);
        }
        to[0] = mcn_load(last);
        to[1] = mcn_load(last + 2);
    }
}

static inline int32_t add_word(int32_t sum, const uint32_t *activations, uint32_t weights)
{
    sum = mcn_dot_s16(activations[0], mcn_even_bytes(weights), sum);
    return mcn_dot_s16(activations[1], mcn_odd_bytes(weights), sum);
}

/* Adds the products of `depth` inputs with rows of as many weights, one row after the other, to the sums of four channels. */
static inline void add_rows(int32_t sums[LANES], const uint32_t *activations, const int8_t *weights, uint32_t depth)
{
    const int8_t *const end = weights + (depth & ~3U);
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (; weights != end; weights += 4, activations += 2) {
        a = add_word(a, activations, mcn_load(weights));
        b = add_word(b, activations, mcn_load(weights + depth));
        c = add_word(c, activations, mcn_load(weights + 2 * depth));
        d = add_word(d, activations, mcn_load(weights + 3 * depth));
    }
    sums[0] = a, sums[1] = b, sums[2] = c, sums[3] = d;
    for (uint32_t lane = 0; depth % 4 > 0 && lane < LANES; lane++, weights += depth) {
        uint32_t word = 0;
        mcn_copy((int8_t *)&word, weights, depth % 4);
        sums[lane] = add_word(sums[lane], activations, word);
    }
}

/* Channels first .. first + LANES - 1 of one row. */
static void run_lanes(const mcn_fully_connected_t *a, const uint32_t *activations, uint32_t first, int8_t *output)
{
    int32_t sums[LANES];
    for (uint32_t lane = 0; lane < LANES; lane++) {
        sums[lane] = a->bias[first + lane];
    }
    add_rows(sums, activations, a->weights + first * a->in_c, a->in_c);
    for (uint32_t lane = 0; lane < LANES; lane++) {
        const int32_t scaled = mcn_requantize(sums[lane], a->multiplier[first + lane], a->shift[first + lane]);
        output[first + lane] = mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
    }
}

void mcn_fully_connected_plain_dsp(const void *args, uint8_t *arena)
{
    const mcn_fully_connected_t *a = args;
    uint32_t *activations = (uint32_t *)(void *)(arena + a->scratch);
    for (uint32_t row = 0; row < a->rows; row++) {
        int8_t *output = (int8_t *)(arena + a->output) + row * a->out_c;
        expand(activations, (const int8_t *)(arena + a->input) + row * a->in_c, a->in_c, a->input_zero_point);
        for (uint32_t first = 0; first + LANES <= a->out_c; first += LANES) {
            run_lanes(a, activations, first, output);
        }
        if (a->out_c % LANES > 0) { /* again some of the channels before */
            run_lanes(a, activations, a->out_c - LANES, output);
        }
    }
}
