/* MAX_POOL_2D, int8: sixteen channels at a time. */
#include "pool.h"

static void pool_window(const mcn_pool_t *a, const window_t *window, int8_t *output)
{
    const int8x16_t low = vdupq_n_s8(a->act_min), high = vdupq_n_s8(a->act_max);
    const uint32_t pitch = (uint32_t)a->in_w * a->channels;
    const int8_t *channel = window->from;
    for (int32_t left = a->channels; left > 0; left -= 16, channel += 16, output += 16) {
        const mve_pred16_t live = vctp8q((uint32_t)left);
        const int8_t *row = channel;
        int8x16_t most = low;
        for (uint32_t y = window->rows; y > 0; y--, row += pitch) {
            const int8_t *from = row;
            for (uint32_t x = window->columns; x > 0; x--, from += a->channels) {
                most = vmaxq_s8(most, vldrbq_z_s8(from, live));
            }
        }
        vstrbq_p_s8(output, vminq_s8(most, high), live);
    }
}

void mcn_max_pool_2d_helium(const void *args, uint8_t *arena)
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
