/* RESIZE_NEAREST_NEIGHBOR, int8: copies pixels; the compiler has worked out which. */
#include "mcunas/kernels_ref.h"

void mcn_resize_nearest_neighbor_ref(const void *args, uint8_t *arena)
{
    const mcn_resize_t *a = args;
    const uint8_t *input = arena + a->input;
    uint8_t *output = arena + a->output;
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++, output += a->channels) {
            const uint32_t pixel = (uint32_t)a->row[y] * a->in_w + a->column[x];
            __builtin_memcpy(output, input + pixel * a->channels, a->channels);
        }
    }
}
