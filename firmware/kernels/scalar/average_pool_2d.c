/* AVERAGE_POOL_2D, int8, channels in fours, kernels of at most 256 positions: four channels at a time.
 *
 * A sum s over n positions is rounded to nearest, ties away from zero: floor((s + n / 2) / n), and for a negative s
 * floor((s + (n - 1) / 2) / n). With 128 n added (mcn_sums4_t) nothing is negative; the quotient is 128 too large.
 */
#include "pool.h"

/* floor(x / n) = x * reciprocal >> 24 for x <= 255.5 n, n <= 256: the error is below 1 / n, and nothing overflows. */
typedef struct {
    uint32_t n, reciprocal;
} divisor_t;

static inline int8_t mean(divisor_t divisor, uint32_t sum)
{
    const uint32_t n = divisor.n, half = (sum > 128 * n ? n : n - 1) / 2;
    return (int8_t)(int32_t)(((sum + half) * divisor.reciprocal >> 24) - 128);
}

static inline void pool_window(const mcn_pool_t *a, mcn_window_t window, divisor_t divisor, int8_t *output)
{
    const uint32_t skip = (a->in_w - window.columns) * a->channels;
    for (uint32_t c = 0; c < a->channels; c += 4) {
        const int8_t *from = window.start + c;
        mcn_sums4_t sums = {0, 0};
        for (uint32_t rows = window.rows; rows > 0; rows--) {
            from = mcn_add_run(&sums, from, window.columns, a->channels) + skip;
        }
        for (uint32_t i = 0; i < 4; i++) {
            output[c + i] = mean(divisor, mcn_sum_of(sums, i));
        }
    }
}

void mcn_average_pool_2d_scalar(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    divisor_t divisor = {0, 0};
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++, output += a->channels) {
            const mcn_window_t window = mcn_window_at(a, input, y, x);
            const uint32_t n = window.rows * window.columns;
            if (n != divisor.n) {
                divisor = (divisor_t){n, (1U << 24) / n + 1};
            }
            pool_window(a, window, divisor, output);
        }
    }
    mcn_clamp((int8_t *)(arena + a->output), (uint32_t)a->out_h * a->out_w * a->channels, a->act_min, a->act_max);
}
