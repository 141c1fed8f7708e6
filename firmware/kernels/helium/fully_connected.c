/* FULLY_CONNECTED, int8: one row of inputs times four output channels at a time. */
#include <arm_mve.h>

#include "gemm.h"
#include "requantize_vector.h"

/* A last vector of inputs that is not full counts as filled up with 0. */
static inline int32x4_t sums_of_four(const int8_t *input, const int8_t *weights, uint32_t depth)
{
    int32_t a = 0, b = 0, c = 0, d = 0;
    __asm("dlstp.8 lr, %[depth]\n"
          "1: vldrb.u8 q0, [%[input]], #16\n"
          "vldrb.u8 q1, [%[weights]], #16\n"
          "vmladava.s8 %[a], q0, q1\n"
          "vldrb.u8 q2, [%[weights]], #16\n"
          "vmladava.s8 %[b], q0, q2\n"
          "vldrb.u8 q3, [%[weights]], #16\n"
          "vmladava.s8 %[c], q0, q3\n"
          "vldrb.u8 q1, [%[weights]], #16\n"
          "vmladava.s8 %[d], q0, q1\n"
          "letp lr, 1b\n"
          : [a] "+Te"(a), [b] "+Te"(b), [c] "+Te"(c), [d] "+Te"(d), [input] "+r"(input), [weights] "+r"(weights)
          : [depth] "r"(depth)
          : "q0", "q1", "q2", "q3", "lr", "memory");
    return four_words(a, b, c, d);
}

void mcn_fully_connected_helium(const void *args, uint8_t *arena)
{
    const mcn_fully_connected_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const uint32_t weights_bytes = 4 * whole_vectors(a->in_c);
    const int32x4_t low = vdupq_n_s32(a->act_min), high = vdupq_n_s32(a->act_max);
    for (uint32_t row = a->rows; row > 0; row--, input += a->in_c, output += a->out_c) {
        const int8_t *stream = a->weights;
        for (uint32_t out = 0; out < a->out_c; out += 4) {
            int32x4_t x = sums_of_four(input, stream, a->in_c);
            const int32_t *rescale = (const int32_t *)(stream + weights_bytes);
            x = vqrdmulhq_s32(vaddq_s32(x, vldrwq_s32(rescale)), vldrwq_s32(rescale + 4));
            x = vqrdmlashq_n_s32(lower_negative(x, 1), vldrwq_s32(rescale + 8), a->output_zero_point);
            x = vminq_s32(vmaxq_s32(x, low), high);
            vstrbq_p_s32(output + out, x, vctp32q(a->out_c - out));
            stream = (const int8_t *)(rescale + 12);
        }
    }
}
