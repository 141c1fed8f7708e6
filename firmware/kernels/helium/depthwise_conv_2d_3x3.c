/* DEPTHWISE_CONV_2D up to 3x3, stride 1, int8: blocks of 2x2 outputs of one channel. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_3x3.h"

rows_t mcn_depthwise_3x3_rows_helium;

/* Windows at row 0, column 0; row 0, column 1; row 1, column 0; row 1, column 1. */
static inline const uint8_t *set_channel(work_t *work, const mcn_conv_t *a, const uint8_t *constants)
{
    const channel_t *channel = (const channel_t *)constants;
    const uint32x4_t first = set_first_window(work, channel, a->kernel_w);
    uint32_t carry = 0;
    const uint32x4_t second = vshlcq_u32(first, &carry, 32);
    work->windows[1] = second;
    work->windows[2] = vshlq_n_u32(first, 8);
    work->windows[3] = vshlq_n_u32(second, 8);
    return behind(channel, a->kernel_w);
}

void mcn_depthwise_conv_2d_3x3_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const way_t way = {
        .high = HIGH,
        .used = 4,
        .ahead = 1,
        .slot_columns = columns_of(a, 2, HIGH, WINDOW_COLUMNS - 1),
        .row_step = 2,
        .rows = (a->out_h + 1U) / 2,
        .last_live = a->out_h % 2 ? 0x00FF : 0xFFFF,
    };
    const uint32_t row = (uint32_t)a->out_w * a->out_c;
    const uint32x4_t lane = vidupq_n_u32(0, 1);
    const uint32x4_t below = vmulq_n_u32(vshrq_n_u32(lane, 1), row);
    work_t work;
    work.outputs = vmlaq_n_u32(below, vandq_u32(lane, vdupq_n_u32(1)), a->out_c);
    work.block_bytes = 2U * a->out_c;
    work.row_bytes = 2 * row;
    run_layer(&work, a, arena, &way, set_channel, mcn_depthwise_3x3_rows_helium);
}
