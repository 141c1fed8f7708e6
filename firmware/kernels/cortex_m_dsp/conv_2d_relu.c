/* CONV_2D, ReLU or ReLU6, up to 492 weights a channel. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_relu_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, &mcn_gemm_3x2_relu_dsp_code);
}
