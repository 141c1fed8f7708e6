/* The assembler parts of the 3x3 depthwise kernels in C, for builds without DSP instructions. */
#include "depthwise_conv_2d_3x3.h"

#if !defined(__ARM_FEATURE_DSP)
#include <stddef.h>

#include "portable.h"

void mcn_depthwise_3x3_expand(const int8_t *top, const int8_t *bottom, uint32_t top_step, uint32_t bottom_step,
                              uint32_t *slot, uint32_t columns)
{
    for (; columns > 0; columns--, top += top_step, bottom += bottom_step, slot += ENTRY_WORDS) {
        const uint32_t upper = mcn_load(top);
        const uint32_t lower = mcn_load(bottom);
        slot[0] = mcn_lower_halves(mcn_even_bytes(upper), mcn_even_bytes(lower));
        slot[2] = mcn_lower_halves(mcn_odd_bytes(upper), mcn_odd_bytes(lower));
        slot[4] = mcn_upper_halves(mcn_even_bytes(upper), mcn_even_bytes(lower));
        slot[6] = mcn_upper_halves(mcn_odd_bytes(upper), mcn_odd_bytes(lower));
    }
}

/* The channel whose multiplier is at `multiplier`. */
static channel_t *channel_of(uint32_t *multiplier)
{
    return (channel_t *)(void *)((int8_t *)multiplier - offsetof(channel_t, multiplier));
}

/* Columns of the buffer from where a channel begins to where it is read last in a row. */
static uint32_t columns_of(const channel_t *c)
{
    return (uint32_t)(2 - c->to_next_channel / 4) / ENTRY_WORDS;
}

static int8_t result(const channel_t *c, int32_t sum, int relu)
{
    const int32_t zero_point = c->output_zero_point;
    return mcn_requantize_scaled((uint32_t)sum, (int32_t)c->multiplier, (int32_t)c->divisor, zero_point, relu);
}

static void two_rows(const uint32_t *buffer, channel_t *c, const channel_t *last, uint32_t skipped, int parity, int relu)
{
    for (const uint32_t *channel = buffer + skipped / 4; c <= last; c++, channel += 2) {
        const uint32_t columns = columns_of(c) + c->odd;
        const uint32_t *entry = channel;
        int8_t *output = (int8_t *)(uintptr_t)buffer + (int32_t)c->output;
        for (uint32_t x = 0; x < columns; x++, entry += ENTRY_WORDS, output += c->step) {
            int32_t upper = c->bias;
            int32_t lower = c->bias;
            for (int k = 0; k < 3; k++) {
                const uint32_t a = entry[k * ENTRY_WORDS + parity];
                const uint32_t b = entry[k * ENTRY_WORDS + (parity ^ 1)];
                upper = mcn_dot_s16(b & 0xFFFFU, c->weights[2 * k + 1] >> 16, mcn_dot_s16(a, c->weights[2 * k], upper));
                lower = mcn_dot_s16(a >> 16, c->weights[2 * k] & 0xFFFFU, mcn_dot_s16(b, c->weights[2 * k + 1], lower));
            }
            output[c->to_row] = result(c, lower, relu);
            *output = result(c, upper, relu);
        }
        c->output += columns * c->step + c->to_row;
    }
}

static void one_row(const uint32_t *buffer, channel_t *c, const channel_t *last, uint32_t skipped, int parity, int relu)
{
    for (const uint32_t *channel = buffer + skipped / 4; c <= last; c++, channel += 2) {
        const uint32_t row2[3] = {c->weights[4] & 0xFFFFU, c->weights[4] >> 16, c->weights[5] & 0xFFFFU};
        const uint32_t columns = columns_of(c) / 2;
        const uint32_t *entry = channel;
        int8_t *output = (int8_t *)(uintptr_t)buffer + (int32_t)c->output;
        for (uint32_t x = 0; x < columns; x++, entry += 2 * ENTRY_WORDS, output += c->step) {
            int32_t sum = c->bias;
            for (int k = 0; k < 3; k++) {
                sum = mcn_dot_s16(entry[k * ENTRY_WORDS + parity], c->weights[1 + k], sum);
                sum = mcn_dot_s16(entry[k * ENTRY_WORDS + (parity ^ 1)] & 0xFFFFU, row2[k], sum);
            }
            *output = result(c, sum, relu);
        }
        c->output += columns * c->step;
    }
}

#define ROWS_KERNEL(name, body, parity, relu)                                                    \
    void name(const uint32_t *buffer, uint32_t *first, uint32_t *last, uint32_t skipped)         \
    {                                                                                            \
        body(buffer, channel_of(first), channel_of(last), skipped, parity, relu);                \
    }

ROWS_KERNEL(mcn_depthwise_3x3_s1_slot0, two_rows, 0, 0)
ROWS_KERNEL(mcn_depthwise_3x3_s1_slot1, two_rows, 1, 0)
ROWS_KERNEL(mcn_depthwise_3x3_s1_relu_slot0, two_rows, 0, 1)
ROWS_KERNEL(mcn_depthwise_3x3_s1_relu_slot1, two_rows, 1, 1)
ROWS_KERNEL(mcn_depthwise_3x3_s2_slot0, one_row, 0, 0)
ROWS_KERNEL(mcn_depthwise_3x3_s2_slot1, one_row, 1, 0)
ROWS_KERNEL(mcn_depthwise_3x3_s2_relu_slot0, one_row, 0, 1)
ROWS_KERNEL(mcn_depthwise_3x3_s2_relu_slot1, one_row, 1, 1)

#endif
