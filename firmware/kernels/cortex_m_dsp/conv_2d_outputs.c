/* CONV_2D by tiles: where the outputs of a group go, and what is left to do to them, and to all in the end. */
#include "conv_2d.h"

uint8_t *mcn_conv_outputs_init(mcn_conv_outputs_t *outputs, mcn_tile_t *tile, const mcn_conv_t *args, uint8_t *scratch)
{
    const uint32_t odd = args->out_c % 2U;
    tile->channels = args->out_c + odd;
    tile->pixel1 = tile->channels;
    tile->pixel2 = 2 * tile->channels;
    tile->output_zero_point = args->output_zero_point;
    outputs->args = args;
    outputs->odd = odd ? (int8_t *)scratch : NULL;
    return scratch + (odd ? (3 * tile->channels + 3) / 4 * 4 : 0);
}

void mcn_conv_bring_odd(const mcn_conv_outputs_t *outputs, int8_t *output, uint32_t pixels)
{
    const uint32_t channels = outputs->args->out_c;
    for (uint32_t i = 0; i < pixels; i++) {
        mcn_copy(output + i * channels, outputs->odd + i * (channels + 1), channels);
    }
}

void mcn_conv_clamp(const mcn_conv_t *a, uint8_t *arena)
{
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        const uint32_t count = (uint32_t)a->out_h * a->out_w * a->out_c;
        mcn_clamp_dsp((int8_t *)(arena + a->output), count, a->act_min, a->act_max);
    }
}
