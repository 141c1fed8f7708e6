/* Fixed-point arithmetic of the kernels: what TensorFlow Lite Micro computes with gemmlowp, rounding by rounding.
 *
 * Sums wrap at 32 bits, as TensorFlow Lite Micro's do in practice: a channel whose weights are all nearly 0 has a bias
 * near the limits of int32, and its sum may overflow. They are kept unsigned here so that this is no undefined behaviour.
 * Right shifts of negative numbers are arithmetic on every compiler that we build with.
 */
#ifndef MCUNAS_REQUANTIZE_H
#define MCUNAS_REQUANTIZE_H

#include <stdint.h>

/* a + b modulo 2^32. */
static inline int32_t mcn_wrapping_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

/* a * b / 2^31, rounded to nearest, ties upwards. a and b must not both be INT32_MIN (no multiplier is negative). */
static inline int32_t mcn_high_multiply(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* x / 2^exponent, rounded to nearest, ties away from zero; exponent 0..31. */
static inline int32_t mcn_rounding_shift(int32_t x, int exponent)
{
    const int32_t mask = (int32_t)((1U << exponent) - 1U);
    const int32_t remainder = x & mask;
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> exponent) + (remainder > threshold);
}

/* x * multiplier / 2^31 * 2^shift, rounded twice: after the multiplication and after the shift to the right.
 * multiplier 0..2^31 - 1 (from 2^30 up unless it is 0 or MEAN's), shift -31..31. What a shift to the left pushes out is lost, not saturated. */
static inline int32_t mcn_requantize(int32_t x, int32_t multiplier, int shift)
{
    const int left = shift > 0 ? shift : 0;
    const int right = shift > 0 ? 0 : -shift;
    return mcn_rounding_shift(mcn_high_multiply((int32_t)((uint32_t)x << left), multiplier), right);
}

/* The value of the output tensor: x + zero_point, held within min..max. */
static inline int8_t mcn_output(int32_t x, int32_t zero_point, int8_t min, int8_t max)
{
    const int32_t value = mcn_wrapping_add(x, zero_point);
    return value < min ? min : value > max ? max : (int8_t)value;
}

#endif
