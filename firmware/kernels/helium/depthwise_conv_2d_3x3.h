/* What the depthwise kernels up to 3x3 share: the columns of a channel, and its constants.
 *
 * For each channel and each row (or pair of rows) of outputs, four rows of inputs are gathered into words, one a column:
 *
 *     word     0        1        2        3             byte i of a word: row top + i
 *          [r0 r1 r2 r3 | r0 r1 r2 r3 | r0 r1 r2 r3 | r0 r1 r2 r3]
 *
 * so that one load of 16 bytes holds all windows of a block of 2x2 outputs, each one VMLADAV away. Padding has the input's
 * zero point. The words of the next rows are gathered before outputs are written, which may then lie over the inputs: a
 * channel's outputs lie over that channel's inputs only.
 */
#ifndef MCUNAS_HELIUM_DEPTHWISE_CONV_2D_3X3_H
#define MCUNAS_HELIUM_DEPTHWISE_CONV_2D_3X3_H

#include <arm_mve.h>

#include "mcunas/kernel.h"
#include "requantize_vector.h"

#define ROWS 4

/* Constants of a channel as search/hardware/packing_helium.py lays them out; kernel_w columns. */
typedef struct {
    int32_t bias, multiplier;
    uint32_t columns[]; /* three weights from the top down; the top byte of the first is the shift to the right */
} channel_t;

typedef struct {
    const mcn_conv_t *args;
    int32_t pitch;           /* bytes of an input row */
    uint16x8_t offsets;      /* of rows 0 and 2 of four columns in turn */
    uint32x4_t zero_points;
    int32x4_t low, high;
} layer_t;

static inline layer_t layer_of(const mcn_conv_t *a)
{
    const uint16_t pitch = (uint16_t)(a->in_w * a->in_c);
    const uint16x8_t lane = vidupq_n_u16(0, 1);
    const uint16x8_t odd = vandq_u16(lane, vdupq_n_u16(1));
    const uint16x8_t column = vshrq_n_u16(lane, 1);
    return (layer_t){
        .args = a,
        .pitch = pitch,
        .offsets = vmlaq_n_u16(vmulq_n_u16(column, a->in_c), odd, (uint16_t)(2 * pitch)),
        .zero_points = vreinterpretq_u32_s8(vdupq_n_s8((int8_t)a->input_zero_point)),
        .low = vdupq_n_s32(a->act_min),
        .high = vdupq_n_s32(a->act_max),
    };
}

/* Words of `a` that hold a row of blocks; as scratch_bytes of search/hardware/packing_helium.py, twice. */
static inline uint32_t words_of(const mcn_conv_t *a)
{
    const uint32_t read = a->stride_w == 1 ? (a->out_w + 1U) / 2 * 2 + 2 : (a->out_w + 3U) / 4 * 8 + 2;
    const uint32_t written = a->pad_left + a->in_w + 4U;
    return read > written ? read : written;
}

/* Rows `top` to `top` + 3 where all of them and one more are inside, so that three columns too many may be read. */
static inline void gather_inside(const layer_t *layer, uint32_t *words, const int8_t *from)
{
    const mcn_conv_t *a = layer->args;
    const uint8_t *even = (const uint8_t *)from;
    const uint8_t *odd = even + layer->pitch;
    const uint32_t step = 4U * a->in_c;
    uint32_t *to = words + a->pad_left;
    for (uint32_t fours = (a->in_w + 3U) / 4; fours > 0; fours--, even += step, odd += step, to += 4) {
        const uint8x16_t rows = vreinterpretq_u8_u16(vldrbq_gather_offset_u16(even, layer->offsets));
        vstrwq_u32(to, vreinterpretq_u32_u8(vmovntq_u16(rows, vldrbq_gather_offset_u16(odd, layer->offsets))));
    }
    vstrwq_u32(words + a->pad_left + a->in_w, layer->zero_points);
}

/* The lanes of rows `top` and `top` + 2, in turn, that are inside. */
static inline uint32_t rows_inside(const mcn_conv_t *a, int top)
{
    return (top >= 0 && top < a->in_h ? 0x3333U : 0U) | (top + 2 >= 0 && top + 2 < a->in_h ? 0xCCCCU : 0U);
}

static inline uint16x8_t gather_half(const layer_t *layer, const int8_t *from, uint32_t columns, uint32_t rows)
{
    const mve_pred16_t inside = vctp16q_m(2 * columns, (mve_pred16_t)rows);
    const uint16x8_t found = vldrbq_gather_offset_z_u16((const uint8_t *)from, layer->offsets, inside);
    return vpselq_u16(found, vreinterpretq_u16_u32(layer->zero_points), inside);
}

/* Rows `top` to `top` + 3, some of which may be outside. */
static void gather_border(const layer_t *layer, uint32_t *words, const int8_t *channel, int top)
{
    const mcn_conv_t *a = layer->args;
    const uint32_t even = rows_inside(a, top), odd = rows_inside(a, top + 1);
    const int8_t *from = channel + top * layer->pitch;
    uint32_t *to = words + a->pad_left;
    for (int32_t left = a->in_w; left > 0; left -= 4, from += 4 * a->in_c, to += 4) {
        const uint8x16_t rows = vreinterpretq_u8_u16(gather_half(layer, from, (uint32_t)left, even));
        const uint16x8_t others = gather_half(layer, from + layer->pitch, (uint32_t)left, odd);
        vstrwq_p_u32(to, vreinterpretq_u32_u8(vmovntq_u16(rows, others)), vctp32q((uint32_t)left));
    }
    vstrwq_u32(words + a->pad_left + a->in_w, layer->zero_points);
}

static inline void gather_columns(const layer_t *layer, uint32_t *words, const int8_t *channel, int top)
{
    if (top >= 0 && top + ROWS < layer->args->in_h) {
        gather_inside(layer, words, channel + top * layer->pitch);
    } else {
        gather_border(layer, words, channel, top);
    }
}

static inline void fill_words(uint32_t *words, uint32_t count, uint32x4_t value)
{
    for (int32_t left = (int32_t)count; left > 0; left -= 4, words += 4) {
        vstrwq_p_u32(words, value, vctp32q((uint32_t)left));
    }
}

/* The weights of a window that starts at word 0. */
static inline uint32x4_t window_weights(const channel_t *channel, uint32_t kernel_w)
{
    const uint32x4_t columns = vldrwq_z_u32(channel->columns, vctp32q(kernel_w));
    return vandq_u32(columns, vdupq_n_u32(0x00FFFFFF));
}

static inline int32_t right_shift(const channel_t *channel)
{
    return (int32_t)(channel->columns[0] >> 24);
}

#endif
