/* AVERAGE_POOL_2D, int8: the mean of the elements of the window that lie inside the input. */
#include "mcunas/kernels_ref.h"

/* sum / count, rounded to nearest, ties away from zero. */
static int rounded_mean(int sum, int count)
{
    return (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
}

static int window_mean(const mcn_pool_t *a, const int8_t *channel, int top, int left)
{
    int sum = 0;
    int count = 0;
    for (int y = top; y < top + a->kernel_h; y++) {
        for (int x = left; x < left + a->kernel_w; x++) {
            if (y >= 0 && y < a->in_h && x >= 0 && x < a->in_w) {
                sum += channel[(y * a->in_w + x) * a->channels];
                count++;
            }
        }
    }
    return rounded_mean(sum, count);
}

void mcn_average_pool_2d_ref(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->channels; c++) {
                const int mean = window_mean(a, input + c, y * a->stride_h - a->pad_top, x * a->stride_w - a->pad_left);
                *output++ = (int8_t)(mean < a->act_min ? a->act_min : mean > a->act_max ? a->act_max : mean);
            }
        }
    }
}
