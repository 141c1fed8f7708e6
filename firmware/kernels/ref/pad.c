/* PAD of height, width and channels with a constant, int8. */
#include "mcunas/kernels_ref.h"

void mcn_pad_ref(const void *args, uint8_t *arena)
{
    const mcn_pad_t *a = args;
    const uint8_t *input = arena + a->input;
    uint8_t *output = arena + a->output;
    __builtin_memset(output, (uint8_t)a->value, (uint32_t)a->out_h * a->out_w * a->out_c);
    for (int y = 0; y < a->in_h; y++) {
        for (int x = 0; x < a->in_w; x++, input += a->in_c) {
            const int pixel = (y + a->before_h) * a->out_w + x + a->before_w;
            __builtin_memcpy(output + pixel * a->out_c + a->before_c, input, a->in_c);
        }
    }
}
