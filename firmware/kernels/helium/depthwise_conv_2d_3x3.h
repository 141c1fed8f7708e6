/* Depthwise kernels up to 3x3: columns of four bytes, so that one load holds whole windows. */
#ifndef MCUNAS_HELIUM_DEPTHWISE_CONV_2D_3X3_H
#define MCUNAS_HELIUM_DEPTHWISE_CONV_2D_3X3_H

#include "depthwise_conv_2d.h"

#define HIGH 4
#define WINDOW_COLUMNS 4

/* Constants of a channel as search/hardware/packing_helium.py lays them out; kernel_w columns. */
typedef struct {
    int32_t bias, multiplier;
    uint32_t columns[]; /* three weights from the top down; the top byte of the first is the shift to the right */
} channel_t;

/* Returns the weights of a window that starts at column 0. */
static inline uint32x4_t set_first_window(work_t *work, const channel_t *channel, uint32_t kernel_w)
{
    const uint32x4_t columns = vldrwq_z_u32(channel->columns, vctp32q(kernel_w));
    work->windows[0] = vandq_u32(columns, vdupq_n_u32(0x00FFFFFF));
    set_requantisation(work, channel->bias, channel->multiplier, (int32_t)(channel->columns[0] >> 24));
    return work->windows[0];
}

static inline const uint8_t *behind(const channel_t *channel, uint32_t kernel_w)
{
    return (const uint8_t *)(channel->columns + kernel_w);
}

#endif
