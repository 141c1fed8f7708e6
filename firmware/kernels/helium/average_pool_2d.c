/* AVERAGE_POOL_2D, int8, windows of at most 256 elements: eight channels at a time, no division of vectors. */
#include "pool.h"

/* How to divide by `count`, rounded to nearest, ties away from zero, without division: a numerator below 2^16 times
 * ceil(2^32 / count) has the quotient in its upper word, as count <= 2^8. */
typedef struct {
    uint32_t half, reciprocal;
} divisor_t;

static inline divisor_t divisor_of(uint32_t count)
{
    return (divisor_t){count / 2, UINT32_MAX / count + 1}; /* 0 for 1 */
}

static inline int32x4_t divide(int32x4_t sums, divisor_t by)
{
    const uint32x4_t size = vaddq_n_u32(vreinterpretq_u32_s32(vabsq_s32(sums)), by.half);
    const int32x4_t mean = vreinterpretq_s32_u32(vmulhq_u32(size, vdupq_n_u32(by.reciprocal)));
    return vnegq_m_s32(mean, mean, vcmpltq_n_s32(sums, 0));
}

static void pool_window(const mcn_pool_t *a, const window_t *window, int8_t *output)
{
    const uint32_t count = window->rows * window->columns;
    const divisor_t by = divisor_of(count);
    const int32x4_t low = vdupq_n_s32(a->act_min), high = vdupq_n_s32(a->act_max);
    const uint32_t pitch = (uint32_t)a->in_w * a->channels;
    const int8_t *channel = window->from;
    for (int32_t left = a->channels; left > 0; left -= 8, channel += 8, output += 8) {
        const mve_pred16_t live = vctp16q((uint32_t)left);
        const int8_t *row = channel;
        int16x8_t sums = vdupq_n_s16(0);
        for (uint32_t y = window->rows; y > 0; y--, row += pitch) {
            sums = add_elements(sums, row, window->columns, a->channels, live);
        }
        int32x4_t even = vmovlbq_s16(sums), odd = vmovltq_s16(sums);
        if (count > 1) {
            even = divide(even, by);
            odd = divide(odd, by);
        }
        store_eight(output, even, odd, low, high, live);
    }
}

void mcn_average_pool_2d_helium(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int32_t y = 0; y < a->out_h; y++) {
        for (int32_t x = 0; x < a->out_w; x++, output += a->channels) {
            const window_t window = window_of(a, input, y * a->stride_h - a->pad_top, x * a->stride_w - a->pad_left);
            pool_window(a, &window, output);
        }
    }
}
