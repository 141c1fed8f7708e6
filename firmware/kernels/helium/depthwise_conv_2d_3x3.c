/* DEPTHWISE_CONV_2D up to 3x3, stride 1, int8: blocks of 2x2 outputs of one channel. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_3x3.h"

rows_t mcn_depthwise_3x3_rows_helium;

void mcn_depthwise_conv_2d_3x3_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const uint32_t row = (uint32_t)a->out_w * a->out_c;
    const uint32x4_t lane = vidupq_n_u32(0, 1);
    const uint32x4_t below = vmulq_n_u32(vshrq_n_u32(lane, 1), row);
    work_t work;
    work.outputs = vmlaq_n_u32(below, vandq_u32(lane, vdupq_n_u32(1)), a->out_c);
    work.block_bytes = 2U * a->out_c;
    work.row_bytes = 2 * row;
    run_layer(&work, a, arena, (a->out_h + 1U) / 2, a->out_h % 2 ? 0x00FF : 0xFFFF, 4, mcn_depthwise_3x3_rows_helium);
}
