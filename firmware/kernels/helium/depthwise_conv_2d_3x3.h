/* What the depthwise kernels up to 3x3 share: the columns of a channel, its constants, and the way through both.
 *
 * For each channel and each row of blocks of outputs, four rows of inputs are gathered into words, one a column:
 *
 *     word     0        1        2        3             byte i of a word: row top + i
 *          [r0 r1 r2 r3 | r0 r1 r2 r3 | r0 r1 r2 r3 | r0 r1 r2 r3]
 *
 * so that one load of 16 bytes holds whole windows, each one VMLADAV away from its sum: at stride 1 those of a block of 2x2
 * outputs, at stride 2 that of one output. Padding has the input's zero point. The words of the next row of blocks are
 * gathered before outputs are written, which may then lie over the inputs: a channel's over that channel's only.
 */
#ifndef MCUNAS_HELIUM_DEPTHWISE_CONV_2D_3X3_H
#define MCUNAS_HELIUM_DEPTHWISE_CONV_2D_3X3_H

#include <arm_mve.h>

#include "mcunas/kernel.h"

#define ROWS 4
#define ROW_STEP 2 /* input rows from one row of blocks to the next */

/* Constants of a channel as search/hardware/packing_helium.py lays them out; kernel_w columns. */
typedef struct {
    int32_t bias, multiplier;
    uint32_t columns[]; /* three weights from the top down; the top byte of the first is the shift to the right */
} channel_t;

/* What depthwise_conv_2d_3x3.inc reads, in its order. */
typedef struct {
    /* Weights, at stride 1 of the windows at row 0, column 0; row 0, column 1; row 1, column 0; row 1, column 1. */
    uint32x4_t windows[4];
    uint32x4_t outputs; /* where the results of a block go */
    int32x4_t low, high;
    uint16x8_t offsets; /* of rows 0 and 2 of four columns in turn */
    uint32x4_t zero_points;
    /* The words to gather next. */
    const int8_t *from;
    uint32_t pitch, step, fours; /* bytes of a row; of four columns; columns / 4, rounded up */
    /* Requantisation; one is 0 if nothing is shifted. */
    int32_t bias, multiplier, one, shift, zero_point;
    uint32_t block_bytes; /* from one block of outputs to the next */
    uint32_t *words, *next;
    int8_t *output;
    uint32_t row_bytes; /* from one row of blocks of outputs to the next */
    uint32_t columns;   /* of outputs */
    uint32_t live;      /* predicate of those results of a block that exist */
    uint32_t rows;      /* of blocks to compute */
    uint32_t gathers;   /* whether the words of the row behind each are to be gathered, all inside the input */
    uint32_t before, inside; /* bytes of words of padding on the left, and of columns */
} work_t;

/* Computes rows of blocks, and moves on words, next, output and from. */
typedef void rows_t(work_t *work);

/* Words that hold the columns of a row of blocks; scratch_3x3_bytes of search/hardware/packing_helium.py has two of it. */
static inline uint32_t words_of(const mcn_conv_t *a)
{
    const uint32_t read = a->stride_w == 1 ? (a->out_w + 1U) / 2 * 2 + 2 : (a->out_w + 3U) / 4 * 8 + 2;
    const uint32_t written = a->pad_left + a->in_w + 4U;
    return read > written ? read : written;
}

static inline void fill_words(uint32_t *words, uint32_t count, uint32x4_t value)
{
    for (int32_t left = (int32_t)count; left > 0; left -= 4, words += 4) {
        vstrwq_p_u32(words, value, vctp32q((uint32_t)left));
    }
}

static inline void set_layer(work_t *work, const mcn_conv_t *a)
{
    const uint16x8_t lane = vidupq_n_u16(0, 1);
    const uint16x8_t columns = vmulq_n_u16(vshrq_n_u16(lane, 1), a->in_c);
    work->pitch = (uint32_t)a->in_w * a->in_c;
    work->offsets = vmlaq_n_u16(columns, vandq_u16(lane, vdupq_n_u16(1)), (uint16_t)(2 * work->pitch));
    work->low = vdupq_n_s32(a->act_min);
    work->high = vdupq_n_s32(a->act_max);
    work->zero_points = vreinterpretq_u32_s8(vdupq_n_s8((int8_t)a->input_zero_point));
    work->step = 4U * a->in_c;
    work->fours = (a->in_w + 3U) / 4;
    work->zero_point = a->output_zero_point;
    work->columns = a->out_w;
    work->before = 4U * a->pad_left;
    work->inside = 4U * a->in_w;
}

/* windows: how many of them. */
static inline void set_channel(work_t *work, const channel_t *channel, uint32_t kernel_w, int windows)
{
    const uint32x4_t columns = vldrwq_z_u32(channel->columns, vctp32q(kernel_w));
    const uint32x4_t first = vandq_u32(columns, vdupq_n_u32(0x00FFFFFF));
    const int32_t shift = (int32_t)(channel->columns[0] >> 24);
    work->windows[0] = first;
    if (windows == 4) {
        uint32_t carry = 0;
        const uint32x4_t second = vshlcq_u32(first, &carry, 32);
        work->windows[1] = second;
        work->windows[2] = vshlq_n_u32(first, 8);
        work->windows[3] = vshlq_n_u32(second, 8);
    }
    work->bias = channel->bias;
    work->multiplier = channel->multiplier;
    work->one = shift > 0;
    work->shift = -shift;
}

/* The lanes of rows `top` and `top` + 2, in turn, that are inside. */
static inline uint32_t rows_inside(const mcn_conv_t *a, int top)
{
    return (top >= 0 && top < a->in_h ? 0x3333U : 0U) | (top + 2 >= 0 && top + 2 < a->in_h ? 0xCCCCU : 0U);
}

static inline uint16x8_t gather_half(const work_t *work, const int8_t *from, uint32_t columns, uint32_t rows)
{
    const mve_pred16_t inside = vctp16q_m(2 * columns, (mve_pred16_t)rows);
    const uint16x8_t found = vldrbq_gather_offset_z_u16((const uint8_t *)from, work->offsets, inside);
    return vpselq_u16(found, vreinterpretq_u16_u32(work->zero_points), inside);
}

/* The words of rows `top` to `top` + 3, the first of which is at work->from, some of which may be outside. */
static inline void gather_border(const work_t *work, const mcn_conv_t *a, uint32_t *words, int top)
{
    const uint32_t even = rows_inside(a, top), odd = rows_inside(a, top + 1);
    const int8_t *from = work->from;
    words += a->pad_left;
    for (int32_t left = a->in_w; left > 0; left -= 4, from += work->step, words += 4) {
        const uint8x16_t rows = vreinterpretq_u8_u16(gather_half(work, from, (uint32_t)left, even));
        const uint16x8_t others = gather_half(work, from + work->pitch, (uint32_t)left, odd);
        vstrwq_p_u32(words, vreinterpretq_u32_u8(vmovntq_u16(rows, others)), vctp32q((uint32_t)left));
    }
}

/* `blocks` rows of blocks of one channel, whose last one has results last_live. */
static inline void run_channel(work_t *work, const mcn_conv_t *a, uint32_t blocks, uint32_t last_live, rows_t *compute)
{
    int top = -a->pad_top;
    gather_border(work, a, work->words, top);
    work->from += ROW_STEP * work->pitch;
    work->live = 0xFFFF;
    while (blocks > 0) {
        /* Rows behind whose last one is another: three columns too many may be read. */
        const int ahead = (a->in_h - 1 - ROWS - top) / ROW_STEP;
        top += ROW_STEP;
        work->gathers = top >= 0 && ahead > 0 && blocks > 1;
        work->rows = 1;
        if (work->gathers) {
            work->rows = blocks - 1 < (uint32_t)ahead ? blocks - 1 : (uint32_t)ahead;
            top += ROW_STEP * ((int)work->rows - 1);
        } else if (blocks > 1) {
            gather_border(work, a, work->next, top);
            work->from += ROW_STEP * work->pitch;
        } else {
            work->live = last_live;
        }
        blocks -= work->rows;
        compute(work);
    }
}

/* The whole layer. blocks, last_live: as above; windows: as in set_channel. work->outputs, block_bytes and row_bytes are
 * set. */
__attribute__((always_inline)) static inline void run_layer(work_t *work, const mcn_conv_t *a, uint8_t *arena,
                                                            uint32_t blocks, uint32_t last_live, int windows,
                                                            rows_t *compute)
{
    uint32_t *const words = (uint32_t *)(arena + a->scratch);
    const uint8_t *constants = (const uint8_t *)a->weights;
    set_layer(work, a);
    fill_words(words, 2 * words_of(a), work->zero_points);
    for (uint32_t c = 0; c < a->in_c; c++, constants += sizeof(channel_t) + 4U * a->kernel_w) {
        set_channel(work, (const channel_t *)constants, a->kernel_w, windows);
        work->words = words;
        work->next = words + words_of(a);
        work->from = (const int8_t *)(arena + a->input) + c - (int32_t)(a->pad_top * work->pitch);
        work->output = (int8_t *)(arena + a->output) + c;
        run_channel(work, a, blocks, last_live, compute);
    }
}

#endif
