/* MEAN over height and width, int8, at least 4 channels: four channels at a time. Needs no scratch. */
#include "mcunas/requantize.h"
#include "pool.h"

void mcn_mean_dsp(const void *args, uint8_t *arena)
{
    const mcn_mean_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const int32_t zero_points = (int32_t)a->positions * a->input_zero_point;
    FOR_FOURS (c, a->channels) {
        int32_t sums[4] = {-zero_points, -zero_points, -zero_points, -zero_points};
        for (uint32_t done = 0; done < a->positions; done += RUN_MAX) {
            const uint32_t left = a->positions - done;
            uint32_t even = 0;
            uint32_t odd = 0;
            add_rows(input + done * a->channels + c, 1, left < RUN_MAX ? left : RUN_MAX, a->channels, 0, &even, &odd);
            add_sums(sums, even, odd);
        }
        for (int i = 0; i < 4; i++) {
            const int32_t scaled = mcn_requantize(sums[i], a->multiplier, a->shift);
            sums[i] = mcn_output(scaled, a->output_zero_point, INT8_MIN, INT8_MAX);
        }
        mcn_store(output + c, word_of(sums));
    }
}
