/* A group of four pixels, two output channels at a time (see pairs.h). */
#include "pairs.h"

/* Adds k and k + 1 of both pairs and two channels. */
static inline void add_chunk(mcn_sums_t sums[2][2], const uint32_t *x, const int8_t *w, const int8_t *v)
{
    mcn_add_products(&sums[0][0], x[0], x[1], w[0], w[1]);
    mcn_add_products(&sums[0][1], x[2], x[3], w[0], w[1]);
    mcn_add_products(&sums[1][0], x[0], x[1], v[0], v[1]);
    mcn_add_products(&sums[1][1], x[2], x[3], v[0], v[1]);
}

static inline mcn_sums_t sums_of(int32_t bias, uint32_t rounds)
{
    return (mcn_sums_t){.total = 65537U * (uint32_t)bias - rounds, .high = (uint32_t)bias};
}

/* Writes a channel of all pixels and advances their places. */
static inline void write_outputs(mcn_rescale_t rescale, const int32_t scale[2], int8_t *output[GROUP],
                                 const mcn_sums_t sums[2])
{
    rescale.doubled = (uint32_t)scale[0];
    rescale.shift = scale[1];
    for (uint32_t i = 0; i < 2; i++) {
        *output[2 * i]++ = mcn_rescale(rescale, (int32_t)(sums[i].total - (sums[i].high << 16)));
        *output[2 * i + 1]++ = mcn_rescale(rescale, (int32_t)sums[i].high);
    }
}

/* Two channels, or twice the same one. */
static inline void run_channels(const mcn_group_t *g, int8_t *output[GROUP], const int32_t *first,
                                const int32_t *second)
{
    const uint32_t rounds = MCN_ROUND * ((uint32_t)(g->end - g->pairs) / 4);
    const int8_t *w = (const int8_t *)(first + 1), *v = (const int8_t *)(second + 1);
    mcn_sums_t sums[2][2];
    sums[0][0] = sums[0][1] = sums_of(*first, rounds);
    sums[1][0] = sums[1][1] = sums_of(*second, rounds);
    for (const uint32_t *x = g->pairs; x != g->end; x += 8, w += 4, v += 4) {
        add_chunk(sums, x, w, v);
        add_chunk(sums, x + 4, w + 2, v + 2);
    }
    write_outputs(g->rescale, (const int32_t *)(const void *)w, output, sums[0]);
    if (first != second) {
        write_outputs(g->rescale, (const int32_t *)(const void *)v, output, sums[1]);
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
