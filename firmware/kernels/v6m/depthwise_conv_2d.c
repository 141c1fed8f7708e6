/* DEPTHWISE_CONV_2D, int8: any shape, all channels shifted to the right. For Armv6-M. */
#include "../scalar/depthwise_conv_2d.h"

mcn_run_rows_t mcn_run_rows_v6m;

void mcn_depthwise_conv_2d_v6m(const void *args, uint8_t *arena)
{
    mcn_depthwise_conv_2d(args, arena, mcn_run_rows_v6m);
}
