/* PRELU, int8: an input from 0 up is brought to the output scale, one below is multiplied by its slope. */
#include "mcunas/binary.h"
#include "mcunas/kernels_ref.h"

static int8_t sloped(const mcn_binary_t *a, int8_t input, int8_t slope)
{
    const int32_t value = input - a->zero_point[0];
    const int32_t scaled = value >= 0
                               ? mcn_requantize(value, a->multiplier[0], a->shift[0])
                               : mcn_requantize(value * (slope - a->zero_point[1]), a->multiplier[1], a->shift[1]);
    return mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
}

void mcn_prelu_ref(const void *args, uint8_t *arena)
{
    mcn_binary(args, arena, sloped);
}
