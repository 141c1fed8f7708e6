/* ADD, int8, element by element: the output may be either input.
 *
 * TensorFlow Lite keeps sums in twice the larger input scale / 2^20, so that the multiplier of the input with the
 * larger scale is 1/2 exactly, and its share of a sum is (value - zero point) * 2^19. So is the other's if both scales
 * are equal; it is computed as 1/2 of twice as much, shifted to the right by 1.
 */
#ifndef MCUNAS_KERNELS_SCALAR_ADD_H
#define MCUNAS_KERNELS_SCALAR_ADD_H

#include "scalar.h"

#define MCN_HALF (1 << 30)
#define MCN_SUM_BITS 19

typedef struct {
    const int8_t *larger, *other; /* the inputs, by their scales */
    int8_t *output;
    uint32_t count;
    int32_t larger_zero;      /* in units of the sum */
    int32_t other_zero_point;
    int32_t other_left;       /* 20, or 21 if it is half of twice as much */
    uint32_t other_doubled;   /* multiplier */
    int32_t other_exponent;   /* shift to the right, 1..31 */
    mcn_rescale_t rescale;    /* of the sum */
} mcn_add_job_t;

static inline mcn_add_job_t mcn_add_job(const mcn_add_t *a, uint8_t *arena)
{
    const int larger = !(a->multiplier[0] == MCN_HALF && a->shift[0] == 0), other = !larger;
    const int equal = a->shift[other] == 0;
    return (mcn_add_job_t){
        .larger = (const int8_t *)(arena + a->input[larger]),
        .other = (const int8_t *)(arena + a->input[other]),
        .output = (int8_t *)(arena + a->output),
        .count = a->count,
        .larger_zero = a->zero_point[larger] * (1 << MCN_SUM_BITS),
        .other_zero_point = a->zero_point[other],
        .other_left = MCN_SUM_BITS + 1 + equal,
        .other_doubled = (uint32_t)a->multiplier[other] * 2,
        .other_exponent = equal - a->shift[other],
        .rescale = {
            .doubled = (uint32_t)a->output_multiplier * 2,
            .shift = a->output_shift,
            .zero_point = a->output_zero_point,
            .act_min = a->act_min,
            .act_max = a->act_max,
        },
    };
}

/* Whether multipliers and shifts are as nearly always: from 2^30 up, and the sum's to the right. */
static inline int mcn_add_is_usual(const mcn_add_job_t *job)
{
    return job->other_doubled >> 31 != 0 && job->rescale.shift < 0;
}

static inline void mcn_add_run(mcn_add_job_t job)
{
    const int32_t other_zero = job.other_zero_point * (1 << job.other_left);
    for (; job.count > 0; job.count--) {
        const int32_t sum = *job.larger++ * (1 << MCN_SUM_BITS) - job.larger_zero;
        const int32_t other = *job.other++ * (1 << job.other_left) - other_zero;
        const int32_t added = mcn_divide(mcn_scale(other, job.other_doubled), job.other_exponent);
        *job.output++ = mcn_rescale(job.rescale, sum + added);
    }
}

#endif
