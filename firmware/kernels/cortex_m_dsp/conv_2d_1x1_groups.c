/* CONV_2D 1x1, stride 1: the output pixels' inputs are the input pixels. */
#include "conv_2d.h"

void mcn_conv_2d_1x1_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm)
{
    mcn_conv_groups_t groups;
    const int8_t *input = (const int8_t *)(arena + args->input);
    int8_t *output = (int8_t *)(arena + args->output);
    const uint32_t in_c = args->in_c, out_c = args->out_c;
    uint32_t left = (uint32_t)args->out_h * args->out_w;
    mcn_conv_groups_init(&groups, args, arena, gemm, 1, in_c);
    for (; left >= 3; left -= 3, input += 3 * in_c, output += 3 * out_c) {
        groups.patches.source[0] = input;
        groups.patches.source[1] = input + in_c;
        groups.patches.source[2] = input + 2 * in_c;
        mcn_conv_group(&groups, output, 3);
    }
    if (left > 0) {
        groups.patches.source[0] = input;
        groups.patches.source[1] = groups.patches.source[2] = input + (left - 1) * in_c;
        mcn_conv_last_group(&groups, left);
        mcn_conv_group(&groups, output, left);
    }
}
