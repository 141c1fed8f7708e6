/* AVERAGE_POOL_2D, int8, at least 4 channels, kernel at most 256 wide: four channels at a time. For large kernels. */
#include "pool.h"

static inline uint32_t means(const mcn_pool_t *a, window_t window, uint32_t rows_a_run)
{
    const uint32_t skip = (a->in_w - window.columns) * a->channels;
    const int32_t count = (int32_t)(window.rows * window.columns);
    int32_t sums[4] = {0, 0, 0, 0};
    while (window.rows > 0) {
        const uint32_t rows = window.rows < rows_a_run ? window.rows : rows_a_run;
        uint32_t even = 0;
        uint32_t odd = 0;
        window.start = add_rows(window.start, rows, window.columns, a->channels, skip, &even, &odd);
        add_sums(sums, even, odd);
        window.rows -= rows;
    }
    for (int i = 0; i < 4; i++) { /* rounded to nearest, ties away from zero */
        sums[i] = (sums[i] > 0 ? sums[i] + count / 2 : sums[i] - count / 2) / count;
    }
    return word_of(sums);
}

void mcn_average_pool_2d_wide_dsp(const void *args, uint8_t *arena)
{
    const mcn_pool_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (int y = 0; y < a->out_h; y++) {
        for (int x = 0; x < a->out_w; x++, output += a->channels) {
            window_t window = window_at(a, input, y, x);
            const uint32_t rows_a_run = RUN_MAX / window.columns;
            const int8_t *channel0 = window.start;
            FOR_FOURS (c, a->channels) {
                window.start = channel0 + c;
                mcn_store(output + c, means(a, window, rows_a_run));
            }
        }
    }
    clamp_output(a, arena);
}
