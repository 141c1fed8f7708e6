/* Fused activations that saturation to int8 does not cover: holds values within a range. */
#include "lanes.h"

void mcn_clamp_dsp(int8_t *values, uint32_t count, int32_t min, int32_t max)
{
    const uint32_t low = mcn_splat_s8((int8_t)min), high = mcn_splat_s8((int8_t)max);
    if (min == INT8_MIN) { /* a RELU6 whose output is quantised from zero, as most are */
        for (; count >= 16; count -= 16, values += 16) {
#pragma GCC unroll 4
            for (int i = 0; i < 16; i += 4) {
                mcn_store(values + i, mcn_min_s8x4(mcn_load(values + i), high));
            }
        }
    }
    for (; count >= 4; count -= 4, values += 4) {
        mcn_store(values, mcn_min_s8x4(mcn_max_s8x4(mcn_load(values), low), high));
    }
    for (; count > 0; count--, values++) {
        *values = (int8_t)(*values < min ? min : *values > max ? max : *values);
    }
}
