/* DEPTHWISE_CONV_2D up to 8x6, int8: four outputs of one channel in a row. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_8x8.h"

rows_t mcn_depthwise_8x6_rows_helium;

void mcn_depthwise_conv_2d_8x6_helium(const void *args, uint8_t *arena)
{
    run_columns(args, arena, 3, mcn_depthwise_8x6_rows_helium);
}
