/* TRANSPOSE_CONV, int8: one output element at a time, from all input pixels whose weights reach it. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

/* The input row or column that reaches output `position` (counted from the padding's start) by weight `tap`, -1 if none. */
static int source(int position, int tap, int stride, int size)
{
    const int distance = position - tap;
    return distance >= 0 && distance % stride == 0 && distance / stride < size ? distance / stride : -1;
}

static uint32_t reaching_sum(const mcn_conv_t *a, const int8_t *input, const int8_t *weights, int row, int column)
{
    uint32_t sum = 0;
    for (int ky = 0; ky < a->kernel_h; ky++) {
        const int y = source(row, ky, a->stride_h, a->in_h);
        for (int kx = 0; kx < a->kernel_w; kx++, weights += a->in_c) {
            const int x = source(column, kx, a->stride_w, a->in_w);
            if (y < 0 || x < 0) {
                continue;
            }
            const int8_t *pixel = input + (y * a->in_w + x) * a->in_c;
            for (int c = 0; c < a->in_c; c++) {
                sum += (uint32_t)(weights[c] * (pixel[c] - a->input_zero_point));
            }
        }
    }
    return sum;
}

void mcn_transpose_conv_ref(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const int filter = a->kernel_h * a->kernel_w * a->in_c;
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->out_c; c++) {
                const int8_t *weights = a->weights + c * filter;
                const uint32_t sum = reaching_sum(a, input, weights, y + a->pad_top, x + a->pad_left);
                const int32_t biased = mcn_wrapping_add((int32_t)sum, a->bias[c]);
                const int32_t scaled = mcn_requantize(biased, a->multiplier[c], a->shift[c]);
                *output++ = mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
            }
        }
    }
}
