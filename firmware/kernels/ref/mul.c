/* MUL, int8: the product of both inputs, brought from the product of their scales to the output scale. */
#include "mcunas/binary.h"
#include "mcunas/kernels_ref.h"

static int8_t product(const mcn_binary_t *a, int8_t first, int8_t second)
{
    const int32_t exact = (first - a->zero_point[0]) * (second - a->zero_point[1]);
    const int32_t scaled = mcn_requantize(exact, a->output_multiplier, a->output_shift);
    return mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
}

void mcn_mul_ref(const void *args, uint8_t *arena)
{
    mcn_binary(args, arena, product);
}
