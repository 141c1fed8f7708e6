/* DEPTHWISE_CONV_2D up to 3x3, stride 1, int8: blocks of 2x2 outputs of one channel. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_3x3.h"

/* A channel and its layer, as depthwise_conv_2d_3x3_blocks.S reads them. windows: weights of the four windows in 16
 * bytes: at row 0, column 0; row 0, column 1; row 1, column 0; row 1, column 1. outputs: where those four lie. */
typedef struct {
    uint32x4_t windows[4];
    uint32x4_t outputs;
    int32x4_t low, high;
    int32_t bias, multiplier, one, shift, zero_point, step;
} filter_t;

/* `columns` outputs in each of two rows; live: the predicate of those of a block that exist. */
void mcn_depthwise_blocks_helium(const filter_t *f, const uint32_t *words, int8_t *output, uint32_t columns,
                                 uint32_t live);

static void set_channel(filter_t *f, const channel_t *channel, uint32_t kernel_w)
{
    const uint32x4_t first = window_weights(channel, kernel_w);
    uint32_t carry = 0;
    const uint32x4_t second = vshlcq_u32(first, &carry, 32);
    const int32_t shift = right_shift(channel);
    f->windows[0] = first;
    f->windows[1] = second;
    f->windows[2] = vshlq_n_u32(first, 8);
    f->windows[3] = vshlq_n_u32(second, 8);
    f->bias = channel->bias;
    f->multiplier = channel->multiplier;
    f->one = shift > 0;
    f->shift = -shift;
}

static void run_channel(const layer_t *layer, const filter_t *f, const int8_t *input, int8_t *output, uint32_t *words)
{
    const mcn_conv_t *a = layer->args;
    uint32_t *next = words + words_of(a);
    int top = -a->pad_top;
    gather_columns(layer, words, input, top);
    for (int32_t left = a->out_h; left > 0; left -= 2) {
        top += 2;
        if (left > 2) {
            gather_columns(layer, next, input, top);
        }
        mcn_depthwise_blocks_helium(f, words, output, a->out_w, left > 1 ? 0xFFFFU : 0x00FFU);
        output += 2 * a->out_w * a->out_c;
        uint32_t *const done = words;
        words = next;
        next = done;
    }
}

void mcn_depthwise_conv_2d_3x3_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const layer_t layer = layer_of(a);
    const uint32x4_t lane = vidupq_n_u32(0, 1);
    const uint32x4_t below = vmulq_n_u32(vshrq_n_u32(lane, 1), (uint32_t)a->out_w * a->out_c);
    filter_t filter = {
        .outputs = vmlaq_n_u32(below, vandq_u32(lane, vdupq_n_u32(1)), a->out_c),
        .low = layer.low,
        .high = layer.high,
        .zero_point = a->output_zero_point,
        .step = 2 * a->out_c,
    };
    uint32_t *words = (uint32_t *)(arena + a->scratch);
    fill_words(words, 2 * words_of(a), layer.zero_points);
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    const uint8_t *constants = (const uint8_t *)a->weights;
    for (uint32_t left = a->in_c; left > 0; left--, constants += sizeof(channel_t) + 4U * a->kernel_w) {
        set_channel(&filter, (const channel_t *)constants, a->kernel_w);
        run_channel(&layer, &filter, input++, output++, words);
    }
}
