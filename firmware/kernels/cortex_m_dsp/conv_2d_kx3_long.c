/* CONV_2D with kernels 3 columns wide, stride 1, any number of weights a channel. See conv_2d.h. */
#include "conv_2d.h"

void mcn_conv_2d_kx3_long_dsp(const void *args, uint8_t *arena)
{
    mcn_conv_2d_kx3_groups(args, arena, &mcn_kx3_3px_long_dsp_code, &mcn_kx3_2px_long_dsp_code);
}
