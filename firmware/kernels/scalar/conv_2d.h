/* CONV_2D by groups of four output pixels (pairs.h): brings the windows of a group into the scratch as pairs, then has
 * all channels computed. Outputs of a group are written after its own inputs were read and before those of the next.
 *
 * Scratch: the pairs; after them, if windows may leave the input or have gaps in their rows, four windows as bytes.
 * Rows of a window have an even number of entries in the pairs, and so in the weights: an odd one ends with a weight
 * of 0.
 */
#ifndef MCUNAS_KERNELS_SCALAR_CONV_2D_H
#define MCUNAS_KERNELS_SCALAR_CONV_2D_H

#include <stddef.h>

#include "pairs.h"

/* A window: where its first row lies, and how far it is from one row to the next. */
typedef struct {
    const int8_t *start;
    int32_t step;
} mcn_window_t;

/* Goes through the output pixels. */
typedef struct {
    const mcn_conv_t *args;
    const int8_t *input;
    uint32_t run;         /* bytes of a window's row */
    int32_t step;         /* from one row of a window to the next */
    uint32_t tops, lefts; /* windows inside the input have top and left below these */
    int8_t *patch;        /* for the next window that is not inside */
    int32_t top, left;    /* of the next pixel's window */
    const int8_t *row;    /* the input's row `top`, if windows of this row may lie inside, else NULL */
    uint32_t x;           /* output column */
} mcn_conv_walk_t;

/* Copies a window that lies partly outside the input, or has gaps in its rows. */
static inline mcn_window_t mcn_conv_gather(mcn_conv_walk_t *walk, int32_t top, int32_t left)
{
    const mcn_conv_t *a = walk->args;
    const mcn_window_t window = {walk->patch, (int32_t)walk->run};
    int8_t *to = walk->patch;
    for (int32_t y = top; y < top + a->kernel_h * a->dilation_h; y += a->dilation_h) {
        for (int32_t x = left; x < left + a->kernel_w * a->dilation_w; x += a->dilation_w, to += a->in_c) {
            if (y >= 0 && y < a->in_h && x >= 0 && x < a->in_w) {
                mcn_copy(to, walk->input + (y * a->in_w + x) * a->in_c, a->in_c);
            } else {
                mcn_fill(to, (int8_t)a->input_zero_point, a->in_c);
            }
        }
    }
    walk->patch = to;
    return window;
}

/* Goes to the start of the row of windows that begin at input row `top`. */
static inline void mcn_conv_row(mcn_conv_walk_t *walk, int32_t top)
{
    const mcn_conv_t *a = walk->args;
    walk->x = 0;
    walk->top = top;
    walk->left = -a->pad_left;
    walk->row = (uint32_t)top < walk->tops ? walk->input + top * a->in_w * a->in_c : NULL;
}

/* The window of the next output pixel. */
static inline mcn_window_t mcn_conv_next(mcn_conv_walk_t *walk)
{
    const mcn_conv_t *a = walk->args;
    mcn_window_t window;
    if (walk->row != NULL && (uint32_t)walk->left < walk->lefts) {
        window = (mcn_window_t){walk->row + walk->left * a->in_c, walk->step};
    } else {
        window = mcn_conv_gather(walk, walk->top, walk->left);
    }
    walk->left += a->stride_w;
    if (++walk->x == a->out_w) {
        mcn_conv_row(walk, walk->top + a->stride_h);
    }
    return window;
}

/* Writes the words of `count` bytes of pixels a and b; those of the group's other pair lie between them. */
static inline uint32_t *mcn_conv_pack(uint32_t *to, const int8_t *a, const int8_t *b, uint32_t count)
{
    for (; count >= 4; count -= 4, a += 4, b += 4, to += 8) {
        to[0] = mcn_pair(a[0], b[0]);
        to[1] = mcn_pair(a[1], b[1]);
        to[4] = mcn_pair(a[2], b[2]);
        to[5] = mcn_pair(a[3], b[3]);
    }
    if (count >= 2) {
        to[0] = mcn_pair(a[0], b[0]);
        to[1] = mcn_pair(a[1], b[1]);
        count -= 2, a += 2, b += 2, to += 4;
    }
    if (count > 0) {
        to[0] = mcn_pair(a[0], b[0]);
        to[1] = 0;
        to += 4;
    }
    return to;
}

static inline void mcn_conv_pack_rows(const mcn_conv_walk_t *walk, uint32_t *to, mcn_window_t a, mcn_window_t b)
{
    for (uint32_t rows = walk->args->kernel_h; rows > 0; rows--, a.start += a.step, b.start += b.step) {
        to = mcn_conv_pack(to, a.start, b.start, walk->run);
    }
}

static inline mcn_conv_walk_t mcn_conv_walk(const mcn_conv_t *a, const uint8_t *arena)
{
    const int32_t tops = a->in_h - (a->kernel_h - 1) * a->dilation_h, lefts = a->in_w - a->kernel_w + 1;
    mcn_conv_walk_t walk = {
        .args = a,
        .input = (const int8_t *)(arena + a->input),
        .run = (uint32_t)a->kernel_w * a->in_c,
        .step = a->dilation_h * a->in_w * a->in_c,
        .tops = tops > 0 ? (uint32_t)tops : 0,
        .lefts = lefts > 0 && a->dilation_w == 1 ? (uint32_t)lefts : 0,
    };
    mcn_conv_row(&walk, -a->pad_top);
    return walk;
}

TEMPLATE void mcn_conv_2d_groups(const mcn_conv_t *a, uint8_t *arena, mcn_run_group_t *run_group)
{
    mcn_conv_walk_t walk = mcn_conv_walk(a, arena);
    uint32_t *pairs = (uint32_t *)(void *)(arena + a->scratch);
    const uint32_t depth = (a->kernel_h * ((walk.run + 1) & ~1U) + 3) & ~3U;
    const int32_t *channels = (const int32_t *)(const void *)a->weights;
    mcn_group_t group = {
        .pairs = pairs,
        .end = pairs + 2 * depth,
        .channels = channels,
        .channels_end = channels + a->out_c * (3 + depth / 4),
        .rescale = {.zero_point = a->output_zero_point, .act_min = a->act_min, .act_max = a->act_max},
        .channel_count = a->out_c,
    };
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t left = (uint32_t)a->out_h * a->out_w; left > 0; left -= left < GROUP ? left : GROUP) {
        mcn_window_t windows[GROUP];
        walk.patch = (int8_t *)(pairs + 2 * depth);
        for (uint32_t i = 0; i < GROUP; i++) {
            windows[i] = i < left ? mcn_conv_next(&walk) : windows[0];
            group.output[i] = i < left ? output : group.output[0];
            output += i < left ? a->out_c : 0;
        }
        for (uint32_t i = 0; i < GROUP; i += 2) {
            mcn_conv_pack_rows(&walk, pairs + i, windows[i], windows[i + 1]);
        }
        run_group(&group);
    }
}

#endif
