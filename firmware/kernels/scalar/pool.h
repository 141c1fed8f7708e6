/* What the pooling kernels share: the part of a window that lies inside the input, and sums of four channels. */
#ifndef MCUNAS_KERNELS_SCALAR_POOL_H
#define MCUNAS_KERNELS_SCALAR_POOL_H

#include "scalar.h"

/* Positions whose bytes, as 0..255, two sums of 16 bits can take. */
#define RUN_MAX 257

typedef struct {
    const int8_t *start; /* channel 0 of its first position */
    uint32_t rows, columns;
} mcn_window_t;

static inline mcn_window_t mcn_window_at(const mcn_pool_t *a, const int8_t *input, int y, int x)
{
    const int top = y * a->stride_h - a->pad_top, left = x * a->stride_w - a->pad_left;
    const int first_row = top > 0 ? top : 0, first_column = left > 0 ? left : 0;
    const int bottom = top + a->kernel_h < a->in_h ? top + a->kernel_h : a->in_h;
    const int right = left + a->kernel_w < a->in_w ? left + a->kernel_w : a->in_w;
    return (mcn_window_t){
        .start = input + (first_row * a->in_w + first_column) * a->channels,
        .rows = (uint32_t)(bottom - first_row),
        .columns = (uint32_t)(right - first_column),
    };
}

/* Sums of four channels, each byte counted as 128 more than it is; channels 0, 2 and 1, 3 in two halves of a word. */
typedef struct {
    uint32_t even, odd;
} mcn_sums4_t;

/* Adds up to RUN_MAX positions in a row, `step` bytes from one to the next; words must be aligned. */
static inline const int8_t *mcn_add_run(mcn_sums4_t *sums, const int8_t *from, uint32_t count, uint32_t step)
{
    uint32_t even = sums->even, odd = sums->odd;
    for (; count > 0; count--, from += step) {
        const uint32_t word = *(const uint32_t *)(const void *)from ^ 0x80808080U;
        even += word & 0x00FF00FFU;
        odd += word >> 8 & 0x00FF00FFU;
    }
    *sums = (mcn_sums4_t){even, odd};
    return from;
}

static inline uint32_t mcn_sum_of(mcn_sums4_t sums, uint32_t channel)
{
    const uint32_t halves = channel % 2 != 0 ? sums.odd : sums.even;
    return channel / 2 != 0 ? halves >> 16 : halves & 0xFFFFU;
}

#endif
