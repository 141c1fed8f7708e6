/* MAX_POOL_2D, int8, at least 4 channels: four channels at a time. */
#include "pool.h"

static inline uint32_t maxima(const mcn_pool_t *a, window_t window, uint32_t skip)
{
    uint32_t result = mcn_splat_s8(INT8_MIN);
    do {
        uint32_t left = window.columns;
        do {
            result = mcn_max_s8x4(result, mcn_load(window.start));
            window.start += a->channels;
        } while (--left > 0);
        window.start += skip;
    } while (--window.rows > 0);
    return result;
}

static inline void pool_window(const mcn_pool_t *a, window_t window, int8_t *output)
{
    const uint32_t skip = (a->in_w - window.columns) * a->channels;
    const int8_t *channel0 = window.start;
    FOR_FOURS (c, a->channels) {
        window.start = channel0 + c;
        mcn_store(output + c, maxima(a, window, skip));
    }
}

void mcn_max_pool_2d_dsp(const void *args, uint8_t *arena)
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
