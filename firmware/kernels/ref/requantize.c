/* QUANTIZE from int8 to int8 of another scale or zero point. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

void mcn_requantize_ref(const void *args, uint8_t *arena)
{
    const mcn_quantize_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t i = 0; i < a->count; i++) {
        const int32_t scaled = mcn_requantize(input[i] - a->input_zero_point, a->multiplier, a->shift);
        output[i] = mcn_output(scaled, a->output_zero_point, INT8_MIN, INT8_MAX);
    }
}
