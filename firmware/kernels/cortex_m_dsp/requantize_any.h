/* Requantisation by any multiplier and shift, in C. */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_REQUANTIZE_ANY_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_REQUANTIZE_ANY_H

#include "lanes.h"
#include "mcunas/requantize.h"

/* Saturated to int8. Exact for every shift; the shorter way is that of MCN_REQUANTIZE. */
static inline int8_t mcn_requantize_any(int32_t sum, int32_t multiplier, int32_t shift, int32_t zero_point)
{
    if (shift >= 0 || multiplier == 0) {
        return mcn_saturate_s8(mcn_wrapping_add(mcn_requantize(sum, multiplier, shift), zero_point));
    }
    const int32_t divisor = (int32_t)(0U - (1U << (32 + shift)));
    sum = mcn_add_high_product(sum, sum, (int32_t)((uint32_t)multiplier * 2U));
    return mcn_saturate_s8(mcn_subtract_high_product(zero_point, sum + (sum >> 31), divisor));
}

#endif
