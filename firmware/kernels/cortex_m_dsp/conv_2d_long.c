/* CONV_2D, any number of weights a channel. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_long_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, &mcn_gemm_3x2_long_dsp_code);
}
