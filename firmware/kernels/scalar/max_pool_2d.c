/* MAX_POOL_2D, int8, at least 4 channels: four channels at a time. */
#include "pool.h"

static inline int8_t greater(int8_t a, int8_t b)
{
    return a > b ? a : b;
}

static inline void pool_four(const int8_t *from, mcn_window_t window, uint32_t step, uint32_t skip, int8_t *output)
{
    int8_t most[4] = {INT8_MIN, INT8_MIN, INT8_MIN, INT8_MIN};
    for (uint32_t rows = window.rows; rows > 0; rows--, from += skip) {
        for (uint32_t columns = window.columns; columns > 0; columns--, from += step) {
            most[0] = greater(most[0], from[0]);
            most[1] = greater(most[1], from[1]);
            most[2] = greater(most[2], from[2]);
            most[3] = greater(most[3], from[3]);
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        output[i] = most[i];
    }
}

void mcn_max_pool_2d_scalar(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++, output += a->channels) {
            const mcn_window_t window = mcn_window_at(a, input, y, x);
            const uint32_t skip = (a->in_w - window.columns) * a->channels;
            for (uint32_t done = 0; done < a->channels; done += 4) { /* the last four may overlap those before */
                const uint32_t c = done + 4 <= a->channels ? done : a->channels - 4U;
                pool_four(window.start + c, window, a->channels, skip, output + c);
            }
        }
    }
    mcn_clamp((int8_t *)(arena + a->output), (uint32_t)a->out_h * a->out_w * a->channels, a->act_min, a->act_max);
}
