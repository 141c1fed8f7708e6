/* CONV_2D, 1x1, up to 492 input channels. See conv_2d_1x1.h. */
#include "conv_2d_1x1.h"

void mcn_conv_2d_1x1_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_points(args, arena, mcn_points_dsp, &mcn_points_dsp_code);
}
