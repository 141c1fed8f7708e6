/* MAX_POOL_2D, int8: the largest of the elements of the window that lie inside the input. */
#include "mcunas/kernels_ref.h"

static int8_t window_max(const mcn_pool_t *a, const int8_t *channel, int top, int left)
{
    int8_t max = INT8_MIN;
    for (int y = top; y < top + a->kernel_h; y++) {
        for (int x = left; x < left + a->kernel_w; x++) {
            if (y >= 0 && y < a->in_h && x >= 0 && x < a->in_w) {
                const int8_t value = channel[(y * a->in_w + x) * a->channels];
                max = value > max ? value : max;
            }
        }
    }
    return max;
}

void mcn_max_pool_2d_ref(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->channels; c++) {
                const int8_t max = window_max(a, input + c, y * a->stride_h - a->pad_top, x * a->stride_w - a->pad_left);
                *output++ = max < a->act_min ? a->act_min : max > a->act_max ? a->act_max : max;
            }
        }
    }
}
