/* FULLY_CONNECTED, int8: four output channels at a time. */
#include "scalar.h"

/* Channels [first, first + 4) of the row `input`; those past the last are the last again. */
static inline void run_four(const mcn_fully_connected_t *a, mcn_rescale_t rescale, const int8_t *input, uint32_t first,
                            int8_t *output)
{
    const int32_t last = a->out_c - 1;
    int32_t channel[4], sum[4];
    const int8_t *w[4];
    for (int32_t i = 0; i < 4; i++) {
        channel[i] = (int32_t)first + i < last ? (int32_t)first + i : last;
        sum[i] = a->bias[channel[i]];
        w[i] = a->weights + channel[i] * a->in_c;
    }
    uint32_t s0 = (uint32_t)sum[0], s1 = (uint32_t)sum[1], s2 = (uint32_t)sum[2], s3 = (uint32_t)sum[3];
    const int8_t *w0 = w[0], *w1 = w[1], *w2 = w[2], *w3 = w[3];
    for (const int8_t *end = input + a->in_c; input != end; input++) {
        const int32_t x = *input;
        s0 += (uint32_t)(x * *w0++);
        s1 += (uint32_t)(x * *w1++);
        s2 += (uint32_t)(x * *w2++);
        s3 += (uint32_t)(x * *w3++);
    }
    const uint32_t sums[4] = {s0, s1, s2, s3};
    for (int32_t i = 0; i < 4; i++) {
        rescale.doubled = (uint32_t)a->multiplier[channel[i]] * 2;
        rescale.shift = a->shift[channel[i]];
        output[channel[i]] = mcn_rescale(rescale, (int32_t)sums[i]);
    }
}

void mcn_fully_connected_scalar(const void *args, uint8_t *arena)
{
    const mcn_fully_connected_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const mcn_rescale_t rescale = {.zero_point = a->output_zero_point, .act_min = a->act_min, .act_max = a->act_max};
    for (uint32_t row = 0; row < a->rows; row++, input += a->in_c, output += a->out_c) {
        for (uint32_t c = 0; c < a->out_c; c += 4) {
            run_four(a, rescale, input, c, output);
        }
    }
}
