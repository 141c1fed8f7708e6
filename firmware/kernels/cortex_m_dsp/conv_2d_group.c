/* CONV_2D by tiles: sets an operation up, runs one group of three pixels. */
#include "conv_2d.h"

enum {
    UNROLL = 5,       /* as in gemm_3x2.inc */
    BLOCK_BYTES = 200, /* code of six steps */
    SEGMENT = 40,      /* blocks between two rescues */
    BLOCK_WORDS = 18,  /* activations of six steps */
};

static uint32_t words_of(uint32_t bytes)
{
    return (bytes + 3) / 4;
}

/* Where the tile's code is entered for K / 2 = `steps`, and where its loop stops first. */
static void find_entries(mcn_tile_t *tile, const mcn_gemm_t *gemm, uint32_t steps)
{
    const uint32_t blocks = (steps - 2) / 6;
    const uint32_t pairs = (steps - 2) % 6 / 2;
    const uint32_t skipped = (UNROLL - blocks % UNROLL) % UNROLL;
    tile->second = blocks ? gemm->body + skipped * BLOCK_BYTES : gemm->done;
    tile->first = pairs == 2 ? gemm->four_steps : pairs == 1 ? gemm->two_steps : tile->second;
    tile->end = tile->activations + 3 * steps;
    tile->stop = blocks ? tile->end - (blocks - 1) / SEGMENT * SEGMENT * BLOCK_WORDS : tile->end;
}

void mcn_conv_groups_init(mcn_conv_groups_t *groups, const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm,
                          uint32_t rows, uint32_t run)
{
    mcn_tile_t *tile = &groups->tile;
    mcn_patches_t *patches = &groups->patches;
    const uint32_t channels = args->out_c;
    const uint32_t rest_words = words_of(rows * (run % 4));
    const uint32_t steps = 2 * (rows * (run / 4) + rest_words);
    uint8_t *scratch = arena + args->scratch;
    groups->args = args;
    groups->stream = (const uint32_t *)(const void *)args->weights;

    patches->to = (uint32_t *)(void *)scratch;
    patches->rows = rows;
    patches->words = run / 4;
    patches->rest = scratch + 12 * steps;
    patches->rest_bytes = run % 4;
    patches->rest_stride = 4 * rest_words;
    scratch += 12 * steps + 12 * rest_words;

    tile->output_zero_point = args->output_zero_point;
    tile->activations = patches->to;
    tile->channels = channels + channels % 2;
    tile->run = gemm->run;
    find_entries(tile, gemm, steps);
    tile->pixel1 = tile->channels;
    tile->pixel2 = 2 * tile->channels;
    groups->odd = channels % 2 ? (int8_t *)scratch : NULL;
    groups->finish = channels % 2 || args->act_min > INT8_MIN || args->act_max < INT8_MAX;
    groups->scratch = scratch + (channels % 2 ? 4 * words_of(3 * tile->channels) : 0);
}

void mcn_conv_last_group(mcn_conv_groups_t *groups, uint32_t pixels)
{
    groups->tile.pixel1 = pixels > 1 ? groups->tile.channels : 0;
    groups->tile.pixel2 = groups->tile.pixel1;
}

void mcn_conv_finish(const mcn_conv_groups_t *groups, int8_t *output, uint32_t pixels)
{
    const mcn_conv_t *a = groups->args;
    for (uint32_t i = 0; groups->odd && i < pixels; i++) {
        mcn_copy(output + i * a->out_c, groups->odd + i * groups->tile.channels, a->out_c);
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        mcn_clamp_dsp(output, pixels * a->out_c, a->act_min, a->act_max);
    }
}
