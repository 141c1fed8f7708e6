/* CONV_2D of any kernel size, stride, padding and dilation.
 *
 * A pixel whose inputs all lie inside the input is read where it is; one that touches the padding, or has columns apart
 * (dilation), is first gathered into a patch in the scratch.
 */
#include "conv_2d.h"

typedef struct {
    mcn_conv_groups_t groups;
    const int8_t *input;
    uint32_t run;       /* bytes of a row of a pixel's inputs */
    int32_t row;        /* bytes from one row of a pixel's inputs to the next */
    int32_t last_top, last_left; /* of the last window that is inside */
    int8_t *patches;    /* 3 * kernel_h * run bytes */
} job_t;

static int8_t *fill(int8_t *to, uint32_t bytes, int value)
{
    memset(to, value, bytes);
    return to + bytes;
}

static int8_t *copy(int8_t *to, const int8_t *from, uint32_t bytes)
{
    memcpy(to, from, bytes);
    return to + bytes;
}

/* One row of a window: the columns from `left` on of the input row `row`. */
static int8_t *gather_row(const mcn_conv_t *a, int8_t *to, const int8_t *row, int32_t left)
{
    const uint32_t in_c = a->in_c;
    const int32_t in_w = a->in_w, kernel_w = a->kernel_w;
    if (a->dilation_w > 1) {
        for (int32_t kx = 0; kx < kernel_w; kx++, left += a->dilation_w) {
            const int inside = left >= 0 && left < in_w;
            to = inside ? copy(to, row + left * (int32_t)in_c, in_c) : fill(to, in_c, a->input_zero_point);
        }
        return to;
    }
    const int32_t begin = left < 0 ? (left < -kernel_w ? kernel_w : -left) : 0;
    const int32_t end = in_w - left < kernel_w ? (in_w - left < begin ? begin : in_w - left) : kernel_w;
    to = fill(to, (uint32_t)begin * in_c, a->input_zero_point);
    to = copy(to, row + (left + begin) * (int32_t)in_c, (uint32_t)(end - begin) * in_c);
    return fill(to, (uint32_t)(kernel_w - end) * in_c, a->input_zero_point);
}

static void gather(const job_t *job, int8_t *to, int32_t top, int32_t left)
{
    const mcn_conv_t *a = job->groups.args;
    for (uint32_t ky = 0; ky < a->kernel_h; ky++, top += a->dilation_h) {
        if (top < 0 || top >= a->in_h) {
            to = fill(to, job->run, a->input_zero_point);
        } else {
            to = gather_row(a, to, job->input + top * a->in_w * a->in_c, left);
        }
    }
}

/* Names the inputs of the output pixel at (y, x) as those of pixel `index` of the group. */
static void locate(job_t *job, uint32_t index, uint32_t y, uint32_t x)
{
    const mcn_conv_t *a = job->groups.args;
    mcn_patches_t *patches = &job->groups.patches;
    const int32_t top = (int32_t)(y * a->stride_h) - a->pad_top;
    const int32_t left = (int32_t)(x * a->stride_w) - a->pad_left;
    if (top >= 0 && top <= job->last_top && left >= 0 && left <= job->last_left) {
        patches->source[index] = job->input + (top * a->in_w + left) * a->in_c;
        patches->gap[index] = job->row - (int32_t)job->run;
    } else {
        int8_t *patch = job->patches + index * a->kernel_h * job->run;
        gather(job, patch, top, left);
        patches->source[index] = patch;
        patches->gap[index] = 0;
    }
}

void mcn_conv_2d_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm)
{
    job_t job;
    mcn_patches_t *patches = &job.groups.patches;
    const int8_t *end = (int8_t *)(arena + args->output) + (uint32_t)args->out_h * args->out_w * args->out_c;
    job.run = (uint32_t)args->kernel_w * args->in_c;
    mcn_conv_groups_init(&job.groups, args, arena, gemm, args->kernel_h, job.run);
    job.input = (const int8_t *)(arena + args->input);
    job.patches = (int8_t *)job.groups.scratch;
    job.row = (int32_t)args->dilation_h * args->in_w * args->in_c;
    job.last_top = args->in_h - 1 - (args->kernel_h - 1) * args->dilation_h;
    job.last_left = args->dilation_w > 1 ? -1 : args->in_w - args->kernel_w;
    uint32_t y = 0, x = 0;
    for (int8_t *output = (int8_t *)(arena + args->output); output < end;) {
        uint32_t pixels = 0;
        for (; pixels < 3 && y < args->out_h; pixels++) {
            locate(&job, pixels, y, x);
            if (++x == args->out_w) {
                x = 0;
                y++;
            }
        }
        for (uint32_t i = pixels; i < 3; i++) { /* computed, but not kept */
            patches->source[i] = patches->source[0];
            patches->gap[i] = patches->gap[0];
        }
        mcn_conv_group(&job.groups, output, pixels);
        output += pixels * args->out_c;
    }
}
