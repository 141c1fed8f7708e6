/* STRIDED_SLICE and the outputs of SPLIT: every so many elements of each axis, in either direction. */
#include "mcunas/kernels_ref.h"

void mcn_slice_ref(const void *args, uint8_t *arena)
{
    const mcn_slice_t *a = args;
    const uint8_t *input = arena + a->input;
    uint8_t *output = arena + a->output;
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            for (int c = 0; c < a->out_c; c++) {
                *output++ = input[a->first + y * a->step_h + x * a->step_w + c * a->step_c];
            }
        }
    }
}
