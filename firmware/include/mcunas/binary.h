/* What kernels of two operands share: an operand may be constant, and may be repeated along axes where it has size 1. */
#ifndef MCUNAS_BINARY_H
#define MCUNAS_BINARY_H

#include <stddef.h>
#include <stdint.h>

#include "mcunas/kernel.h"
#include "mcunas/requantize.h"

/* Bits of fraction that ADD and SUB give their inputs before these are scaled; a constant of TensorFlow Lite. */
#define MCN_BINARY_LEFT_SHIFT 20

/* The output for a pair of elements. */
typedef int8_t (*mcn_pair_t)(const mcn_binary_t *a, int8_t first, int8_t second);

/* ADD, SUB: an element in units of twice the larger input scale / 2^20. */
static inline int32_t mcn_scaled_operand(const mcn_binary_t *a, int which, int8_t value)
{
    const int32_t shifted = (value - a->zero_point[which]) * (1 << MCN_BINARY_LEFT_SHIFT);
    return mcn_requantize(shifted, a->multiplier[which], a->shift[which]);
}

/* Where an operand has the pixel that goes into output pixel y, x: index of its first channel. */
static inline uint32_t mcn_operand_pixel(const mcn_binary_t *a, int which, uint32_t y, uint32_t x)
{
    const uint32_t row = a->h[which] == 1 ? 0 : y;
    const uint32_t column = a->w[which] == 1 ? 0 : x;
    return (row * a->w[which] + column) * a->c[which];
}

/* Runs `pair`, a function of the caller's file, over all elements. */
__attribute__((always_inline)) static inline void mcn_binary(const mcn_binary_t *a, uint8_t *arena, mcn_pair_t pair)
{
    const int8_t *first = a->first != NULL ? a->first : (const int8_t *)(arena + a->input[0]);
    const int8_t *second = a->second != NULL ? a->second : (const int8_t *)(arena + a->input[1]);
    const uint32_t first_step = a->c[0] != 1;
    const uint32_t second_step = a->c[1] != 1;
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t y = 0; y < a->out_h; y++) {
        for (uint32_t x = 0; x < a->out_w; x++) {
            const int8_t *p = first + mcn_operand_pixel(a, 0, y, x);
            const int8_t *q = second + mcn_operand_pixel(a, 1, y, x);
            for (uint32_t c = 0; c < a->out_c; c++, p += first_step, q += second_step) {
                *output++ = pair(a, *p, *q);
            }
        }
    }
}

#endif
