/* CONV_2D 1x1 without padding, int8, input channels a multiple of 16: pixels are read where they lie, two at a time.
 *
 * The outputs may lie over the inputs if they start two pixels of outputs before them.
 */
#include "gemm.h"

void mcn_conv_2d_1x1_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const mcn_gemm_t gemm = gemm_of(a);
    const uint32_t right = (uint32_t)a->stride_w * a->in_c;
    const uint32_t down = (uint32_t)a->stride_h * a->in_w * a->in_c;
    const int8_t *row = (const int8_t *)(arena + a->input);
    const int8_t *pixel[2];
    int8_t *output = (int8_t *)(arena + a->output);
    uint32_t waiting = 0;
    for (uint32_t y = a->out_h; y > 0; y--, row += down) {
        const int8_t *from = row;
        for (uint32_t x = a->out_w; x > 0; x--, from += right) {
            pixel[waiting++] = from;
            if (waiting == 2) {
                mcn_gemm_2x4_helium(&gemm, pixel[0], pixel[1], output, output + a->out_c);
                output += 2 * a->out_c;
                waiting = 0;
            }
        }
    }
    if (waiting != 0) {
        mcn_gemm_2x4_helium(&gemm, pixel[0], pixel[0], output, output);
    }
}
