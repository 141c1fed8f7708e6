/* Fused activations that saturation to int8 does not cover: holds values within a range. */
#include "dsp.h"

void mcn_clamp_dsp(int8_t *values, uint32_t count, int32_t min, int32_t max)
{
    const uint32_t low = (uint8_t)min * 0x01010101U, high = (uint8_t)max * 0x01010101U;
    for (; count >= 4; count -= 4, values += 4) {
        uint32_t word;
        __builtin_memcpy(&word, values, 4);
        word = mcn_min_s8x4(mcn_max_s8x4(word, low), high);
        __builtin_memcpy(values, &word, 4);
    }
    for (; count > 0; count--, values++) {
        *values = (int8_t)(*values < min ? min : *values > max ? max : *values);
    }
}
