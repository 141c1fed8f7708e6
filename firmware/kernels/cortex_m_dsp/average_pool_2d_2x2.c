/* AVERAGE_POOL_2D 2x2, stride 2, no padding, int8, channels a multiple of 4: four channels at a time, no division. */
#include "pool.h"

/* Quarters of two int16, rounded to nearest, ties away from zero. */
static inline uint32_t quarters(uint32_t sums)
{
    const uint32_t rounded = mcn_add_halves(sums, mcn_choose_halves(sums, mcn_splat_s16(2), mcn_splat_s16(1)));
    return mcn_halve(mcn_halve(rounded));
}

/* Means of four channels; `next`, `below`: bytes to the other column and to the other row. */
static inline uint32_t means(const int8_t *from, uint32_t next, uint32_t below)
{
    const uint32_t words[4] = {mcn_load(from), mcn_load(from + next), mcn_load(from + below),
                               mcn_load(from + below + next)};
    uint32_t even = mcn_even_bytes(words[0]);
    uint32_t odd = mcn_odd_bytes(words[0]);
    for (int i = 1; i < 4; i++) {
        even = mcn_add_even_bytes(even, words[i]);
        odd = mcn_add_odd_bytes(odd, words[i]);
    }
    const uint32_t low_bytes = 0x00FF00FFU;
    return (quarters(even) & low_bytes) | (quarters(odd) & low_bytes) << 8;
}

void mcn_average_pool_2d_2x2_dsp(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const uint32_t channels = a->channels;
    const uint32_t row_bytes = a->in_w * channels;
    const int8_t *row = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t y = a->out_h; y > 0; y--, row += 2 * row_bytes) {
        const int8_t *from = row;
        for (uint32_t x = a->out_w; x > 0; x--, from += channels) {
            for (const int8_t *end = from + channels; from < end; from += 4, output += 4) {
                mcn_store(output, means(from, channels, row_bytes));
            }
        }
    }
    clamp_output(a, arena);
}
