/* DEPTHWISE_CONV_2D up to 3x3, two columns to the right at each step, int8: four outputs of one channel at a time. Outputs may lie over the inputs. */
#include "depthwise_conv_2d_3x3.h"

/* A channel and its layer, as depthwise_conv_2d_3x3_s2_row.S reads them. outputs: where four in a row lie. */
typedef struct {
    uint32x4_t window;
    uint32x4_t outputs;
    int32x4_t low, high;
    int32_t bias, multiplier, one, shift, zero_point, step;
} filter_t;

void mcn_depthwise_row_s2_helium(const filter_t *f, const uint32_t *words, int8_t *output, uint32_t columns);

static void set_channel(filter_t *f, const channel_t *channel, uint32_t kernel_w)
{
    const int32_t shift = right_shift(channel);
    f->window = window_weights(channel, kernel_w);
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
    for (uint32_t left = a->out_h; left > 0; left--) {
        top += a->stride_h;
        if (left > 1) {
            gather_columns(layer, next, input, top);
        }
        mcn_depthwise_row_s2_helium(f, words, output, a->out_w);
        output += a->out_w * a->out_c;
        uint32_t *const done = words;
        words = next;
        next = done;
    }
}

void mcn_depthwise_conv_2d_3x3_s2_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const layer_t layer = layer_of(a);
    filter_t filter = {
        .outputs = vmulq_n_u32(vidupq_n_u32(0, 1), a->out_c),
        .low = layer.low,
        .high = layer.high,
        .zero_point = a->output_zero_point,
        .step = 4 * a->out_c,
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
