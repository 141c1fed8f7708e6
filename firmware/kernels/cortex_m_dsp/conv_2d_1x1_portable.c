/* conv_2d_1x1.inc in C, for builds without DSP instructions. */
#include "conv_2d_1x1.h"

#if !defined(__ARM_FEATURE_DSP)
#include "portable.h"

/* Inputs of both pixels as conv_2d_1x1.inc lays them out. */
static void expand(uint32_t *to, const int8_t *pixel0, const int8_t *pixel1, uint32_t words)
{
    for (; words > 0; words--, pixel0 += 4, pixel1 += 4) {
        *to++ = mcn_halves(pixel0[0], pixel0[2]);
        *to++ = mcn_halves(pixel1[0], pixel1[2]);
        *to++ = mcn_halves(pixel0[1], pixel0[3]);
        *to++ = mcn_halves(pixel1[1], pixel1[3]);
    }
}

/* One or two pairs of channels from `channel` on of both pixels. Returns where the stream goes on. */
static const uint32_t *run_pairs(const mcn_points_t *p, const uint32_t *stream, uint32_t channel, uint32_t pairs, int relu)
{
    const uint32_t words = 2 * p->words;
    const int32_t *end = (const int32_t *)stream + pairs * (1 + words); /* zero point, biases of B, D, then scaling */
    const int32_t *scaling = end + 1 + pairs; /* multiplier and scale of A, C, B, D */
    int8_t *const outputs[2] = {p->output0, p->output1};
    for (uint32_t pair = 0; pair < pairs; pair++, channel += 2, scaling += 2) {
        for (uint32_t pixel = 0; pixel < 2; pixel++) {
            mcn_sums_t sums = {stream[pair], (uint32_t)end[1 + pair]};
            for (uint32_t i = 0; i < words; i++) {
                mcn_multiply_word(&sums, p->activations[2 * i + pixel], stream[pairs * (1 + i) + pair]);
            }
            int8_t *output = outputs[pixel] + channel;
            output[0] = mcn_requantize_scaled(sums.a, scaling[0], scaling[1], end[0], relu);
            if (channel + 1 < p->channels) {
                output[1] = mcn_requantize_scaled(sums.b, scaling[2 * pairs], scaling[2 * pairs + 1], end[0], relu);
            }
        }
    }
    return stream + pairs * (6 + words) + 1;
}

static void run(const mcn_points_t *points, int relu)
{
    for (mcn_points_t p = *points;; p.output0 += 2 * p.channels, p.output1 += 2 * p.channels, p.source += 2 * p.step) {
        const uint32_t *stream = p.stream;
        expand(p.activations, p.source, p.source + p.step, p.words);
        for (uint32_t channel = 0; channel < p.channels;) {
            const uint32_t pairs = p.channels - channel >= 4 ? 2 : 1;
            stream = run_pairs(&p, stream, channel, pairs, relu);
            channel += 2 * pairs;
        }
        if (p.output1 + p.channels == p.output_end) {
            return;
        }
    }
}

void mcn_points_dsp(const mcn_points_t *points)
{
    run(points, 0);
}

void mcn_points_relu_dsp(const mcn_points_t *points)
{
    run(points, 1);
}

const mcn_points_code_t mcn_points_dsp_code, mcn_points_relu_dsp_code;
#endif
