/* FULLY_CONNECTED, int8. */
#include "fully_connected.h"

void mcn_dot_four_scalar(const int8_t *input, const int8_t *const weights[MCN_FOUR], uint32_t count,
                         uint32_t sums[MCN_FOUR])
{
    uint32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    const int8_t *w0 = weights[0], *w1 = weights[1], *w2 = weights[2], *w3 = weights[3];
    for (const int8_t *end = input + count; input != end; input++) {
        const int32_t x = *input;
        s0 += (uint32_t)(x * *w0++);
        s1 += (uint32_t)(x * *w1++);
        s2 += (uint32_t)(x * *w2++);
        s3 += (uint32_t)(x * *w3++);
    }
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
}

void mcn_fully_connected_scalar(const void *args, uint8_t *arena)
{
    mcn_fully_connected(args, arena, mcn_dot_four_scalar);
}
