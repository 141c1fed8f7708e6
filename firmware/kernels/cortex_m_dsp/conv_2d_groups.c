/* CONV_2D of any kernel size, stride, padding and dilation.
 *
 * A pixel whose window lies inside the input is read where it is; one that touches the padding, or has columns apart
 * (dilation), is first gathered into a patch in the scratch. A small input is copied once with its padding instead.
 */
#include "conv_2d.h"

enum { SMALL_BYTES = 1024 }; /* as SMALL_INPUT_BYTES of search/hardware/packing.py */

typedef struct {
    mcn_conv_groups_t groups;
    mcn_image_t image;
    int32_t pad_top, pad_left;
    int8_t *patches; /* 3 of patch_bytes */
    uint32_t patch_bytes;
    uint32_t run;                /* bytes of a row of a window */
    int32_t gap;                 /* from its end to the next, in the input */
    int32_t last_top, last_left; /* of the last window that is inside */
    uint32_t begin, end;         /* columns of the output whose windows are inside but for rows */
    uint32_t y, x;               /* next output pixel */
} job_t;

static void next_row(job_t *job)
{
    job->x = 0;
    job->y++;
}

/* Names the inputs of the next output pixel as those of pixel `index` of the group. */
static void locate(job_t *job, uint32_t index)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    mcn_patches_t *patches = &job->groups.patches;
    const int32_t top = (int32_t)(job->y * a->stride_h) - job->pad_top;
    const int32_t left = (int32_t)(job->x * a->stride_w) - job->pad_left;
    if (top >= 0 && top <= job->last_top && left >= 0 && left <= job->last_left) {
        patches->source[index] = job->image.data + (top * job->image.width + left) * a->in_c;
        patches->gap[index] = job->gap;
    } else {
        int8_t *patch = job->patches + index * job->patch_bytes;
        mcn_conv_gather(a, &job->image, patch, top, left, a->kernel_w);
        patches->source[index] = patch;
        patches->gap[index] = 0;
    }
    if (++job->x == a->out_w) {
        next_row(job);
    }
}

/* Computes as many groups from the next pixel on as lie in its row with all windows inside the input. */
static int8_t *run_inside(job_t *job, int8_t *output)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    mcn_patches_t *patches = &job->groups.patches;
    const int32_t top = (int32_t)(job->y * a->stride_h) - job->pad_top;
    const uint32_t step = (uint32_t)a->stride_w * a->in_c, group_bytes = 3U * a->out_c;
    if (top < 0 || top > job->last_top || job->x < job->begin || job->x + 3 > job->end) {
        return output;
    }
    const int8_t *source = job->image.data + (top * job->image.width + (int32_t)(job->x * a->stride_w) - job->pad_left) * a->in_c;
    uint32_t x = job->x;
    patches->gap[0] = patches->gap[1] = patches->gap[2] = job->gap;
    for (; x + 3 <= job->end; x += 3, source += 3 * step, output += group_bytes) {
        patches->source[0] = source;
        patches->source[1] = source + step;
        patches->source[2] = source + 2 * step;
        mcn_conv_group(&job->groups, output, 3);
    }
    job->x = x;
    if (x == a->out_w) {
        next_row(job);
    }
    return output;
}

/* The output columns whose windows lie between the input's first and last column. */
static void find_columns(job_t *job)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    const int32_t stride = a->stride_w, last = job->last_left + job->pad_left;
    job->begin = (uint32_t)((job->pad_left + stride - 1) / stride);
    job->end = last < 0 ? 0 : (uint32_t)(last / stride) + 1;
    if (job->end > a->out_w) {
        job->end = a->out_w;
    }
}

/* Rows and columns of the input that the windows reach, padding included. */
static int32_t reach(uint32_t outputs, uint32_t stride, uint32_t kernel, uint32_t dilation)
{
    return (int32_t)((outputs - 1) * stride + (kernel - 1) * dilation + 1);
}

/* Copies the input with its padding to the scratch, if that is small. */
static void copy_padded(job_t *job)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    const int32_t height = reach(a->out_h, a->stride_h, a->kernel_h, a->dilation_h);
    const int32_t width = reach(a->out_w, a->stride_w, a->kernel_w, a->dilation_w);
    const int inside = a->pad_top + a->pad_left == 0 && height <= a->in_h && width <= a->in_w;
    if (inside || height * width * a->in_c > SMALL_BYTES || a->dilation_w > 1) {
        return;
    }
    int8_t *to = job->patches;
    const int32_t columns = width - a->pad_left < a->in_w ? width - a->pad_left : a->in_w;
    mcn_fill(to, a->input_zero_point, (uint32_t)(height * width * a->in_c));
    for (int32_t y = 0; y < a->in_h && y < height - a->pad_top && columns > 0; y++) {
        mcn_copy(to + ((y + a->pad_top) * width + a->pad_left) * a->in_c, job->image.data + y * a->in_w * a->in_c,
                 (uint32_t)(columns * a->in_c));
    }
    job->image = (mcn_image_t){to, height, width};
    job->pad_top = job->pad_left = 0;
}

static void start(job_t *job, const mcn_conv_t *a, uint8_t *arena, const mcn_gemm_t *gemm)
{
    job->run = (uint32_t)a->kernel_w * a->in_c;
    mcn_conv_groups_init(&job->groups, a, arena, gemm, a->kernel_h, job->run);
    job->image = (mcn_image_t){(const int8_t *)(arena + a->input), a->in_h, a->in_w};
    job->pad_top = a->pad_top;
    job->pad_left = a->pad_left;
    job->patches = (int8_t *)job->groups.scratch;
    job->patch_bytes = a->kernel_h * job->run;
    job->y = job->x = 0;
    copy_padded(job);
    job->gap = (int32_t)a->dilation_h * job->image.width * a->in_c - (int32_t)job->run;
    job->last_top = job->image.height - 1 - (a->kernel_h - 1) * a->dilation_h;
    job->last_left = a->dilation_w > 1 ? -1 - job->pad_left : job->image.width - a->kernel_w;
    find_columns(job);
}

void mcn_conv_2d_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm)
{
    job_t job;
    mcn_patches_t *patches = &job.groups.patches;
    int8_t *output = (int8_t *)(arena + args->output);
    const int8_t *end = output + (uint32_t)args->out_h * args->out_w * args->out_c;
    start(&job, args, arena, gemm);
    while (output < end) {
        output = run_inside(&job, output);
        uint32_t pixels = 0;
        while (pixels < 3 && job.y < args->out_h) {
            locate(&job, pixels++);
        }
        if (pixels == 0) {
            break;
        }
        if (pixels < 3) {
            for (uint32_t i = pixels; i < 3; i++) {
                patches->source[i] = patches->source[0];
                patches->gap[i] = patches->gap[0];
            }
            mcn_conv_last_group(&job.groups, pixels);
        }
        mcn_conv_group(&job.groups, output, pixels);
        output += pixels * args->out_c;
    }
}
