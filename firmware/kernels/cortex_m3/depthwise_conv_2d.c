/* DEPTHWISE_CONV_2D, int8: any shape, all channels shifted to the right. For Cortex-M3. */
#include "../scalar/depthwise_conv_2d.h"

mcn_run_rows_t mcn_run_rows_m3;

void mcn_depthwise_conv_2d_m3(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    mcn_depthwise_conv_2d(a, arena, mcn_run_rows_m3);
    mcn_clamp((int8_t *)(arena + a->output), (uint32_t)a->out_h * a->out_w * a->out_c, a->act_min, a->act_max);
}
