/* SUB, int8: both inputs are brought to twice the larger input scale, then the difference to the output scale. */
#include "mcunas/binary.h"
#include "mcunas/kernels_ref.h"

static int8_t difference(const mcn_binary_t *a, int8_t first, int8_t second)
{
    const int32_t exact = mcn_scaled_operand(a, 0, first) - mcn_scaled_operand(a, 1, second);
    const int32_t scaled = mcn_requantize(exact, a->output_multiplier, a->output_shift);
    return mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
}

void mcn_sub_ref(const void *args, uint8_t *arena)
{
    mcn_binary(args, arena, difference);
}
