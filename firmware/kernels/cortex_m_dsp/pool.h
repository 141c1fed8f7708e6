/* What the pooling kernels share: the part of a window that lies inside the input, and sums of four channels. */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_POOL_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_POOL_H

#include "lanes.h"

/* Positions that two int16 sums of int8 can take: -128 * 256 is INT16_MIN. */
#define RUN_MAX 256

typedef struct {
    const int8_t *start; /* channel 0 of its first position */
    uint32_t rows, columns;
} window_t;

static inline window_t window_at(const mcn_pool_t *a, const int8_t *input, int y, int x)
{
    const int top = y * a->stride_h - a->pad_top;
    const int left = x * a->stride_w - a->pad_left;
    const int first_row = top > 0 ? top : 0;
    const int first_column = left > 0 ? left : 0;
    const int bottom = top + a->kernel_h < a->in_h ? top + a->kernel_h : a->in_h;
    const int right = left + a->kernel_w < a->in_w ? left + a->kernel_w : a->in_w;
    return (window_t){
        .start = input + (first_row * a->in_w + first_column) * a->channels,
        .rows = (uint32_t)(bottom - first_row),
        .columns = (uint32_t)(right - first_column),
    };
}

/* Applies the fused activation. */
static inline void clamp_output(const mcn_pool_t *a, uint8_t *arena)
{
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        const uint32_t count = (uint32_t)a->out_h * a->out_w * a->channels;
        mcn_clamp_dsp((int8_t *)(arena + a->output), count, a->act_min, a->act_max);
    }
}

/* For each four of `channels` >= 4; the last ones overlap those before where 4 does not divide them. */
#define FOR_FOURS(c, channels) \
    for (uint32_t c = 0, last = (channels) - 4U, more = 1; more; more = c < last, c = c + 4 < last ? c + 4 : last)

/* Adds the bytes of `rows` x `columns` positions, 1 .. RUN_MAX of them, to the int16 sums of channels 0, 2 and 1, 3.
 * step, skip: bytes from one position to the next, and more at the end of a row. Returns where the next row begins. */
static inline const int8_t *add_rows(const int8_t *from, uint32_t rows, uint32_t columns, uint32_t step, uint32_t skip,
                                     uint32_t *even, uint32_t *odd)
{
    do {
        uint32_t left = columns;
        do {
            const uint32_t word = mcn_load(from);
            from += step;
            *even = mcn_add_even_bytes(*even, word);
            *odd = mcn_add_odd_bytes(*odd, word);
        } while (--left > 0);
        from += skip;
    } while (--rows > 0);
    return from;
}

/* Adds int16 sums to those of four channels. */
static inline void add_sums(int32_t sums[4], uint32_t even, uint32_t odd)
{
    sums[0] += (int16_t)even;
    sums[1] += (int16_t)odd;
    sums[2] += (int32_t)even >> 16;
    sums[3] += (int32_t)odd >> 16;
}

/* The word of four values, each of which is an int8. */
static inline uint32_t word_of(const int32_t values[4])
{
    return (uint8_t)values[0] | (uint32_t)(uint8_t)values[1] << 8 | (uint32_t)(uint8_t)values[2] << 16 |
           (uint32_t)values[3] << 24;
}

#endif
