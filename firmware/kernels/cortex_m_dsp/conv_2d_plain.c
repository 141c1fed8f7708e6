/* CONV_2D, any weights and scales, for operations whose constants do not fit the others. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_plain_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, &mcn_gemm_3x2_plain_dsp_code);
}
