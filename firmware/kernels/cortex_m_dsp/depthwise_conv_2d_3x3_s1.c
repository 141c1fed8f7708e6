/* DEPTHWISE_CONV_2D 3x3, stride 1, int8, at least 4 channels, output at least 2 wide, padding 0 or 1 on each side.
 *
 * May run over its own input. Scratch: the buffer of out_w + 2 columns, then four channel_t; see the .h for both.
 */
#include "depthwise_conv_2d_3x3.h"

/* What is the same for every four channels. */
static inline void set_layer(channel_t *channels, const mcn_conv_t *a, const uint32_t *buffer)
{
    const int32_t blocks = a->out_w / 2;
    for (int i = 0; i < 4; i++) {
        channel_t *c = &channels[i];
        c->output_zero_point = a->output_zero_point;
        c->blocks_end = place(buffer + 2 * i + 2 * ENTRY_WORDS * blocks, buffer);
        c->step = a->out_c;
        c->to_next_channel = (int32_t)sizeof(uint32_t) * (2 - 2 * ENTRY_WORDS * blocks);
        c->odd = a->out_w & 1U;
    }
}

/* Where the lower row is: `row` bytes from the upper one, 0 if there is none. */
static inline void set_row(channel_t *channels, uint32_t row)
{
    for (int i = 0; i < 4; i++) {
        channels[i].to_row = row;
        channels[i].extra = row + channels[i].step;
    }
}

static inline void set_channels(channel_t *channels, const group_t *group, uint32_t output)
{
    for (int i = 0; i < 4; i++) {
        for (int x = 0; x < 3; x++) {
            const uint32_t column = mcn_load(group->weights[i][x]); /* and one byte beyond */
            const uint32_t even = mcn_even_bytes(column);
            const uint32_t odd = mcn_odd_bytes(column);
            channels[i].weights[2 * x] = mcn_lower_halves(even, odd);
            channels[i].weights[2 * x + 1] = mcn_lower_upper(odd, even);
        }
        set_constants(&channels[i], group, i, output);
    }
}

TEMPLATE void run(const mcn_conv_t *a, uint8_t *arena, rows_kernel_t *slot0, rows_kernel_t *slot1)
{
    uint32_t *buffer = (uint32_t *)(arena + a->scratch);
    channel_t *channels = (channel_t *)(buffer + ENTRY_WORDS * (a->out_w + 2U));
    const group_t *group = (const group_t *)a->weights;
    const uint32_t row_bytes = (uint32_t)a->out_w * a->out_c;
    rows_t rows = {
        .slot = buffer + ENTRY_WORDS * a->pad_left,
        .height = a->in_h,
        .row_bytes = a->in_w * a->in_c,
        .channels = a->in_c,
        .columns = a->in_w,
        .padding = mcn_splat_s8((int8_t)a->input_zero_point),
    };
    fill(buffer, (const uint32_t *)channels, a->input_zero_point);
    set_layer(channels, a, buffer);
    for (uint32_t c = 0; c < a->out_c; c += 4, group++) {
        const uint32_t first = first_of_four(a, c), done = c - first;
        rows.input = (const int8_t *)(arena + a->input) + first;
        set_channels(channels, group, place(arena + a->output + first, buffer));
        set_row(channels, row_bytes);
        expand(&rows, -a->pad_top, 0);
        for (int y = 0, parity = 0; y < a->out_h; y += 2, parity ^= 1) {
            expand(&rows, y + 2 - a->pad_top, parity ^ 1);
            if (y + 1 == a->out_h) {
                set_row(channels, 0);
            }
            if (parity) {
                slot1(buffer, &channels[done].multiplier, &channels[3].multiplier, 8 * done);
            } else {
                slot0(buffer, &channels[done].multiplier, &channels[3].multiplier, 8 * done);
            }
        }
    }
    if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
        mcn_clamp_dsp((int8_t *)(arena + a->output), a->out_h * row_bytes, a->act_min, a->act_max);
    }
}

void mcn_depthwise_conv_2d_3x3_dsp(const void *args, uint8_t *arena)
{
    run(args, arena, mcn_depthwise_3x3_s1_slot0, mcn_depthwise_3x3_s1_slot1);
}

/* The same where the output zero point is -128, as it is after a RELU or RELU6. */
void mcn_depthwise_conv_2d_3x3_relu_dsp(const void *args, uint8_t *arena)
{
    run(args, arena, mcn_depthwise_3x3_s1_relu_slot0, mcn_depthwise_3x3_s1_relu_slot1);
}
