/* Two output rows of one channel of a DEPTHWISE_CONV_2D (depthwise_conv_2d.h). */
#include "depthwise_conv_2d.h"

/* `taps` is a constant where the compiler is to keep the weights in registers. */
TEMPLATE void run(mcn_depthwise_rows_t r, const int32_t *weights, uint32_t taps)
{
    const uint32_t bias = (uint32_t)r.bias, start = 65537U * bias - MCN_ROUND * (taps / 2);
    for (; r.count > 0; r.count--) {
        mcn_sums_t sums = {.total = start, .high = bias};
#pragma GCC unroll 5
        for (uint32_t k = 0; k < taps; k += 2) {
            mcn_add_products(&sums, r.window[k], r.window[k + 1], weights[k], weights[k + 1]);
        }
        *r.lower = mcn_rescale(r.rescale, (int32_t)sums.high);
        *r.upper = mcn_rescale(r.rescale, (int32_t)(sums.total - (sums.high << 16)));
        r.lower += r.output_step;
        r.upper += r.output_step;
        r.window += r.window_step;
    }
}

void mcn_run_rows_scalar(const mcn_depthwise_rows_t *rows)
{
    const int32_t *w = rows->weights;
    if (rows->weights_end - w == 10) { /* 3x3, one weight of 0 */
        const int32_t weights[10] = {w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8], w[9]};
        run(*rows, weights, 10);
    } else {
        run(*rows, w, (uint32_t)(rows->weights_end - w));
    }
}
