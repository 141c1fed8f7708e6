/* FULLY_CONNECTED, int8: four output channels at a time; where fewer are left, the last one stands in for the rest. */
#ifndef MCUNAS_KERNELS_SCALAR_FULLY_CONNECTED_H
#define MCUNAS_KERNELS_SCALAR_FULLY_CONNECTED_H

#include "scalar.h"

#define MCN_FOUR 4

/* Adds the products of `count` inputs and weights[i] to each sums[i]. */
typedef void mcn_dot_four_t(const int8_t *input, const int8_t *const weights[MCN_FOUR], uint32_t count,
                            uint32_t sums[MCN_FOUR]);

mcn_dot_four_t mcn_dot_four_scalar;

TEMPLATE void mcn_fully_connected(const mcn_fully_connected_t *a, uint8_t *arena, mcn_dot_four_t *dot_four)
{
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    mcn_rescale_t rescale = {.zero_point = a->output_zero_point, .act_min = a->act_min, .act_max = a->act_max};
    for (uint32_t row = 0; row < a->rows; row++, input += a->in_c, output += a->out_c) {
        for (uint32_t first = 0; first < a->out_c; first += MCN_FOUR) {
            const int8_t *weights[MCN_FOUR];
            uint32_t channels[MCN_FOUR], sums[MCN_FOUR];
            for (uint32_t i = 0; i < MCN_FOUR; i++) {
                channels[i] = first + i < a->out_c ? first + i : a->out_c - 1U;
                weights[i] = a->weights + channels[i] * a->in_c;
                sums[i] = (uint32_t)a->bias[channels[i]];
            }
            dot_four(input, weights, a->in_c, sums);
            for (uint32_t i = 0; i < MCN_FOUR; i++) {
                rescale.doubled = (uint32_t)a->multiplier[channels[i]] * 2;
                rescale.shift = a->shift[channels[i]];
                output[channels[i]] = mcn_rescale(rescale, (int32_t)sums[i]);
            }
        }
    }
}

#endif
