/* CONV_2D, 1x1, stride 1, up to 492 input channels. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_1x1_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_1x1_groups(args, arena, &mcn_gemm_3x2_dsp_code);
}
