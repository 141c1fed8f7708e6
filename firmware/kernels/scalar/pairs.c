/* A group of four pixels, two output channels at a time (see pairs.h). */
#include "pairs.h"

#define ROUND (1U << 15)

/* Sums of a pair of pixels. */
typedef struct {
    uint32_t total, high;
} sums_t;

static inline void add_products(sums_t *sums, uint32_t x, uint32_t next_x, int32_t w, int32_t next_w)
{
    const uint32_t sum = x * (uint32_t)w + next_x * (uint32_t)next_w + ROUND;
    sums->total += sum;
    sums->high += (uint32_t)((int32_t)sum >> 16);
}

/* Adds k and k + 1 of both pairs and two channels. */
static inline void add_chunk(sums_t sums[2][2], const uint32_t *x, const int8_t *w, const int8_t *v)
{
    add_products(&sums[0][0], x[0], x[1], w[0], w[1]);
    add_products(&sums[0][1], x[2], x[3], w[0], w[1]);
    add_products(&sums[1][0], x[0], x[1], v[0], v[1]);
    add_products(&sums[1][1], x[2], x[3], v[0], v[1]);
}

static inline sums_t sums_of(int32_t bias, uint32_t rounds)
{
    return (sums_t){.total = 65537U * (uint32_t)bias - rounds, .high = (uint32_t)bias};
}

/* Writes a channel of all pixels and advances their places. */
static inline void write_outputs(const mcn_group_t *g, int8_t *output[GROUP], const sums_t sums[2], const int32_t scale[2])
{
    for (uint32_t i = 0; i < GROUP; i++) {
        const sums_t *pair = &sums[i / 2];
        const int32_t sum = (int32_t)(i % 2 != 0 ? pair->high : pair->total - (pair->high << 16));
        const int32_t scaled = mcn_rescale(sum, (uint32_t)scale[0], scale[1]);
        *output[i]++ = mcn_output(scaled, g->output_zero_point, (int8_t)g->act_min, (int8_t)g->act_max);
    }
}

/* Two channels, or twice the same one. */
static inline void run_channels(const mcn_group_t *g, int8_t *output[GROUP], const int32_t *first, const int32_t *second)
{
    const uint32_t rounds = ROUND * ((uint32_t)(g->end - g->pairs) / 4);
    const int8_t *w = (const int8_t *)(first + 1), *v = (const int8_t *)(second + 1);
    sums_t sums[2][2];
    sums[0][0] = sums[0][1] = sums_of(*first, rounds);
    sums[1][0] = sums[1][1] = sums_of(*second, rounds);
    for (const uint32_t *x = g->pairs; x != g->end; x += 8, w += 4, v += 4) {
        add_chunk(sums, x, w, v);
        add_chunk(sums, x + 4, w + 2, v + 2);
    }
    write_outputs(g, output, sums[0], (const int32_t *)(const void *)w);
    if (first != second) {
        write_outputs(g, output, sums[1], (const int32_t *)(const void *)v);
    }
}

void mcn_run_group_scalar(const mcn_group_t *g)
{
    const uint32_t words = 3 + (uint32_t)(g->end - g->pairs) / 8; /* of a channel */
    int8_t *output[GROUP] = {g->output[0], g->output[1], g->output[2], g->output[3]};
    for (const int32_t *channel = g->channels; channel < g->channels_end; channel += 2 * words) {
        const int32_t *next = channel + words;
        run_channels(g, output, channel, next < g->channels_end ? next : channel);
    }
}
