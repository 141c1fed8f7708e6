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

/* Writes a channel of four pixels. */
static inline void write_outputs(const mcn_group_t *g, uint32_t channel, const sums_t sums[2])
{
    const int32_t multiplier = g->multiplier[channel], shift = g->shift[channel];
    for (uint32_t i = 0; i < GROUP; i++) {
        const sums_t *pair = &sums[i / 2];
        const int32_t sum = (int32_t)(i % 2 != 0 ? pair->high : pair->total - (pair->high << 16));
        const int32_t scaled = mcn_rescale(sum, multiplier, shift);
        g->output[i][channel] = mcn_output(scaled, g->output_zero_point, g->act_min, g->act_max);
    }
}

/* The channels whose weights are w and v; they are the same where the last one is alone. */
static inline void run_channels(const mcn_group_t *g, uint32_t channel, const int8_t *w, const int8_t *v)
{
    const uint32_t rounds = ROUND * ((uint32_t)(g->end - g->pairs) / 4);
    const uint32_t next = v == w ? channel : channel + 1;
    sums_t sums[2][2];
    sums[0][0].high = sums[0][1].high = (uint32_t)g->bias[channel];
    sums[1][0].high = sums[1][1].high = (uint32_t)g->bias[next];
    sums[0][0].total = sums[0][1].total = 65537U * sums[0][0].high - rounds;
    sums[1][0].total = sums[1][1].total = 65537U * sums[1][0].high - rounds;
    for (const uint32_t *x = g->pairs; x != g->end; x += 8, w += 4, v += 4) {
        add_chunk(sums, x, w, v);
        add_chunk(sums, x + 4, w + 2, v + 2);
    }
    write_outputs(g, channel, sums[0]);
    write_outputs(g, next, sums[1]);
}

void mcn_run_group_scalar(const mcn_group_t *g)
{
    const uint32_t depth = (uint32_t)(g->end - g->pairs) / 2;
    const int8_t *weights = g->weights;
    for (uint32_t c = 0; c < g->channels; c += 2, weights += 2 * depth) {
        run_channels(g, c, weights, c + 1 < g->channels ? weights + depth : weights);
    }
}
