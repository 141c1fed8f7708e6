/* What the pools and MEAN share: the part of a window that lies inside the input, and sums of eight channels. */
#ifndef MCUNAS_HELIUM_POOL_H
#define MCUNAS_HELIUM_POOL_H

#include <arm_mve.h>

#include "mcunas/kernel.h"

#define RUN_MAX 256 /* elements whose sum fits int16 */

/* Rows and columns of a window inside the input, and its first element. */
typedef struct {
    const int8_t *from;
    uint32_t rows, columns;
} window_t;

static inline window_t window_of(const mcn_pool_t *a, const int8_t *input, int32_t top, int32_t left)
{
    const int32_t y = top > 0 ? top : 0, x = left > 0 ? left : 0;
    const int32_t bottom = top + a->kernel_h < a->in_h ? top + a->kernel_h : a->in_h;
    const int32_t right = left + a->kernel_w < a->in_w ? left + a->kernel_w : a->in_w;
    return (window_t){input + (y * a->in_w + x) * a->channels, (uint32_t)(bottom - y), (uint32_t)(right - x)};
}

/* sums + `count` elements of eight channels, `step` bytes apart; live: those of the eight that exist. */
static inline int16x8_t add_elements(int16x8_t sums, const int8_t *from, uint32_t count, uint32_t step,
                                     mve_pred16_t live)
{
    for (; count > 0; count--, from += step) {
        sums = vaddq_s16(sums, vldrbq_z_s16(from, live));
    }
    return sums;
}

/* Eight results of 32 bits, those of even and of odd channels, held within limits and written. */
static inline void store_eight(int8_t *to, int32x4_t even, int32x4_t odd, int32x4_t low, int32x4_t high,
                               mve_pred16_t live)
{
    const int16x8_t both = vreinterpretq_s16_s32(vminq_s32(vmaxq_s32(even, low), high));
    vstrbq_p_s16(to, vmovntq_s32(both, vminq_s32(vmaxq_s32(odd, low), high)), live);
}

#endif
