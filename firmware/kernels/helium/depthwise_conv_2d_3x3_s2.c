/* DEPTHWISE_CONV_2D up to 3x3, stride 2, int8: four outputs of one channel in a row. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_3x3.h"

rows_t mcn_depthwise_3x3_s2_rows_helium;

static inline const uint8_t *set_channel(work_t *work, const mcn_conv_t *a, const uint8_t *constants)
{
    const channel_t *channel = (const channel_t *)constants;
    set_first_window(work, channel, a->kernel_w);
    return behind(channel, a->kernel_w);
}

void mcn_depthwise_conv_2d_3x3_s2_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const way_t way = {
        .high = HIGH,
        .used = 3,
        .ahead = 1,
        .slot_columns = columns_of(a, 4, HIGH, WINDOW_COLUMNS),
        .row_step = a->stride_h,
        .rows = a->out_h,
        .last_live = 0xFFFF,
    };
    work_t work;
    work.outputs = vmulq_n_u32(vidupq_n_u32(0, 1), a->out_c);
    work.block_bytes = 4U * a->out_c;
    work.row_bytes = (uint32_t)a->out_w * a->out_c;
    run_layer(&work, a, arena, &way, set_channel, mcn_depthwise_3x3_s2_rows_helium);
}
