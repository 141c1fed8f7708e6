/* CONV_2D, up to 492 weights a channel. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, &mcn_gemm_3x2_dsp_code);
}
