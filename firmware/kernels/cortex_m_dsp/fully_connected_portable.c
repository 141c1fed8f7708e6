/* fully_connected.inc in C, for builds without DSP instructions. */
#include "dsp.h"

#if !defined(__ARM_FEATURE_DSP)
#include "portable.h"

void mcn_fully_connected_dsp(const void *args, uint8_t *arena);
void mcn_fully_connected_long_dsp(const void *args, uint8_t *arena);

/* A row of the input as words (k0, k2), (k1, k3), filled with zeros. */
static void expand_row(uint32_t *to, const int8_t *input, uint32_t count)
{
    for (uint32_t i = 0; i < count; i += 4) {
        int8_t four[4] = {0, 0, 0, 0};
        mcn_copy(four, input + i, count - i < 4 ? count - i : 4);
        *to++ = mcn_halves(four[0], four[2]);
        *to++ = mcn_halves(four[1], four[3]);
    }
}

static void run_row(const mcn_fully_connected_t *a, const uint32_t *activations, uint32_t words, int8_t *output)
{
    const uint32_t *stream = (const uint32_t *)(const void *)a->weights;
    for (uint32_t out = 0; out < a->out_c;) {
        const uint32_t pairs = a->out_c - out >= 4 ? 2 : 1;
        const int32_t *end = (const int32_t *)stream + pairs * (1 + words); /* bias B, D; doubled and scale of A, C, B, D */
        const int32_t *scaling = end + pairs;
        for (uint32_t pair = 0; pair < pairs; pair++, scaling += 2, out += 2) {
            const int32_t *upper = scaling + 2 * pairs;
            mcn_sums_t sums = {stream[pair], (uint32_t)end[pair]};
            for (uint32_t i = 0; i < words; i++) {
                mcn_multiply_word(&sums, activations[i], stream[pairs * (1 + i) + pair]);
            }
            output[out] = mcn_requantize_scaled(sums.a, scaling[0], scaling[1], a->output_zero_point, 0);
            if (out + 1 < a->out_c) {
                output[out + 1] = mcn_requantize_scaled(sums.b, upper[0], upper[1], a->output_zero_point, 0);
            }
        }
        stream += pairs * (words + 6);
    }
}

void mcn_fully_connected_dsp(const void *args, uint8_t *arena)
{
    const mcn_fully_connected_t *a = args;
    uint32_t *activations = (uint32_t *)(void *)(arena + a->scratch);
    for (uint32_t row = 0; row < a->rows; row++) {
        int8_t *output = (int8_t *)(arena + a->output) + row * a->out_c;
        expand_row(activations, (const int8_t *)(arena + a->input) + row * a->in_c, a->in_c);
        run_row(a, activations, (a->in_c + 3U) / 4 * 2, output);
        mcn_clamp_dsp(output, a->out_c, a->act_min, a->act_max);
    }
}

void mcn_fully_connected_long_dsp(const void *args, uint8_t *arena)
{
    mcn_fully_connected_dsp(args, arena);
}
#endif
