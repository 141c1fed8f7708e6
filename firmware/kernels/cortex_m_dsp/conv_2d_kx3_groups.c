/* CONV_2D with kernels 3 columns wide, stride 1 over columns, no dilation over columns, in_c % 4 == 0, out_w >= 2.
 *
 * A row of outputs is cut into groups of 3 pixels, and of 2 at its end. A group's window is kernel_h rows of 5 (or 4) columns:
 * read where it is if it lies inside the input, else gathered into a patch in the scratch.
 */
#include "conv_2d.h"

enum {
    UNROLL3 = 12, /* as in kx3.inc */
    UNROLL2 = 6,
    STEP_BYTES3 = 96, /* code of a step */
    STEP_BYTES2 = 68,
    SEGMENT = 72, /* steps between two rescues */
};

typedef struct {
    mcn_conv_outputs_t outputs;
    mcn_tile_t tile3, tile2;
    mcn_columns_t columns;
    mcn_image_t image;
    const uint32_t *stream;
    int8_t *patch;
    int32_t row; /* bytes from one row of a window to the next, in the input */
} job_t;

static void start_tile(mcn_tile_t *tile, const mcn_kx3_t *code, uint32_t *activations, uint32_t steps, uint32_t columns)
{
    const uint32_t unroll = columns == 5 ? UNROLL3 : UNROLL2;
    const uint32_t skipped = (unroll - (steps - 1) % unroll) % unroll;
    tile->run = code->run;
    tile->activations = activations;
    tile->first = code->body + skipped * (columns == 5 ? STEP_BYTES3 : STEP_BYTES2);
    tile->end = activations + steps * columns;
    tile->stop = tile->end - (steps - 2) / SEGMENT * SEGMENT * columns;
}

static void start(job_t *job, const mcn_conv_t *a, uint8_t *arena, const mcn_kx3_t *three, const mcn_kx3_t *two)
{
    const uint32_t steps = (uint32_t)a->kernel_h * a->in_c / 2;
    uint32_t *activations = (uint32_t *)(void *)(arena + a->scratch);
    job->patch = (int8_t *)mcn_conv_outputs_init(&job->outputs, &job->tile3, a, (uint8_t *)(activations + 5 * steps));
    job->tile2 = job->tile3;
    start_tile(&job->tile3, three, activations, steps, 5);
    start_tile(&job->tile2, two, activations, steps, 4);
    job->columns.channels = a->in_c;
    job->columns.to = activations;
    job->columns.rows = a->kernel_h;
    job->image = (mcn_image_t){(const int8_t *)(arena + a->input), a->in_h, a->in_w};
    job->stream = (const uint32_t *)(const void *)a->weights;
    job->row = (int32_t)a->dilation_h * a->in_w * a->in_c;
}

/* The group of `pixels` pixels whose window's upper left corner is (top, left). */
static void run_group(job_t *job, int8_t *output, uint32_t pixels, int32_t top, int32_t left)
{
    const mcn_conv_t *a = job->outputs.args;
    mcn_columns_t *columns = &job->columns;
    const int32_t width = (int32_t)pixels + 2, in_c = a->in_c;
    const int32_t bottom = top + (a->kernel_h - 1) * a->dilation_h;
    if (top >= 0 && bottom < a->in_h && left >= 0 && left + width <= a->in_w) {
        columns->source = job->image.data + (top * a->in_w + left) * in_c;
        columns->gap = job->row - in_c;
    } else {
        mcn_conv_gather(a, &job->image, job->patch, top, left, width);
        columns->source = job->patch;
        columns->gap = (width - 1) * in_c;
    }
    columns->column3 = columns->source + 3 * in_c;
    columns->five = pixels == 3;
    mcn_kx3_columns_dsp(columns, pixels == 3 ? &job->tile3 : &job->tile2, job->stream,
                        job->outputs.odd ? job->outputs.odd : output);
    if (job->outputs.odd) {
        mcn_conv_bring_odd(&job->outputs, output, pixels);
    }
}

void mcn_conv_2d_kx3_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_kx3_t *three, const mcn_kx3_t *two)
{
    job_t job;
    int8_t *output = (int8_t *)(arena + args->output);
    start(&job, args, arena, three, two);
    int32_t top = -args->pad_top;
    for (uint32_t y = 0; y < args->out_h; y++, top += args->stride_h) {
        int32_t left = -args->pad_left;
        for (uint32_t remaining = args->out_w; remaining > 0;) {
            const uint32_t pixels = remaining == 2 || remaining == 4 ? 2 : 3;
            run_group(&job, output, pixels, top, left);
            remaining -= pixels;
            left += (int32_t)pixels;
            output += pixels * args->out_c;
        }
    }
    mcn_conv_clamp(args, arena);
}
