/* CONV_2D by tiles: windows that are not read where they are. */
#include "conv_2d.h"

/* Columns of a row one by one: they are `dilation_w` apart. */
static void gather_dilated_row(const mcn_conv_t *a, const mcn_image_t *image, int8_t *to, const int8_t *row, int32_t left,
                               int32_t columns)
{
    for (int32_t kx = 0; kx < columns; kx++, left += a->dilation_w, to += a->in_c) {
        if (left >= 0 && left < image->width) {
            mcn_copy(to, row + left * a->in_c, a->in_c);
        }
    }
}

void mcn_conv_gather(const mcn_conv_t *a, const mcn_image_t *image, int8_t *to, int32_t top, int32_t left, int32_t columns)
{
    const int32_t in_c = a->in_c, run = columns * in_c;
    const int32_t begin = left < 0 ? -left : 0;
    const int32_t end = image->width - left < columns ? image->width - left : columns;
    const uint32_t bytes = end > begin ? (uint32_t)((end - begin) * in_c) : 0;
    mcn_fill(to, a->input_zero_point, (uint32_t)(a->kernel_h * run));
    for (uint32_t ky = 0; ky < a->kernel_h; ky++, top += a->dilation_h, to += run) {
        if (top < 0 || top >= image->height) {
            continue;
        }
        const int8_t *row = image->data + top * image->width * in_c;
        if (a->dilation_w > 1) {
            gather_dilated_row(a, image, to, row, left, columns);
        } else if (bytes > 0) {
            mcn_copy(to + begin * in_c, row + (left + begin) * in_c, bytes);
        }
    }
}
