/* CONV_2D 1x1, stride 1: the output pixels' inputs are the input pixels. May run in place where out_c <= in_c. */
#include "conv_2d.h"

void mcn_conv_2d_1x1_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm)
{
    mcn_conv_groups_t groups;
    const int8_t *input = (const int8_t *)(arena + args->input);
    int8_t *output = (int8_t *)(arena + args->output);
    const uint32_t in_c = args->in_c, out_c = args->out_c;
    mcn_conv_groups_init(&groups, args, arena, gemm, 1, in_c);
    for (uint32_t left = (uint32_t)args->out_h * args->out_w; left > 0;) {
        const uint32_t pixels = left < 3 ? left : 3;
        groups.patches.source[0] = input;
        groups.patches.source[1] = input + (pixels > 1 ? in_c : 0);
        groups.patches.source[2] = input + (pixels > 2 ? 2 * in_c : 0);
        mcn_conv_group(&groups, output, pixels);
        input += pixels * in_c;
        output += pixels * out_c;
        left -= pixels;
    }
}
