/* Depthwise kernels of up to eight rows: columns of eight bytes, so that a load holds two columns of a window. */
#ifndef MCUNAS_HELIUM_DEPTHWISE_CONV_2D_8X8_H
#define MCUNAS_HELIUM_DEPTHWISE_CONV_2D_8X8_H

#include "depthwise_conv_2d.h"

#define HIGH 8

/* Constants of a channel as search/hardware/packing_helium.py lays them out. */
typedef struct {
    int32_t bias, multiplier;
    int8_t bytes[]; /* shift to the right, kernel_w columns of kernel_h weights; filled up to a word */
} channel_t;

static inline const uint8_t *set_channel(work_t *work, const mcn_conv_t *a, const uint8_t *constants)
{
    const channel_t *channel = (const channel_t *)constants;
    const int8_t *weights = channel->bytes + 1;
    int8_t *column = (int8_t *)work->windows;
    for (uint32_t x = a->kernel_w; x > 0; x--, weights += a->kernel_h, column += HIGH) {
        vstrbq_p_s8(column, vldrbq_z_s8(weights, vctp8q(a->kernel_h)), vctp8q(HIGH));
    }
    set_requantisation(work, channel->bias, channel->multiplier, channel->bytes[0]);
    return constants + ((sizeof(channel_t) + 1U + (uint32_t)a->kernel_h * a->kernel_w + 3U) & ~3U);
}

/* vectors: loads that hold a window. */
__attribute__((always_inline)) static inline void run_columns(const mcn_conv_t *a, uint8_t *arena, uint32_t vectors,
                                                              rows_t *compute)
{
    const way_t way = {
        .high = HIGH,
        .used = a->kernel_h,
        .ahead = larger(a->pad_top, 1), /* a row of outputs lies over inputs that so many rows behind it still need */
        .slot_columns = columns_of(a, 4, HIGH, 2 * vectors),
        .row_step = a->stride_h,
        .rows = a->out_h,
        .last_live = 0xFFFF,
    };
    work_t work;
    for (int i = 0; i < 4; i++) {
        work.windows[i] = vdupq_n_u32(0);
    }
    work.outputs = vmulq_n_u32(vidupq_n_u32(0, 1), a->out_c);
    work.block_bytes = 4U * a->out_c;
    work.row_bytes = (uint32_t)a->out_w * a->out_c;
    run_layer(&work, a, arena, &way, set_channel, compute);
}

#endif
