/* CONV_2D by tiles: where the outputs of a group go, and what is left to do to them. */
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
    outputs->finish = odd || args->act_min > INT8_MIN || args->act_max < INT8_MAX;
    return scratch + (odd ? (3 * tile->channels + 3) / 4 * 4 : 0);
}

void mcn_conv_finish(const mcn_conv_outputs_t *outputs, int8_t *output, uint32_t pixels)
{
    const mcn_conv_t *a = outputs->args;
    for (uint32_t i = 0; outputs->odd && i < pixels; i++) {
        mcn_copy(output + i * a->out_c, outputs->odd + i * (a->out_c + 1U), a->out_c);
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        mcn_clamp_dsp(output, pixels * a->out_c, a->act_min, a->act_max);
    }
}
