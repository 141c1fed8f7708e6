/* What the two 3x3 depthwise kernels (stride 1 and 2) share: their constants, their buffer, and how they walk a layer.
 *
 * Four channels run over the whole image before the next four, so the kernel may write over its own input: channels do
 * not mix, and an output row is written after the input rows that later ones need are in the buffer.
 *
 * The buffer holds two pairs of rows. Rows r and r + 1 of one column and channel are one word (int16x2, row r in the
 * lower half); a column's entry is 8 words: channel 0 {slot 0, slot 1}, ... channel 3 {slot 0, slot 1}. The slots take
 * the pairs in turn: while one holds rows r, r + 1 the other holds rows r + 2, r + 3. Padding is the input zero point,
 * whose share is folded into the bias.
 */
#ifndef MCUNAS_DEPTHWISE_CONV_2D_3X3_H
#define MCUNAS_DEPTHWISE_CONV_2D_3X3_H

#include "lanes.h"

#define ENTRY_WORDS 8

/* The constants of four channels, as packing_depthwise.py lays them out. */
typedef struct {
    int32_t bias[4];         /* with the input zero point folded in */
    uint32_t multiplier[4];  /* doubled, modulo 2^32 */
    int8_t weights[4][3][3]; /* [channel][kernel x][kernel y] */
    uint8_t power[4];        /* 32 + shift: the result is divided by 2^-shift */
} group_t;

/* What the assembly needs of one channel, in the order of its registers; offsets are named in the .inc file. Places are
 * addresses there; elsewhere, where an address has more bits, they are bytes from the buffer's start. */
typedef struct {
    uint32_t weights[6]; /* int16x2; stride 1: {rows 0, 1; rows 1, 2} of each kernel column;
                            stride 2: [1..3] rows 0, 1 of each column, [4] row 2 of columns 0, 1, [5] of column 2 */
    int32_t bias;
    uint32_t multiplier, divisor; /* see MCN_REQUANTIZE */
    int32_t output_zero_point;
    uint32_t output;            /* place */
    uint32_t blocks_end;        /* place in the buffer where the blocks of columns end */
    uint32_t step;              /* bytes from one output column to the next */
    uint32_t to_row;            /* stride 1: bytes to the block's second row; stride 2: to the next block */
    uint32_t extra;             /* stride 1: to the second column there; stride 2: place where the single columns end */
    int32_t to_next_channel;    /* from the buffer's read position at the end of a row */
    uint32_t odd;               /* stride 1: a single column follows the blocks */
} channel_t;

static inline uint32_t place(const void *pointer, const uint32_t *buffer)
{
#if defined(__ARM_FEATURE_DSP)
    (void)buffer;
    return (uint32_t)(uintptr_t)pointer;
#else
    return (uint32_t)((const int8_t *)pointer - (const int8_t *)buffer);
#endif
}

/* Expands `columns` columns of two rows of four channels into one slot (depthwise_conv_2d_3x3_rows.S). */
void mcn_depthwise_3x3_expand(const int8_t *top, const int8_t *bottom, uint32_t top_step, uint32_t bottom_step,
                              uint32_t *slot, uint32_t columns);

/* Outputs of some of four channels, two rows (stride 1) or one (stride 2), from the buffer; the slot with the first pair is
 * in the name. They move the channels' output places on. first, last: the multipliers of the first channel and of channel 3.
 * skipped: bytes to the first channel in the buffer. */
typedef void rows_kernel_t(const uint32_t *buffer, uint32_t *first, uint32_t *last, uint32_t skipped);

rows_kernel_t mcn_depthwise_3x3_s1_slot0, mcn_depthwise_3x3_s1_slot1;
rows_kernel_t mcn_depthwise_3x3_s1_relu_slot0, mcn_depthwise_3x3_s1_relu_slot1;
rows_kernel_t mcn_depthwise_3x3_s2_slot0, mcn_depthwise_3x3_s2_slot1;
rows_kernel_t mcn_depthwise_3x3_s2_relu_slot0, mcn_depthwise_3x3_s2_relu_slot1;

/* Where the expansion reads and writes. */
typedef struct {
    const int8_t *input; /* of the first of the four channels */
    uint32_t *slot;      /* slot 0 of the first column that is not padding */
    int32_t height, row_bytes;
    uint32_t channels, columns;
    uint32_t padding; /* the input zero point in all bytes */
} rows_t;

/* Expands rows `row` and row + 1, which may lie outside of the image, into slot `parity`. */
static inline void expand(const rows_t *r, int32_t row, int parity)
{
    const int8_t *padding = (const int8_t *)&r->padding;
    const int8_t *top = r->input + row * r->row_bytes;
    const int has_top = row >= 0 && row < r->height;
    const int has_bottom = row + 1 < r->height;
    mcn_depthwise_3x3_expand(has_top ? top : padding, has_bottom ? top + r->row_bytes : padding,
                             has_top ? r->channels : 0, has_bottom ? r->channels : 0, r->slot + parity, r->columns);
}

/* What both strides read from the constants of a channel, besides its weights. */
static inline void set_constants(channel_t *to, const group_t *from, int channel, uint32_t output)
{
    to->bias = from->bias[channel];
    to->multiplier = from->multiplier[channel];
    to->divisor = 0U - (1U << from->power[channel]);
    to->output = output + (uint32_t)channel;
}

/* The first of the four channels that begin with `channel`; the last four of all overlap those before if need be, whose
 * outputs are then not computed again: their inputs may be gone. */
static inline uint32_t first_of_four(const mcn_conv_t *a, uint32_t channel)
{
    return channel + 4 <= a->out_c ? channel : a->out_c - 4U;
}

/* Fills the buffer with the input zero point; the padding on the left and right stays. */
static inline void fill(uint32_t *buffer, const uint32_t *end, int16_t zero_point)
{
    while (buffer < end) {
        *buffer++ = mcn_splat_s16(zero_point);
    }
}

#endif
