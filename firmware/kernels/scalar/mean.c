/* MEAN over height and width, int8, channels in fours: four channels at a time. Needs no scratch. */
#include "pool.h"

void mcn_mean_scalar(const void *args, uint8_t *arena)
{
    const mcn_mean_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const uint32_t zero = a->positions * (uint32_t)(128 + a->input_zero_point);
    const mcn_rescale_t rescale = {
        .doubled = (uint32_t)a->multiplier * 2,
        .shift = a->shift,
        .zero_point = a->output_zero_point,
        .act_min = INT8_MIN,
        .act_max = INT8_MAX,
    };
    for (uint32_t c = 0; c < a->channels; c += 4) {
        const int8_t *from = input + c;
        uint32_t totals[4] = {0, 0, 0, 0};
        for (uint32_t left = a->positions, run; left > 0; left -= run) {
            mcn_sums4_t sums = {0, 0};
            run = left < RUN_MAX ? left : RUN_MAX;
            from = mcn_add_run(&sums, from, run, a->channels);
            for (uint32_t i = 0; i < 4; i++) {
                totals[i] += mcn_sum_of(sums, i);
            }
        }
        for (uint32_t i = 0; i < 4; i++) {
            output[c + i] = mcn_rescale(rescale, (int32_t)(totals[i] - zero));
        }
    }
}
