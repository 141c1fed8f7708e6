/* What the kernels for cores without DSP instructions share: those of this folder and those of single cores beside it. */
#ifndef MCUNAS_KERNELS_SCALAR_SCALAR_H
#define MCUNAS_KERNELS_SCALAR_SCALAR_H

#include "mcunas/kernel.h"
#include "mcunas/requantize.h"

/* A function that several kernels are made of: each calls its own parts directly, so that the stack has a bound. */
#define TEMPLATE static inline __attribute__((always_inline))

/* Keeps a loop from becoming a call of memcpy or memset. */
#define MCN_KEEP_LOOP() __asm__ volatile("")

static inline void mcn_copy(int8_t *to, const int8_t *from, uint32_t bytes)
{
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
        MCN_KEEP_LOOP();
    }
}

static inline void mcn_fill(int8_t *to, int8_t value, uint32_t bytes)
{
    for (; bytes > 0; bytes--) {
        *to++ = value;
        MCN_KEEP_LOOP();
    }
}

/* mcn_high_multiply() for multiplier >= 0, in fewer instructions. */
static inline int32_t mcn_scale(int32_t x, int32_t multiplier)
{
    const int64_t product = (int64_t)x * ((uint32_t)multiplier << 1);
    return (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
}

/* mcn_rounding_shift() for an exponent >= 1, of what mcn_scale() returns. */
static inline int32_t mcn_divide(int32_t x, int exponent)
{
    return (((x + (x >> 31)) >> (exponent - 1)) + 1) >> 1;
}

/* mcn_requantize(); the caller's loop over values of one channel has one branch for all. */
static inline int32_t mcn_rescale(int32_t x, int32_t multiplier, int shift)
{
    return shift < 0 ? mcn_divide(mcn_scale(x, multiplier), -shift) : mcn_requantize(x, multiplier, shift);
}

#endif
