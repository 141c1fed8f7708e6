/* The assembler parts of the convolutions in C, for builds without DSP instructions: tiles and im2col, word for word. */
#include "conv_2d.h"

#if !defined(__ARM_FEATURE_DSP)
#include "portable.h"

typedef void tile_run_t(const mcn_tile_t *tile, const uint32_t *stream, int8_t *output);

/* Where the activations of step s lie for pixel 0; those of pixel p are p words on. columns: 0 for gemm_3x2.inc. */
static uint32_t step_offset(uint32_t step, uint32_t columns)
{
    return columns ? step / 3 * columns + step % 3 : 3 * step;
}

static void run_tile(const mcn_tile_t *tile, const uint32_t *stream, int8_t *output, uint32_t columns, int relu)
{
    const uint32_t words = (uint32_t)(tile->end - tile->activations);
    const uint32_t steps = columns ? words / columns * 3 : words / 3, pixels = columns == 4 ? 2 : 3;
    const uint32_t places[3] = {0, tile->pixel1, tile->pixel2};
    for (uint32_t channel = 0; channel < tile->channels; channel += 2, stream += steps + 6, output += 2) {
        const int32_t *end = (const int32_t *)stream + 1 + steps; /* bias B, doubled and scale of A, of B */
        for (uint32_t pixel = pixels; pixel-- > 0;) {
            mcn_sums_t sums = {stream[0], (uint32_t)end[0]};
            for (uint32_t s = 0; s < steps; s++) {
                mcn_multiply_word(&sums, tile->activations[step_offset(s, columns) + pixel], stream[1 + s]);
            }
            int8_t *to = output + places[pixel];
            to[0] = mcn_requantize_scaled(sums.a, end[1], end[2], tile->output_zero_point, relu);
            to[1] = mcn_requantize_scaled(sums.b, end[3], end[4], tile->output_zero_point, relu);
        }
    }
}

#define TILE(name, columns, relu)                                                              \
    static void name(const mcn_tile_t *tile, const uint32_t *stream, int8_t *output)          \
    {                                                                                          \
        run_tile(tile, stream, output, columns, relu);                                         \
    }

TILE(gemm, 0, 0)
TILE(gemm_relu, 0, 1)
TILE(kx3_3px, 5, 0)
TILE(kx3_3px_relu, 5, 1)
TILE(kx3_2px, 4, 0)
TILE(kx3_2px_relu, 4, 1)

/* gemm_3x2_plain.S */
static int8_t requantize_any(uint32_t sum, int32_t doubled, int32_t scale, int32_t zero_point)
{
    if (scale <= 0) {
        return mcn_requantize_scaled(sum, doubled, scale, zero_point, 0);
    }
    const int32_t shifted = (int32_t)(sum << (scale - 1));
    return mcn_saturate_s8((int32_t)((uint32_t)mcn_add_high_product(shifted, shifted, doubled) + (uint32_t)zero_point));
}

static void plain(const mcn_tile_t *tile, const uint32_t *stream, int8_t *output)
{
    const uint32_t words = (uint32_t)(tile->end - tile->activations) / 6;
    const uint32_t places[3] = {0, tile->pixel1, tile->pixel2};
    for (uint32_t channel = 0; channel < tile->channels; channel++, stream += channel % 2 ? 1 : 2 * words + 5) {
        const int32_t *scaling = (const int32_t *)stream + 2 * (1 + words) + channel % 2; /* the stream is one word on for B */
        for (uint32_t pixel = 3; pixel-- > 0;) {
            uint32_t sum = stream[0];
            for (uint32_t i = 0; i < words; i++) {
                const uint32_t weights = stream[2 + 2 * i], *x = &tile->activations[6 * i + pixel];
                sum = (uint32_t)mcn_dot_s16(x[0], mcn_even_bytes(weights), (int32_t)sum);
                sum = (uint32_t)mcn_dot_s16(x[3], mcn_odd_bytes(weights), (int32_t)sum);
            }
            output[places[pixel] + channel] = requantize_any(sum, scaling[0], scaling[1], tile->output_zero_point);
        }
    }
}

const mcn_gemm_t mcn_gemm_3x2_plain_dsp_code = {.run = (uintptr_t)plain};
const mcn_gemm_t mcn_gemm_3x2_dsp_code = {.run = (uintptr_t)gemm};
const mcn_gemm_t mcn_gemm_3x2_relu_dsp_code = {.run = (uintptr_t)gemm_relu};
const mcn_gemm_t mcn_gemm_3x2_long_dsp_code = {.run = (uintptr_t)gemm};
const mcn_gemm_t mcn_gemm_3x2_long_relu_dsp_code = {.run = (uintptr_t)gemm_relu};
const mcn_kx3_t mcn_kx3_3px_dsp_code = {.run = (uintptr_t)kx3_3px};
const mcn_kx3_t mcn_kx3_3px_relu_dsp_code = {.run = (uintptr_t)kx3_3px_relu};
const mcn_kx3_t mcn_kx3_3px_long_dsp_code = {.run = (uintptr_t)kx3_3px};
const mcn_kx3_t mcn_kx3_3px_long_relu_dsp_code = {.run = (uintptr_t)kx3_3px_relu};
const mcn_kx3_t mcn_kx3_2px_dsp_code = {.run = (uintptr_t)kx3_2px};
const mcn_kx3_t mcn_kx3_2px_relu_dsp_code = {.run = (uintptr_t)kx3_2px_relu};
const mcn_kx3_t mcn_kx3_2px_long_dsp_code = {.run = (uintptr_t)kx3_2px};
const mcn_kx3_t mcn_kx3_2px_long_relu_dsp_code = {.run = (uintptr_t)kx3_2px_relu};

/* Expands 4 bytes of each of `count` places to words of (k0, k2), then of (k1, k3). */
static uint32_t *expand(uint32_t *to, const int8_t *const *from, uint32_t count)
{
    for (uint32_t odd = 0; odd < 2; odd++) {
        for (uint32_t i = 0; i < count; i++) {
            *to++ = mcn_halves(from[i][odd], from[i][odd + 2]);
        }
    }
    return to;
}

void mcn_conv_tiles_dsp(const mcn_patches_t *patches, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output)
{
    const int8_t *from[3] = {patches->source[0], patches->source[1], patches->source[2]};
    uint32_t *to = patches->to;
    const uint32_t rests = patches->rest_stride;
    for (uint32_t row = 0; row < patches->rows; row++) {
        for (uint32_t word = 0; word < patches->words; word++, from[0] += 4, from[1] += 4, from[2] += 4) {
            to = expand(to, from, 3);
        }
        for (uint32_t i = 0; i < 3; i++) {
            mcn_copy((int8_t *)patches->rest + i * rests + row * patches->rest_bytes, from[i], patches->rest_bytes);
            from[i] += row + 1 < patches->rows ? (int32_t)patches->rest_bytes + patches->gap[i] : 0;
        }
    }
    for (uint32_t i = 0; i < rests; i += 4) {
        const int8_t *rest = (const int8_t *)patches->rest + i;
        to = expand(to, (const int8_t *const[]){rest, rest + rests, rest + 2 * rests}, 3);
    }
    ((tile_run_t *)tile->run)(tile, stream, output);
}

void mcn_kx3_columns_dsp(const mcn_columns_t *columns, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output)
{
    const int8_t *row = columns->source;
    uint32_t *to = columns->to;
    const uint32_t width = columns->channels;
    for (uint32_t y = 0; y < columns->rows; y++) {
        for (uint32_t c = 0; c < width; c += 4) {
            const int8_t *from[5] = {row + c, row + width + c, row + 2 * width + c, row + 3 * width + c, NULL};
            from[4] = columns->five ? from[3] + width : NULL;
            to = expand(to, from, columns->five ? 5 : 4);
        }
        row += y + 1 < columns->rows ? (int32_t)width + columns->gap : 0;
    }
    ((tile_run_t *)tile->run)(tile, stream, output);
}
#endif
