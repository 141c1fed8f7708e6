/* CONV_2D, int8, any shape: the windows of two pixels are copied to the scratch, padding as the input's zero point.
 *
 * What stands behind a window up to the next 16 bytes is whatever was there before; its weights are 0.
 */
#include "bytes.h"
#include "gemm.h"

/* Kernel indices first..end - 1 along one axis that lie inside the input. */
typedef struct {
    int first, end;
} range_t;

static inline int clamped(int value, int max)
{
    return value < 0 ? 0 : value > max ? max : value;
}

/* Of `taps` taps, `dilation` apart, of which the first lies at `start`. */
static inline range_t inside(int start, int taps, int dilation, int size)
{
    if (dilation == 1) {
        return (range_t){clamped(-start, taps), clamped(size - start, taps)};
    }
    return (range_t){clamped((dilation - 1 - start) / dilation, taps),
                     size > start ? clamped((size - start + dilation - 1) / dilation, taps) : 0};
}

typedef struct {
    const mcn_conv_t *args;
    const int8_t *input;
    int8x16_t zero_points;
    uint32_t depth;    /* of the window, whole vectors */
    uint32_t run;      /* bytes of a row of the window */
    int32_t row_bytes; /* of the input */
    int32_t last_left; /* where the last window starts that has all its columns inside; -1 if none has */
    /* Of a row of outputs: the rows of the window that are inside, and the first of them. */
    range_t rows;
    const int8_t *from;
} gather_t;

static inline void set_row(gather_t *g, int top)
{
    const mcn_conv_t *a = g->args;
    g->rows = inside(top, a->kernel_h, a->dilation_h, a->in_h);
    g->from = g->input + (top + g->rows.first * a->dilation_h) * g->row_bytes;
}

/* The columns of a window inside the input, `width` of them side by side, the first at input column `left`. */
static inline void gather_columns(const gather_t *g, int8_t *to, int left, int width)
{
    const mcn_conv_t *a = g->args;
    const int rows = g->rows.end - g->rows.first;
    if (rows > 0 && width > 0) {
        copy_rows(to + g->rows.first * (int32_t)g->run, g->run, g->from + left * a->in_c,
                  (uint32_t)(a->dilation_h * g->row_bytes), (uint32_t)(width * a->in_c), (uint32_t)rows);
    }
}

/* A window that is dilated or not all inside. */
static void gather_border(const gather_t *g, int8_t *to, int left)
{
    const mcn_conv_t *a = g->args;
    const range_t columns = inside(left, a->kernel_w, a->dilation_w, a->in_w);
    fill_vectors(to, g->zero_points, g->depth);
    to += columns.first * a->in_c;
    left += columns.first * a->dilation_w;
    if (a->dilation_w == 1) {
        gather_columns(g, to, left, columns.end - columns.first);
        return;
    }
    for (int x = columns.first; x < columns.end; x++, left += a->dilation_w, to += a->in_c) {
        gather_columns(g, to, left, 1);
    }
}

/* The window whose first column is at input column `left`. */
static inline void gather(const gather_t *g, int8_t *to, int left)
{
    if (left >= 0 && left <= g->last_left && g->rows.end - g->rows.first == g->args->kernel_h) {
        gather_columns(g, to, left, g->args->kernel_w);
    } else {
        gather_border(g, to, left);
    }
}

void mcn_conv_2d_helium(const void *args, uint8_t *arena)
{
    const mcn_conv_t *a = args;
    const mcn_gemm_t gemm = gemm_of(a);
    gather_t from = {
        .args = a,
        .input = (const int8_t *)(arena + a->input),
        .zero_points = vdupq_n_s8((int8_t)a->input_zero_point),
        .depth = gemm.depth,
        .run = (uint32_t)a->kernel_w * a->in_c,
        .row_bytes = a->in_w * a->in_c,
        .last_left = a->dilation_w == 1 ? a->in_w - a->kernel_w : -1,
    };
    int8_t *const windows[2] = {(int8_t *)(arena + a->scratch), (int8_t *)(arena + a->scratch) + gemm.depth};
    int8_t *output = (int8_t *)(arena + a->output);
    uint32_t waiting = 0;
    int top = -a->pad_top;
    for (uint32_t y = a->out_h; y > 0; y--, top += a->stride_h) {
        int left = -a->pad_left;
        set_row(&from, top);
        for (uint32_t x = a->out_w; x > 0; x--, left += a->stride_w) {
            gather(&from, windows[waiting++], left);
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
