/* DEPTHWISE_CONV_2D up to 3x3, stride 2, int8: four outputs of one channel in a row. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_3x3.h"

rows_t mcn_depthwise_3x3_s2_rows_helium;

void mcn_depthwise_conv_2d_3x3_s2_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    work_t work;
    work.outputs = vmulq_n_u32(vidupq_n_u32(0, 1), a->out_c);
    work.block_bytes = 4U * a->out_c;
    work.row_bytes = (uint32_t)a->out_w * a->out_c;
    run_layer(&work, a, arena, a->out_h, 0xFFFF, 1, mcn_depthwise_3x3_s2_rows_helium);
}
