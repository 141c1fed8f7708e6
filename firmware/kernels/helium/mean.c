/* MEAN over height and width, int8: eight channels at a time. Needs no scratch. */
#include "pool.h"
#include "requantize_vector.h"

void mcn_mean_helium(const void *args, uint8_t *arena)
{
    const mcn_mean_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const int32_t start = (int32_t)(0U - a->positions * (uint32_t)a->input_zero_point);
    const int32x4_t low = vdupq_n_s32(INT8_MIN), high = vdupq_n_s32(INT8_MAX);
    for (int32_t left = a->channels; left > 0; left -= 8, input += 8, output += 8) {
        const mve_pred16_t live = vctp16q((uint32_t)left);
        int32x4_t even = vdupq_n_s32(start), odd = even;
        for (uint32_t done = 0; done < a->positions; done += RUN_MAX) {
            const uint32_t rest = a->positions - done;
            const int16x8_t sums = add_elements(vdupq_n_s16(0), input + done * a->channels,
                                                rest < RUN_MAX ? rest : RUN_MAX, a->channels, live);
            even = vaddq_s32(even, vmovlbq_s16(sums));
            odd = vaddq_s32(odd, vmovltq_s16(sums));
        }
        even = vaddq_n_s32(requantize(even, a->multiplier, a->shift), a->output_zero_point);
        odd = vaddq_n_s32(requantize(odd, a->multiplier, a->shift), a->output_zero_point);
        store_eight(output, even, odd, low, high, live);
    }
}
