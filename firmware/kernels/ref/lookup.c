/* LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, LEAKY_RELU, int8: the compiler has worked out all 256 results. */
#include "mcunas/kernels_ref.h"

void mcn_lookup_ref(const void *args, uint8_t *arena)
{
    const mcn_lookup_t *a = args;
    const uint8_t *input = arena + a->input;
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t i = 0; i < a->count; i++) {
        output[i] = a->table[input[i]];
    }
}
