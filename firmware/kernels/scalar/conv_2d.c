/* CONV_2D, int8: any shape. */
#include "conv_2d.h"

void mcn_conv_2d_scalar(const void *args, uint8_t *arena)
{
    mcn_conv_2d_groups(args, arena, mcn_run_group_scalar);
}
