/* CONV_2D, 1x1, ReLU or ReLU6, up to 492 input channels. See conv_2d_1x1.h. */
#include "conv_2d_1x1.h"

void mcn_conv_2d_1x1_relu_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_points(args, arena, mcn_points_relu_dsp, &mcn_points_relu_dsp_code);
}
