/* CONV_2D by tiles: sets an operation up for groups of three pixels with inputs of any shape. */
#include "conv_2d.h"

enum {
    UNROLL = 5,       /* as in gemm_3x2.inc */
    SEGMENT = 40,     /* blocks between two rescues */
    BLOCK_WORDS = 18, /* activations of six steps */
};

/* Where the tile's code is entered for K / 2 = `steps`, and where its loop stops first. */
static void find_entries(mcn_tile_t *tile, const mcn_gemm_t *gemm, uint32_t steps)
{
    const uint32_t blocks = (steps - 2) / 6;
    const uint32_t pairs = (steps - 2) % 6 / 2;
    const uint32_t skipped = (UNROLL - blocks % UNROLL) % UNROLL;
    tile->second = blocks ? gemm->body + skipped * gemm->block_bytes : gemm->done;
    tile->first = pairs == 2 ? gemm->four_steps : pairs == 1 ? gemm->two_steps : tile->second;
    tile->exit = blocks <= UNROLL ? gemm->done : gemm->loop;
    tile->end = tile->activations + 3 * steps;
    tile->stop = blocks ? tile->end - (blocks - 1) / SEGMENT * SEGMENT * BLOCK_WORDS : tile->end;
}

void mcn_conv_groups_init(mcn_conv_groups_t *groups, const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm,
                          uint32_t rows, uint32_t run)
{
    mcn_tile_t *tile = &groups->tile;
    mcn_patches_t *patches = &groups->patches;
    const uint32_t rest_words = (rows * (run % 4) + 3) / 4;
    const uint32_t steps = 2 * (rows * (run / 4) + rest_words);
    uint8_t *scratch = arena + args->scratch;
    groups->stream = (const uint32_t *)(const void *)args->weights;
    patches->to = (uint32_t *)(void *)scratch;
    patches->rows = rows;
    patches->words = run / 4;
    patches->rest_bytes = run % 4;
    patches->rest_stride = 4 * rest_words;
    patches->rest = scratch + 12 * steps;
    tile->activations = patches->to;
    tile->run = gemm->run;
    find_entries(tile, gemm, steps);
    groups->scratch = mcn_conv_outputs_init(&groups->outputs, tile, args, patches->rest + 12 * rest_words);
}

void mcn_conv_last_group(mcn_conv_groups_t *groups, uint32_t pixels)
{
    groups->tile.pixel1 = pixels > 1 ? groups->tile.channels : 0;
    groups->tile.pixel2 = groups->tile.pixel1;
}

void mcn_conv_odd_group(const mcn_conv_groups_t *groups, int8_t *output, uint32_t pixels)
{
    mcn_conv_tiles_dsp(&groups->patches, &groups->tile, groups->stream, groups->outputs.odd);
    mcn_conv_bring_odd(&groups->outputs, output, pixels);
}
