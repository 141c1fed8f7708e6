/* Arithmetic of the assembler tiles in C, for builds without DSP instructions. */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_PORTABLE_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_PORTABLE_H

#include "lanes.h"

/* Sums modulo 2^32 over channels A and B. */
typedef struct {
    uint32_t a, b;
} mcn_sums_t;

/* Adds the products of a word of activations and one of weights, whose halves are 256 * B + A. */
static inline void mcn_multiply_word(mcn_sums_t *sums, uint32_t activations, uint32_t weights)
{
    for (int half = 0; half < 32; half += 16) {
        const int16_t x = (int16_t)(activations >> half), pair = (int16_t)(weights >> half);
        const int8_t a = (int8_t)pair;
        const int b = (pair - a) / 256;
        sums->a += (uint32_t)(x * a);
        sums->b += (uint32_t)(x * b);
    }
}

/* MCN_REQUANTIZE of macros.inc. */
static inline int8_t mcn_requantize_scaled(uint32_t sum, int32_t doubled, int32_t scale, int32_t zero_point, int relu)
{
    int32_t value = mcn_add_high_product((int32_t)sum, (int32_t)sum, doubled);
    value += relu ? 0 : value >> 31;
    return mcn_saturate_s8(mcn_subtract_high_product(zero_point, value, scale));
}

#endif
