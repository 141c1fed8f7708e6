/* The core of the Helium convolutions: sums of products of inputs and weights, brought to the output's scale. */
#ifndef MCUNAS_HELIUM_GEMM_H
#define MCUNAS_HELIUM_GEMM_H

#include "bytes.h"
#include "mcunas/kernel.h"

/* What all pixels of a layer share, as gemm_2x4.S reads it. */
typedef struct {
    const int8_t *stream; /* weights and rescaling: search/hardware/packing_helium.py */
    uint32_t depth;       /* inputs of a pixel, a multiple of 16: those beyond the layer's meet weights of 0 */
    uint32_t channels;    /* outputs of a pixel */
    int32_t zero_point, act_min, act_max;
    int32_t rest; /* of the vectors of a pixel behind the first: -1 if there are none, else 1 if they are odd */
} mcn_gemm_t;

/* Two pixels: `depth` readable bytes at each input, `channels` bytes at each output. An output may lie over an input
 * of an earlier call, not over those of this one. */
void mcn_gemm_2x4_helium(const mcn_gemm_t *g, const int8_t *input0, const int8_t *input1, int8_t *output0,
                         int8_t *output1);

static inline mcn_gemm_t gemm_of(const mcn_conv_t *a)
{
    const uint32_t depth = whole_vectors((uint32_t)a->kernel_h * a->kernel_w * a->in_c);
    return (mcn_gemm_t){
        .stream = a->weights,
        .depth = depth,
        .channels = a->out_c,
        .zero_point = a->output_zero_point,
        .act_min = a->act_min,
        .act_max = a->act_max,
        .rest = depth == VECTOR ? -1 : (int32_t)(depth / VECTOR - 1) % 2,
    };
}

#endif
