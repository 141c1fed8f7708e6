@ Depthwise up to 8x6: a row of outputs, four at a time.
#include "macros.inc"
#include "depthwise_conv_2d.inc"
#include "depthwise_conv_2d_8x8.inc"

    .set VECTORS, 3
    DEPTHWISE_ROWS mcn_depthwise_8x6_rows_helium
