/* MEAN over any axes, int8: as mean.c, where kept axes may stand before reduced ones. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

/* The sum of the elements that `first` and its neighbours along the reduced axes are. */
static uint32_t block_sum(const mcn_mean_over_axes_t *a, const int8_t *first)
{
    uint32_t sum = 0;
    for (int y = 0; y < a->over_h; y++) {
        for (int x = 0; x < a->over_w; x++) {
            for (int c = 0; c < a->over_c; c++) {
                sum += (uint32_t)(first[(y * a->in_w + x) * a->in_c + c] - a->input_zero_point);
            }
        }
    }
    return sum;
}

void mcn_mean_over_axes_ref(const void *args, uint8_t *arena)
{
    const mcn_mean_over_axes_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->out_c; c++) {
                const uint32_t sum = block_sum(a, input + (y * a->in_w + x) * a->in_c + c);
                const int32_t scaled = mcn_requantize((int32_t)sum, a->multiplier, a->shift);
                *output++ = mcn_output(scaled, a->output_zero_point, INT8_MIN, INT8_MAX);
            }
        }
    }
}
