/* CONV_2D, int8, any shape: the windows of two pixels are copied to the scratch, padding as the input's zero point.
 *
 * What stands behind a window up to the next 16 bytes is whatever was there before; its weights are 0.
 */
#include "bytes.h"
#include "gemm.h"

typedef struct {
    const mcn_conv_t *args;
    const int8_t *input;
    int8x16_t zero_points;
    int32_t row_bytes; /* of the input */
    int32_t run;       /* bytes of a row of the window */
} gather_t;

/* A row of the window that starts at column `left`, element by element of the kernel. */
static void gather_row(const gather_t *g, int8_t *to, const int8_t *row, int left)
{
    const mcn_conv_t *a = g->args;
    for (int kx = 0; kx < a->kernel_w; kx++, left += a->dilation_w, to += a->in_c) {
        if (left >= 0 && left < a->in_w) {
            copy_bytes(to, row + left * a->in_c, a->in_c);
        } else {
            fill_bytes(to, g->zero_points, a->in_c);
        }
    }
}

/* The window whose first element is at row `top`, column `left`; both may lie outside the input. */
static void gather(const gather_t *g, int8_t *to, int top, int left)
{
    const mcn_conv_t *a = g->args;
    const int whole = a->dilation_w == 1 && left >= 0 && left + a->kernel_w <= a->in_w;
    const int8_t *row = g->input + top * g->row_bytes;
    const int32_t down = a->dilation_h * g->row_bytes;
    for (int ky = a->kernel_h; ky > 0; ky--, top += a->dilation_h, row += down, to += g->run) {
        if (top < 0 || top >= a->in_h) {
            fill_bytes(to, g->zero_points, (uint32_t)g->run);
        } else if (whole) {
            copy_bytes(to, row + left * a->in_c, (uint32_t)g->run);
        } else {
            gather_row(g, to, row, left);
        }
    }
}

void mcn_conv_2d_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const mcn_gemm_t gemm = gemm_of(a);
    const gather_t from = {
        .args = a,
        .input = (const int8_t *)(arena + a->input),
        .zero_points = vdupq_n_s8((int8_t)a->input_zero_point),
        .row_bytes = a->in_w * a->in_c,
        .run = a->kernel_w * a->in_c,
    };
    int8_t *const windows[2] = {(int8_t *)(arena + a->scratch), (int8_t *)(arena + a->scratch) + gemm.depth};
    int8_t *output = (int8_t *)(arena + a->output);
    uint32_t waiting = 0;
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++) {
            gather(&from, windows[waiting++], y * a->stride_h - a->pad_top, x * a->stride_w - a->pad_left);
            if (waiting == 2) {
                mcn_gemm_2x4_helium(&gemm, windows[0], windows[1], output, output + a->out_c);
                output += 2 * a->out_c;
                waiting = 0;
            }
        }
    }
    if (waiting != 0) {
        mcn_gemm_2x4_helium(&gemm, windows[0], windows[0], output, output);
    }
}
