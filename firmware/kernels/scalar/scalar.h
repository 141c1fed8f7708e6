/* What the kernels for cores without DSP instructions share: those of this folder and those for single cores. */
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

/* mcn_high_multiply(x, doubled / 2) in fewer instructions. */
static inline int32_t mcn_scale(int32_t x, uint32_t doubled)
{
    const int64_t product = (int64_t)x * doubled;
    return (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
}

/* mcn_rounding_shift() for an exponent >= 1, of what mcn_scale() returns. */
static inline int32_t mcn_divide(int32_t x, int exponent)
{
    return (((x + (x >> 31)) >> (exponent - 1)) + 1) >> 1;
}

/* How sums of one channel become outputs. */
typedef struct {
    uint32_t doubled; /* 2 * multiplier */
    int32_t shift, zero_point, act_min, act_max;
} mcn_rescale_t;

/* mcn_requantize() and mcn_output() of a sum. */
static inline int8_t mcn_rescale(mcn_rescale_t r, int32_t sum)
{
    const int32_t scaled = r.shift < 0 ? mcn_divide(mcn_scale(sum, r.doubled), -r.shift)
                                       : mcn_requantize(sum, (int32_t)(r.doubled / 2), r.shift);
    const int32_t value = mcn_wrapping_add(scaled, r.zero_point);
    return (int8_t)(value < r.act_min ? r.act_min : value > r.act_max ? r.act_max : value);
}

/* Fused activations that saturation to int8 does not cover: holds values within a range. */
static inline void mcn_clamp(int8_t *values, uint32_t count, int8_t min, int8_t max)
{
    if (min == INT8_MIN && max == INT8_MAX) {
        return;
    }
    for (; count > 0; count--, values++) {
        *values = *values < min ? min : *values > max ? max : *values;
    }
}

#endif
