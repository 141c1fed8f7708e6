/* AVERAGE_POOL_2D, int8, at least 4 channels, kernel of at most 256 positions: four channels at a time, sums in int16.
 *
 * A sum s over n positions is rounded to nearest, ties away from zero: floor((s + n / 2) / n), and for a negative s
 * floor((s + (n - 1) / 2) / n). 128 n is added before dividing, and 128 taken from the quotient, so that nothing is
 * negative.
 */
#include "pool.h"

typedef struct {
    uint32_t count;              /* n */
    uint32_t positive, negative; /* what is added before dividing, in both halves */
} rounding_t;

static inline rounding_t rounding_of(uint32_t n)
{
    return (rounding_t){
        .count = n,
        .positive = (128 * n + n / 2) * 0x00010001U,
        .negative = (128 * n + (n - 1) / 2) * 0x00010001U,
    };
}

static inline uint32_t means(rounding_t r, uint32_t even, uint32_t odd)
{
    even = mcn_add_halves(even, mcn_choose_halves(even, r.positive, r.negative));
    odd = mcn_add_halves(odd, mcn_choose_halves(odd, r.positive, r.negative));
    const uint32_t lower = (even & 0xFFFFU) / r.count | (odd & 0xFFFFU) / r.count << 8;
    const uint32_t upper = (even >> 16) / r.count | (odd >> 16) / r.count << 8;
    return (lower | upper << 16) ^ mcn_splat_s8(INT8_MIN);
}

static inline void pool_window(const mcn_pool_t *a, window_t window, int8_t *output)
{
    const rounding_t rounding = rounding_of(window.rows * window.columns);
    const uint32_t skip = (a->in_w - window.columns) * a->channels;
    FOR_FOURS (c, a->channels) {
        uint32_t even = 0;
        uint32_t odd = 0;
        add_rows(window.start + c, window.rows, window.columns, a->channels, skip, &even, &odd);
        mcn_store(output + c, means(rounding, even, odd));
    }
}

void mcn_average_pool_2d_dsp(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++, output += a->channels) {
            pool_window(a, window_at(a, input, y, x), output);
        }
    }
    clamp_output(a, arena);
}
