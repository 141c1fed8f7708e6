/* QUANTIZE from float to int8: value / scale, rounded to nearest with ties away from zero, plus zero_point. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

/* Beyond this the output saturates whatever its zero point, so nothing is lost by clamping to it before rounding.
 * (TensorFlow Lite Micro converts to int32 unchecked: past 2^31 its result depends on the processor. We saturate.) */
#define LIMIT 512.0F

/* To the nearest integer, ties away from zero, as round(); NaN becomes -LIMIT. */
static int32_t rounded(float value)
{
    const float bounded = value > LIMIT ? LIMIT : value > -LIMIT ? value : -LIMIT;
    const int32_t whole = (int32_t)bounded;
    const float rest = bounded - (float)whole; /* exact */
    return whole + (rest >= 0.5F) - (rest <= -0.5F);
}

void mcn_quantize_ref(const void *args, uint8_t *arena)
{
    const mcn_quantize_t *a = args;
    const uint8_t *input = arena + a->input;
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t i = 0; i < a->count; i++) {
        float value;
        __builtin_memcpy(&value, __builtin_assume_aligned(input + i * sizeof value, sizeof value), sizeof value);
        output[i] = mcn_output(rounded(value / a->scale), a->output_zero_point, INT8_MIN, INT8_MAX);
    }
}
