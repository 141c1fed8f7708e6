/* MEAN over height and width, int8: the sum of a channel, scaled by a multiplier that holds 1 / positions as well. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

void mcn_mean_ref(const void *args, uint8_t *arena)
{
    const mcn_mean_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int c = 0; c < a->channels; c++) {
        uint32_t sum = 0;
        for (uint32_t i = 0; i < a->positions; i++) {
            sum += (uint32_t)(input[i * a->channels + (uint32_t)c] - a->input_zero_point);
        }
        const int32_t scaled = mcn_requantize((int32_t)sum, a->multiplier, a->shift);
        output[c] = mcn_output(scaled, a->output_zero_point, INT8_MIN, INT8_MAX);
    }
}
