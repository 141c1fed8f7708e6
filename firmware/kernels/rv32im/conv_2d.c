/* CONV_2D, int8: any shape, all channels shifted to the right. For RV32IM. */
#include "../scalar/conv_2d.h"

mcn_run_group_t mcn_run_group_rv32im;

void mcn_conv_2d_rv32im(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, mcn_run_group_rv32im);
}
