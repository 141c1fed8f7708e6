/* What the depthwise kernels share: the columns of a channel, its constants, and the way through both.
 *
 * For each channel and each row (or pair of rows) of outputs, `high` = 4 or 8 rows of inputs are gathered, column by column:
 *
 *     column   0        1        2        3             byte i of a column: row top + i
 *          [r0 r1 r2 r3 | r0 r1 r2 r3 | r0 r1 r2 r3 | r0 r1 r2 r3]
 *
 * so that loads of 16 bytes hold windows whose sums are VMLADAVs away. Padding has the input's zero point. Columns are
 * gathered some rows before their outputs are written, which may then lie over the inputs: a channel's over that
 * channel's only.
 */
#ifndef MCUNAS_HELIUM_DEPTHWISE_CONV_2D_H
#define MCUNAS_HELIUM_DEPTHWISE_CONV_2D_H

#include <arm_mve.h>

#include "bytes.h"
#include "mcunas/kernel.h"

/* What depthwise_conv_2d.inc reads, in its order. A row: of outputs, or a pair where two are computed together. */
typedef struct {
    uint32x4_t windows[4]; /* weights */
    uint32x4_t outputs;    /* where the four results of a block go */
    int32x4_t low, most;
    uint16x8_t offsets; /* of even rows of one or more columns in turn; odd ones lie a pitch behind */
    uint32x4_t zero_points;
    /* The columns to gather next. */
    const int8_t *from;
    uint32_t pitch, step, groups; /* bytes of a row; of the columns gathered at once; how many times */
    /* Requantisation; one is 0 if nothing is shifted. */
    int32_t bias, multiplier, one, shift, zero_point;
    uint32_t block_bytes; /* from one block of outputs to the next */
    uint8_t *words, *next; /* columns of this row, place for those to gather */
    int8_t *output;
    uint32_t row_bytes; /* from one row of outputs to the next */
    uint32_t columns;   /* of outputs */
    uint32_t live;      /* predicate of those results of a block that exist */
    uint32_t rows;      /* to compute */
    uint32_t gathers;   /* whether columns are to be gathered with each row, all inside the input */
    uint32_t before, inside; /* bytes of columns of padding on the left, and of columns inside */
    uint32_t advance;   /* bytes of input from one row to the next */
    uint32_t window_step; /* bytes from one window to the next */
    uint8_t *ring, *ring_end; /* where columns lie */
    uint32_t slot_bytes; /* of a row's columns */
} work_t;

/* Computes rows, and moves on words, next, output and from. */
typedef void rows_t(work_t *work);

/* How a kernel goes through its input. */
typedef struct {
    uint32_t high;  /* bytes of a column */
    uint32_t used;  /* rows of it that are read */
    uint32_t ahead; /* rows gathered before the first is computed */
    uint32_t slot_columns;
    uint32_t row_step; /* input rows from one row to the next */
    uint32_t rows;
    uint32_t last_live; /* predicate of the last row's results */
} way_t;

static inline uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline void fill_bytes(uint8_t *to, uint8x16_t value, uint32_t bytes)
{
    for (int32_t left = (int32_t)bytes; left > 0; left -= VECTOR, to += VECTOR) {
        vstrbq_p_u8(to, value, vctp8q((uint32_t)left));
    }
}

static inline void set_requantisation(work_t *work, int32_t bias, int32_t multiplier, int32_t right_shift)
{
    work->bias = bias;
    work->multiplier = multiplier;
    work->one = right_shift > 0;
    work->shift = -right_shift;
}

/* Columns that a row's blocks of four windows read, or that gathering writes; slot_columns of packing_helium.py. */
static inline uint32_t columns_of(const mcn_conv_t *a, uint32_t windows, uint32_t high, uint32_t window_columns)
{
    const uint32_t outputs = (a->out_w + windows - 1) / windows * windows;
    return larger((outputs - 1) * a->stride_w + window_columns, a->pad_left + a->in_w + VECTOR / high);
}

/* All but windows, outputs, block_bytes and row_bytes, and what a channel or a row has of its own. */
static inline void set_layer(work_t *work, const mcn_conv_t *a, const way_t *way, uint8_t *ring)
{
    const uint32_t halves = way->high / 2; /* lanes of a column */
    const uint16x8_t lane = vidupq_n_u16(0, 1);
    const uint16x8_t column = vshrq_n_u16(vmulq_n_u16(lane, (uint16_t)(8 / halves)), 3);
    const uint16x8_t row = vandq_u16(lane, vdupq_n_u16((uint16_t)(halves - 1)));
    const uint16x8_t read = vminq_u16(row, vdupq_n_u16((uint16_t)((way->used - 1) / 2)));
    work->pitch = (uint32_t)a->in_w * a->in_c;
    work->offsets = vmlaq_n_u16(vmulq_n_u16(column, a->in_c), read, (uint16_t)(2 * work->pitch));
    work->low = vdupq_n_s32(a->act_min);
    work->most = vdupq_n_s32(a->act_max);
    work->zero_points = vreinterpretq_u32_s8(vdupq_n_s8((int8_t)a->input_zero_point));
    work->step = VECTOR / way->high * a->in_c;
    work->groups = (a->in_w * way->high + VECTOR - 1) / VECTOR;
    work->zero_point = a->output_zero_point;
    work->columns = a->out_w;
    work->before = way->high * a->pad_left;
    work->inside = way->high * a->in_w;
    work->advance = way->row_step * work->pitch;
    work->window_step = way->high * a->stride_w;
    work->slot_bytes = way->high * way->slot_columns;
    work->ring = ring;
    work->ring_end = ring + (way->ahead + 1) * work->slot_bytes;
    fill_bytes(ring, vreinterpretq_u8_u32(work->zero_points), (way->ahead + 1) * work->slot_bytes);
}

/* The lanes of rows `top`, `top` + 2, ... of every column that are inside; a lane has two bits. */
static inline uint32_t rows_inside(const mcn_conv_t *a, const way_t *way, int top, uint32_t rows)
{
    uint32_t lanes = 0;
    for (uint32_t i = 0; i < rows; i += 2) {
        const int y = top + (int)i;
        lanes |= y >= 0 && y < a->in_h ? 3U << i : 0U;
    }
    return way->high == 4 ? lanes * 0x1111U : lanes * 0x0101U;
}

static inline uint16x8_t gather_half(const work_t *work, const int8_t *from, uint32_t lanes, uint32_t rows)
{
    const mve_pred16_t inside = vctp16q_m(lanes, (mve_pred16_t)rows);
    const uint16x8_t found = vldrbq_gather_offset_z_u16((const uint8_t *)from, work->offsets, inside);
    return vpselq_u16(found, vreinterpretq_u16_u32(work->zero_points), inside);
}

/* The columns of rows from `top` on, which is at work->from; some of them may be outside. */
static inline void gather_border(const work_t *work, const mcn_conv_t *a, const way_t *way, uint8_t *to, int top)
{
    const uint32_t even = rows_inside(a, way, top, way->used), odd = rows_inside(a, way, top + 1, way->used - 1);
    const int8_t *from = work->from;
    to += work->before;
    for (int32_t left = (int32_t)work->inside; left > 0; left -= VECTOR, from += work->step, to += VECTOR) {
        const uint8x16_t rows = vreinterpretq_u8_u16(gather_half(work, from, (uint32_t)left / 2, even));
        const uint16x8_t others = gather_half(work, from + work->pitch, (uint32_t)left / 2, odd);
        vstrbq_p_u8(to, vmovntq_u16(rows, others), vctp8q((uint32_t)left));
    }
}

static inline void run_channel(work_t *work, const mcn_conv_t *a, const way_t *way, rows_t *compute)
{
    const int step = (int)way->row_step;
    const int reach = ((int)way->used + 1) / 2 * 2; /* rows that gathering without predicates reads */
    const int wide = a->in_w >= VECTOR / way->high - 1;
    uint32_t left = way->rows, ahead = way->ahead < left ? way->ahead : left;
    int top = -a->pad_top; /* of what is gathered next */
    work->words = work->next = work->ring;
    for (uint32_t i = ahead; i > 0; i--, top += step, work->from += work->advance, work->next += work->slot_bytes) {
        gather_border(work, a, way, work->next, top);
    }
    work->live = 0xFFFF;
    while (left > 0) {
        const int32_t more = (int32_t)(left - ahead); /* rows that are still to be gathered */
        /* Rows behind whose last one is another, as the last columns that are gathered may be too many. */
        const int32_t whole =
            top >= 0 && top + reach < a->in_h && wide ? (a->in_h - 1 - reach - top) / step + 1 : 0;
        work->gathers = more > 0 && whole > 0;
        work->rows = 1;
        if (work->gathers) {
            work->rows = (uint32_t)(more < whole ? more : whole);
            top += step * (int)work->rows;
        } else if (more > 0) {
            gather_border(work, a, way, work->next, top);
            work->from += work->advance;
            top += step;
        } else if (ahead-- == 1) {
            work->live = way->last_live;
        }
        left -= work->rows;
        compute(work);
    }
}

/* Unpacks the constants of a channel into windows and requantisation. Returns where the next one's start. */
typedef const uint8_t *set_channel_t(work_t *work, const mcn_conv_t *a, const uint8_t *constants);

/* The whole layer. Set before: outputs, block_bytes and row_bytes. */
__attribute__((always_inline)) static inline void run_layer(work_t *work, const mcn_conv_t *a, uint8_t *arena,
                                                            const way_t *way, set_channel_t *set_channel,
                                                            rows_t *compute)
{
    const uint8_t *constants = (const uint8_t *)a->weights;
    set_layer(work, a, way, arena + a->scratch);
    for (uint32_t c = 0; c < a->in_c; c++) {
        constants = set_channel(work, a, constants);
        work->from = (const int8_t *)(arena + a->input) + c - (int32_t)(a->pad_top * work->pitch);
        work->output = (int8_t *)(arena + a->output) + c;
        run_channel(work, a, way, compute);
    }
}

#endif
