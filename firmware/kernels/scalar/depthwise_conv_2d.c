/* DEPTHWISE_CONV_2D, int8: any shape. */
#include "depthwise_conv_2d.h"

void mcn_depthwise_conv_2d_scalar(const void *args, uint8_t *arena)
{
    mcn_depthwise_conv_2d(args, arena, mcn_run_rows_scalar);
}
