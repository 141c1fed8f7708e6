/* Two products by one multiplication: how the convolutions of this folder compute.
 *
 * The activations a, b of two output pixels are kept as one word X = a + 2^16 b. With a weight w,
 *
 *     X w + X' w' = (a w + a' w') + 2^16 (b w + b' w') = A + 2^16 B   modulo 2^32.
 *
 * A and B of two products each fit int16: 128 * 127 * 2 < 2^15, so that, two products at a time,
 *
 *     high += (A + 2^16 B + 2^15) >> 16      adds B exactly, and
 *     total += A + 2^16 B                    is the sum of all A plus 2^16 times the sum of all B, modulo 2^32.
 *
 * In the end `high` is pixel b's sum and `total - 2^16 high` is pixel a's. Two weights of -128 in turn would be too
 * much for int16 (search/hardware/packing_scalar.py sees to that). The input zero point lies in the bias.
 *
 * A group is four pixels, two words X for every k; depth is a multiple of 4:
 *
 *     k:        0 1 | 0 1 | 2 3 | 2 3 | ...
 *     pixels:   0,1 | 2,3 | 0,1 | 2,3 | ...
 */
#ifndef MCUNAS_KERNELS_SCALAR_PAIRS_H
#define MCUNAS_KERNELS_SCALAR_PAIRS_H

#include "scalar.h"

#define GROUP 4 /* pixels */

/* A group and all its output channels. */
typedef struct {
    const uint32_t *pairs; /* [depth / 2][2][2], as above */
    const uint32_t *end;
    const int32_t *channels;     /* of each: bias; int8_t weights[depth]; 2 * multiplier, as uint32_t; shift */
    const int32_t *channels_end;
    int8_t *output[GROUP];       /* channel 0 of each pixel; those that a last group lacks are pixel 0 again */
    mcn_rescale_t rescale;       /* but for what differs by channel */
    uint32_t channel_count;
} mcn_group_t;

/* Computes a group. */
typedef void mcn_run_group_t(const mcn_group_t *group);

mcn_run_group_t mcn_run_group_scalar;

/* The word of two pixels. */
static inline uint32_t mcn_pair(int8_t a, int8_t b)
{
    return (uint32_t)a + ((uint32_t)b << 16);
}

/* Sums of two pixels. */
typedef struct {
    uint32_t total, high;
} mcn_sums_t;

#define MCN_ROUND (1U << 15) /* what every two products add to the total; it starts so much lower */

/* Adds two products. */
static inline void mcn_add_products(mcn_sums_t *sums, uint32_t x, uint32_t next_x, int32_t w, int32_t next_w)
{
    const uint32_t sum = x * (uint32_t)w + next_x * (uint32_t)next_w + MCN_ROUND;
    sums->total += sum;
    sums->high += (uint32_t)((int32_t)sum >> 16);
}

#endif
