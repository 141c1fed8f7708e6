/* CONV_2D in groups, int8: as conv_2d.c, but an output channel reads only its group's run of input channels. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

/* One filter times the window whose first row and column are `top` and `left`; `channel`: the first that it reads. */
static uint32_t window_sum(const mcn_conv_t *a, const int8_t *channel, const int8_t *weights, int top, int left)
{
    const int depth = a->in_c / a->groups;
    uint32_t sum = 0;
    for (int ky = 0; ky < a->kernel_h; ky++) {
        for (int kx = 0; kx < a->kernel_w; kx++, weights += depth) {
            const int y = top + ky * a->dilation_h;
            const int x = left + kx * a->dilation_w;
            if (y < 0 || y >= a->in_h || x < 0 || x >= a->in_w) {
                continue; /* padding equals the zero point and adds nothing */
            }
            const int8_t *pixel = channel + (y * a->in_w + x) * a->in_c;
            for (int c = 0; c < depth; c++) {
                sum += (uint32_t)(weights[c] * (pixel[c] - a->input_zero_point));
            }
        }
    }
    return sum;
}

void mcn_conv_2d_grouped_ref(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const int depth = a->in_c / a->groups;
    const int filter = a->kernel_h * a->kernel_w * depth;
    const int filters_a_group = a->out_c / a->groups;
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->out_c; c++) {
                const int8_t *channel = input + c / filters_a_group * depth;
                const int top = y * a->stride_h - a->pad_top;
                const int left = x * a->stride_w - a->pad_left;
                const uint32_t sum = (uint32_t)a->bias[c] + window_sum(a, channel, a->weights + c * filter, top, left);
                const int32_t scaled = mcn_requantize((int32_t)sum, a->multiplier[c], a->shift[c]);
                *output++ = mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
            }
        }
    }
}
