/* DEQUANTIZE from int8 to float: scale * (q - zero_point), rounded once to float. */
#include "mcunas/kernels_ref.h"

void mcn_dequantize_ref(const void *args, uint8_t *arena)
{
    const mcn_quantize_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    uint8_t *output = arena + a->output;
    for (uint32_t i = 0; i < a->count; i++) {
        const float value = a->scale * (float)(input[i] - a->input_zero_point);
        __builtin_memcpy(__builtin_assume_aligned(output + i * sizeof value, sizeof value), &value, sizeof value);
    }
}
