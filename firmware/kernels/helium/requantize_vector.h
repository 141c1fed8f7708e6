/* Requantisation of four sums at a time, exactly as mcunas/requantize.h has it.
 *
 * VQRDMULH is the multiplication by a Q31 number, rounded with ties upwards. A rounding shift to the right (VRSHL, or
 * VQRDMLASH by 2^(31 - e)) has ties upwards as well, where TensorFlow Lite has them away from zero: negative values are
 * made 1 lower before, which moves nothing but ties; a shift of 0 bits must not see that.
 */
#ifndef MCUNAS_HELIUM_REQUANTIZE_VECTOR_H
#define MCUNAS_HELIUM_REQUANTIZE_VECTOR_H

#include <arm_mve.h>

/* x - one where x < 0; one is 0 or 1. Saturates. The upper half of 2 * x * 1 is -1 for negative x, else 0. */
static inline int32x4_t lower_negative(int32x4_t x, int32_t one)
{
    return vqdmlahq_n_s32(x, x, one);
}

/* The four in a vector, in two instructions. */
static inline int32x4_t four_words(int32_t a, int32_t b, int32_t c, int32_t d)
{
    int32x4_t words;
    __asm("vmov %q0[2], %q0[0], %1, %3\n"
          "vmov %q0[3], %q0[1], %2, %4"
          : "=&w"(words)
          : "r"(a), "r"(b), "r"(c), "r"(d));
    return words;
}

/* x * multiplier / 2^31 * 2^shift, as mcn_requantize. */
static inline int32x4_t requantize(int32x4_t x, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : shift;
    const int32x4_t product = vqrdmulhq_n_s32(vshlq_r_s32(x, left), multiplier);
    return vrshlq_n_s32(lower_negative(product, right < 0), right);
}

#endif
