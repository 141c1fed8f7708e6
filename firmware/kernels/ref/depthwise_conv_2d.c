/* DEPTHWISE_CONV_2D, int8: output channel c reads input channel c / depth multiplier. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

/* The filter of output channel `out` times the window of input channel `in` that starts at row `top`, column `left`. */
static uint32_t window_sum(const mcn_conv_t *a, const int8_t *input, int in, int out, int top, int left)
{
    uint32_t sum = 0;
    for (int ky = 0; ky < a->kernel_h; ky++) {
        for (int kx = 0; kx < a->kernel_w; kx++) {
            const int y = top + ky * a->dilation_h;
            const int x = left + kx * a->dilation_w;
            if (y < 0 || y >= a->in_h || x < 0 || x >= a->in_w) {
                continue; /* padding equals the zero point and adds nothing */
            }
            const int value = input[(y * a->in_w + x) * a->in_c + in] - a->input_zero_point;
            sum += (uint32_t)(value * a->weights[(ky * a->kernel_w + kx) * a->out_c + out]);
        }
    }
    return sum;
}

void mcn_depthwise_conv_2d_ref(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const int depth_multiplier = a->out_c / a->in_c;
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->out_c; c++) {
                const int top = y * a->stride_h - a->pad_top;
                const int left = x * a->stride_w - a->pad_left;
                const uint32_t sum =
                    (uint32_t)a->bias[c] + window_sum(a, input, c / depth_multiplier, c, top, left);
                const int32_t scaled = mcn_requantize((int32_t)sum, a->multiplier[c], a->shift[c]);
                *output++ = mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
            }
        }
    }
}
