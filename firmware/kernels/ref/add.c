/* ADD, int8: both inputs are brought to twice the larger input scale, then the sum to the output scale. */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

/* Bits of fraction that the inputs get before they are scaled; a constant of TensorFlow Lite. */
#define LEFT_SHIFT 20

static int32_t scaled_input(const mcn_add_t *a, int which, int8_t value)
{
    const int32_t shifted = (value - a->zero_point[which]) * (1 << LEFT_SHIFT);
    return mcn_requantize(shifted, a->multiplier[which], a->shift[which]);
}

void mcn_add_ref(const void *args, uint8_t *arena)
{
    const mcn_add_t *a = args;
    const int8_t *first = (const int8_t *)(arena + a->input[0]);
    const int8_t *second = (const int8_t *)(arena + a->input[1]);
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t i = 0; i < a->count; i++) {
        const int32_t sum = scaled_input(a, 0, first[i]) + scaled_input(a, 1, second[i]);
        const int32_t scaled = mcn_requantize(sum, a->output_multiplier, a->output_shift);
        output[i] = mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
    }
}
