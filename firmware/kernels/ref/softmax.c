/* SOFTMAX over the last axis, int8 to int8, in fixed point: the polynomial and the Newton iteration of gemmlowp.
 *
 * A number in Qm.n is an int32 that stands for itself / 2^n, with m + n = 31. Multiplying Qa by Qb gives Q(a + b).
 * Element i of a row becomes exp(x[i] - max) / sum(exp(x - max)), as round(256 * that) - 128.
 */
#include "mcunas/kernels_ref.h"
#include "mcunas/requantize.h"

#define SUM_INTEGER_BITS 12 /* the sum of exponentials is in Q12.19 */

/* x * 2^exponent, held within int32. */
static int32_t saturating_shift(int32_t x, int exponent)
{
    const int32_t threshold = (1 << (31 - exponent)) - 1;
    if (x > threshold) {
        return INT32_MAX;
    }
    return x < -threshold ? INT32_MIN : x * (1 << exponent);
}

/* exp(a) in Q0.31 for a in [-1/4, 0), Q0.31: Taylor's polynomial of degree 4 around -1/8. */
static int32_t exp_of_small(int32_t a)
{
    const int32_t exp_of_eighth = 1895147668; /* exp(-1/8) */
    const int32_t third = 715827883;
    const int32_t x = a + (1 << 28); /* a + 1/8 */
    const int32_t x2 = mcn_high_multiply(x, x);
    const int32_t x3 = mcn_high_multiply(x2, x);
    const int32_t x4 = mcn_high_multiply(x2, x2);
    const int32_t x3_and_x4 = mcn_high_multiply(mcn_rounding_shift(x4, 2) + x3, third); /* x^3 / 3 + x^4 / 12 */
    const int32_t tail = mcn_rounding_shift(x3_and_x4 + x2, 1);
    return exp_of_eighth + mcn_high_multiply(exp_of_eighth, x + tail);
}

/* exp(a) in Q0.31 for a <= 0, Q5.26: the last quarter by polynomial, each larger power of two by one factor. */
static int32_t exp_of_negative(int32_t a)
{
    static const int32_t factors[] = {/* exp(-1/4), exp(-1/2), exp(-1), exp(-2), exp(-4), exp(-8), exp(-16) */
                                      1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24;
    if (a == 0) {
        return INT32_MAX;
    }
    const int32_t fraction = (a & (quarter - 1)) - quarter;
    const uint32_t quarters = (uint32_t)fraction - (uint32_t)a; /* a multiple of 1/4, below 32 */
    int32_t result = exp_of_small(fraction * (1 << 5));
    for (int i = 0; i < 7; i++) {
        if (quarters & ((uint32_t)quarter << i)) {
            result = mcn_high_multiply(result, factors[i]);
        }
    }
    return result;
}

/* 1 / (1 + a) in Q0.31 for a in [0, 1), Q0.31: Newton-Raphson for the reciprocal of d = (1 + a) / 2 from 48/17 - 32/17 d. */
static int32_t reciprocal_of_one_plus(int32_t a)
{
    const int32_t d = (int32_t)(((int64_t)a + INT32_MAX + 1) >> 1);
    int32_t x = 1515870810 + mcn_high_multiply(d, -1010580540); /* Q2.29 */
    for (int i = 0; i < 3; i++) {
        const int32_t error = (1 << 29) - mcn_high_multiply(d, x);
        x += saturating_shift(mcn_high_multiply(x, error), 2);
    }
    return saturating_shift(x, 1);
}

/* exp(difference * beta * scale) in Q0.31; the difference is <= 0. */
static int32_t exponential(const mcn_softmax_t *a, int32_t difference)
{
    const int32_t shifted = (int32_t)((uint32_t)difference << a->shift);
    return exp_of_negative(mcn_high_multiply(shifted, a->multiplier));
}

static void softmax_row(const mcn_softmax_t *a, const int8_t *input, int8_t *output)
{
    int32_t max = INT8_MIN;
    for (uint32_t i = 0; i < a->depth; i++) {
        max = input[i] > max ? input[i] : max;
    }
    uint32_t sum = 0; /* ends at 4096.0, long after all outputs have become 0 */
    for (uint32_t i = 0; i < a->depth && sum >> 31 == 0; i++) {
        if (input[i] - max >= a->diff_min) {
            sum += (uint32_t)mcn_rounding_shift(exponential(a, input[i] - max), SUM_INTEGER_BITS);
        }
    }
    int headroom = 0; /* the sum is at least 1.0, so this ends; afterwards it lies in [1, 2) as Q1.31 */
    while (sum >> 31 == 0) {
        sum <<= 1;
        headroom++;
    }
    const int32_t reciprocal = reciprocal_of_one_plus((int32_t)(sum - (1U << 31)));
    const int exponent = SUM_INTEGER_BITS - headroom + 31 - 8;
    for (uint32_t i = 0; i < a->depth; i++) {
        const int32_t difference = input[i] - max;
        int32_t value = 0; /* below 1/2 if the sum is 512 or more; TensorFlow Lite Micro aborts there */
        if (difference >= a->diff_min && exponent <= 31) {
            value = mcn_rounding_shift(mcn_high_multiply(reciprocal, exponential(a, difference)), exponent);
        }
        output[i] = mcn_output(value, -128, INT8_MIN, INT8_MAX);
    }
}

void mcn_softmax_ref(const void *args, uint8_t *arena)
{
    const mcn_softmax_t *a = args;
    const int8_t *input = (const int8_t *)(arena + a->input);
    int8_t *output = (int8_t *)(arena + a->output);
    for (uint32_t row = 0; row < a->rows; row++) {
        softmax_row(a, input + row * a->depth, output + row * a->depth);
    }
}
