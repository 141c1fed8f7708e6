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
    uint32_t tops, lefts;        /* how many corners of windows, from 0 on, are inside */
    uint32_t begin, end;         /* columns of the output whose windows are inside but for rows */
    int32_t step;                /* from window to window in a row, bytes */
    uint32_t x;                  /* the next output pixel's column */
    int32_t top, left, corner;   /* the corner of its window; as an offset in the image */
} job_t;

static inline void start_row(job_t *job, int32_t top)
{
    job->x = 0;
    job->top = top;
    job->left = -job->pad_left;
    job->corner = (top * job->image.width + job->left) * job->groups.outputs.args->in_c;
}

/* Names the inputs of the next output pixel as those of pixel `index` of the group. */
static inline void locate(job_t *job, uint32_t index)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    mcn_patches_t *patches = &job->groups.patches;
    if ((uint32_t)job->top < job->tops && (uint32_t)job->left < job->lefts) {
        patches->source[index] = job->image.data + job->corner;
        patches->gap[index] = job->gap;
    } else {
        int8_t *patch = job->patches + index * job->patch_bytes;
        mcn_conv_gather(a, &job->image, patch, job->top, job->left, a->kernel_w);
        patches->source[index] = patch;
        patches->gap[index] = 0;
    }
    job->left += a->stride_w;
    job->corner += job->step;
    if (++job->x == a->out_w) {
        start_row(job, job->top + a->stride_h);
    }
}

/* Computes as many groups from the next pixel on as lie in its row with all windows inside the input. */
static int8_t *run_inside(job_t *job, int8_t *output)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    mcn_patches_t *patches = &job->groups.patches;
    if ((uint32_t)job->top >= job->tops || job->x < job->begin || job->x + 3 > job->end) {
        return output;
    }
    const int32_t step = job->step;
    const int8_t *source = job->image.data + job->corner;
    const uint32_t pixels = (job->end - job->x) / 3 * 3, group_bytes = 3U * a->out_c;
    patches->gap[0] = patches->gap[1] = patches->gap[2] = job->gap;
    for (const int8_t *end = source + (int32_t)pixels * step; source != end; output += group_bytes) {
        for (int i = 0; i < 3; i++, source += step) {
            patches->source[i] = source;
        }
        mcn_conv_group(&job->groups, output, 3);
    }
    job->x += pixels;
    if (job->x == a->out_w) {
        start_row(job, job->top + a->stride_h);
    } else {
        job->left += (int32_t)(pixels * a->stride_w);
        job->corner += (int32_t)pixels * step;
    }
    return output;
}

static uint32_t at_least_0(int32_t count)
{
    return count > 0 ? (uint32_t)count : 0;
}

/* Which windows are inside. */
static void find_inside(job_t *job)
{
    const mcn_conv_t *a = job->groups.outputs.args;
    const uint32_t stride = a->stride_w, pad = (uint32_t)job->pad_left;
    job->tops = at_least_0(job->image.height - (a->kernel_h - 1) * a->dilation_h);
    job->lefts = a->dilation_w > 1 ? 0 : at_least_0(job->image.width - a->kernel_w + 1);
    job->begin = (pad + stride - 1) / stride;
    job->end = job->lefts ? (job->lefts - 1 + pad) / stride + 1 : 0;
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
    copy_padded(job);
    job->gap = (int32_t)a->dilation_h * job->image.width * a->in_c - (int32_t)job->run;
    job->step = a->stride_w * a->in_c;
    find_inside(job);
    start_row(job, -job->pad_top);
}

void mcn_conv_2d_groups(const mcn_conv_t *args, uint8_t *arena, const mcn_gemm_t *gemm)
{
    job_t job;
    mcn_patches_t *patches = &job.groups.patches;
    int8_t *output = (int8_t *)(arena + args->output);
    const int8_t *end = output + (uint32_t)args->out_h * args->out_w * args->out_c;
    start(&job, args, arena, gemm);
    while ((output = run_inside(&job, output)) < end) {
        uint32_t pixels = 0;
        for (const int8_t *next = output; pixels < 3 && next < end; next += args->out_c) {
            locate(&job, pixels++);
        }
        for (uint32_t i = pixels; i < 3; i++) {
            patches->source[i] = patches->source[0];
            patches->gap[i] = patches->gap[0];
            mcn_conv_last_group(&job.groups, pixels);
        }
        mcn_conv_group(&job.groups, output, pixels);
        output += pixels * args->out_c;
    }
    mcn_conv_clamp(args, arena);
}
