/* What the Cortex-M DSP kernels share. Theirs is the folder's own; nothing outside includes it. */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_DSP_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_DSP_H

#include <stdint.h>
#include <string.h>

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

/* Holds `count` values within min..max; for what the kernels' saturation to int8 does not do. */
static inline void mcn_clamp_s8(int8_t *values, uint32_t count, int8_t min, int8_t max)
{
    const uint32_t low = (uint8_t)min * 0x01010101U, high = (uint8_t)max * 0x01010101U;
    for (; count >= 4; count -= 4, values += 4) {
        uint32_t word;
        __builtin_memcpy(&word, values, 4);
        word = mcn_min_s8x4(mcn_max_s8x4(word, low), high);
        __builtin_memcpy(values, &word, 4);
    }
    for (; count > 0; count--, values++) {
        *values = *values < min ? min : *values > max ? max : *values;
    }
}

#endif
