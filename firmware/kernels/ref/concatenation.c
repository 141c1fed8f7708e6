/* CONCATENATION along any axis: of every input in turn, the run of bytes from that axis on. */
#include "mcunas/kernels_ref.h"

void mcn_concatenation_ref(const void *args, uint8_t *arena)
{
    const mcn_concatenation_t *a = args;
    uint8_t *output = arena + a->output;
    for (uint32_t run = 0; run < a->runs; run++) {
        for (uint32_t i = 0; i < a->count; i++) {
            __builtin_memcpy(output, arena + a->input[i] + run * a->bytes[i], a->bytes[i]);
            output += a->bytes[i];
        }
    }
}
