/* CONV_2D, ReLU or ReLU6, any number of weights a channel. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_long_relu_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, &mcn_gemm_3x2_long_relu_dsp_code);
}
