/* FULLY_CONNECTED, int8: one dot product an output element. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

void mcn_fully_connected_ref(const void *args, uint8_t *arena)
{
    const mcn_fully_connected_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int row = 0; row < a->rows; row++, input += a->in_c) {
        const int8_t *weights = a->weights;
        for (int out = 0; out < a->out_c; out++, weights += a->in_c) {
            uint32_t sum = (uint32_t)a->bias[out];
            for (int in = 0; in < a->in_c; in++) {
                sum += (uint32_t)(weights[in] * (input[in] - a->input_zero_point));
            }
            const int32_t scaled = mcn_requantize((int32_t)sum, a->multiplier[out], a->shift[out]);
            *output++ = mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
        }
    }
}
