/* What the Cortex-M DSP kernels share. Theirs is the folder's own; nothing outside includes it. */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_DSP_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_DSP_H

#include <stdint.h>

#include "mcunas/kernel.h"

#if defined(__ARM_FEATURE_DSP)
#include <arm_acle.h>

/* Lane by lane on four int8: the greater, the smaller. */
static inline uint32_t mcn_max_s8x4(uint32_t a, uint32_t b)
{
    __ssub8((int8x4_t)a, (int8x4_t)b);
    return (uint32_t)__sel((uint8x4_t)a, (uint8x4_t)b);
}

static inline uint32_t mcn_min_s8x4(uint32_t a, uint32_t b)
{
    __ssub8((int8x4_t)a, (int8x4_t)b);
    return (uint32_t)__sel((uint8x4_t)b, (uint8x4_t)a);
}
#else
static inline uint32_t mcn_max_s8x4(uint32_t a, uint32_t b)
{
    uint32_t result = 0;
    for (int lane = 0; lane < 32; lane += 8) {
        const int8_t x = (int8_t)(a >> lane), y = (int8_t)(b >> lane);
        result |= (uint32_t)(uint8_t)(x > y ? x : y) << lane;
    }
    return result;
}

static inline uint32_t mcn_min_s8x4(uint32_t a, uint32_t b)
{
    return ~mcn_max_s8x4(~a, ~b);
}
#endif

/* memcpy and memset for short runs at any address; inline, and kept from becoming calls of those. */
#define MCN_KEEP_LOOP() __asm__ volatile("")

static inline void mcn_copy(int8_t *to, const int8_t *from, uint32_t bytes)
{
    for (; bytes >= 4; bytes -= 4, to += 4, from += 4) {
        uint32_t word;
        __builtin_memcpy(&word, from, 4);
        __builtin_memcpy(to, &word, 4);
        MCN_KEEP_LOOP();
    }
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
        MCN_KEEP_LOOP();
    }
}

static inline void mcn_fill(int8_t *to, int value, uint32_t bytes)
{
    const uint32_t word = (uint8_t)value * 0x01010101U;
    for (; bytes >= 4; bytes -= 4, to += 4) {
        __builtin_memcpy(to, &word, 4);
        MCN_KEEP_LOOP();
    }
    for (; bytes > 0; bytes--) {
        *to++ = (int8_t)value;
        MCN_KEEP_LOOP();
    }
}

/* Holds `count` values within min..max, both int8. */
void mcn_clamp_dsp(int8_t *values, uint32_t count, int32_t min, int32_t max);

#endif
