/* ADD, int8, element by element: the output may be either input.
 *
 * TensorFlow Lite keeps sums in twice the larger input scale, so that input's multiplier is 1/2 exactly and its share
 * of a sum is its value * 2^19; if both scales are the same, so is that of the other. Where this does not hold, and for the
 * last elements, the general way is taken.
 */
#include "lanes.h"
#include "mcunas/requantize.h"

#define LEFT_SHIFT 20 /* bits of fraction of the sums; a constant of TensorFlow Lite */
#define HALF (1 << 30)

/* The constants of add.S, in the order of its registers. */
typedef struct {
    uint32_t fours;
    int32_t first_start, second_start; /* -zero point, in each one's own units; if scales are the same the first has both */
    int32_t second_multiplier;
    uint32_t second_divisor; /* -2^(32 + shift) */
    uint32_t output_multiplier, output_divisor; /* see MCN_REQUANTIZE */
    int32_t output_zero_point;
} sums_t;

typedef void fours_t(const int8_t *first, const int8_t *second, int8_t *output, const sums_t *sums);

#if defined(__ARM_FEATURE_DSP)
fours_t mcn_add_fours, mcn_add_fours_relu, mcn_add_fours_halves, mcn_add_fours_halves_relu;
#else
#include "portable.h"

static void add_fours(const int8_t *first, const int8_t *second, int8_t *output, const sums_t *s, int halves, int relu)
{
    for (uint32_t i = 0; i < 4 * s->fours; i++) {
        int32_t sum = first[i] * (1 << 19) + s->first_start;
        if (halves) {
            sum += second[i] * (1 << 19);
        } else {
            const int32_t doubled = second[i] * (1 << 21) + s->second_start;
            const int32_t scaled = mcn_add_high_product(0, doubled, s->second_multiplier);
            sum = mcn_subtract_high_product(sum, scaled + (scaled >> 31), (int32_t)s->second_divisor);
        }
        output[i] = mcn_requantize_scaled((uint32_t)sum, (int32_t)s->output_multiplier, (int32_t)s->output_divisor,
                                          s->output_zero_point, relu);
    }
}

#define FOURS(name, halves, relu)                                                                      \
    static void name(const int8_t *first, const int8_t *second, int8_t *output, const sums_t *sums)   \
    {                                                                                                  \
        add_fours(first, second, output, sums, halves, relu);                                          \
    }

FOURS(mcn_add_fours, 0, 0)
FOURS(mcn_add_fours_relu, 0, 1)
FOURS(mcn_add_fours_halves, 1, 0)
FOURS(mcn_add_fours_halves_relu, 1, 1)
#endif

static inline uint32_t divisor(int8_t shift)
{
    return 0U - (1U << (32 + shift));
}

static int8_t sum_of(const mcn_add_t *a, const int8_t value[2])
{
    int32_t sum = 0;
    for (int i = 0; i < 2; i++) {
        sum += mcn_requantize((value[i] - a->zero_point[i]) * (1 << LEFT_SHIFT), a->multiplier[i], a->shift[i]);
    }
    const int32_t scaled = mcn_requantize(sum, a->output_multiplier, a->output_shift);
    return mcn_output(scaled, a->output_zero_point, a->act_min, a->act_max);
}

static inline int is_half(const mcn_add_t *a, int which)
{
    return a->multiplier[which] == HALF && a->shift[which] == 0;
}

TEMPLATE void run(const mcn_add_t *a, uint8_t *arena, fours_t *fours, fours_t *halves)
{
    const int8_t *input[2] = {(const int8_t *)(arena + a->input[0]), (const int8_t *)(arena + a->input[1])};
    int8_t *output = (int8_t *)(arena + a->output);
    const int first = !is_half(a, 0);
    const int second = !first;
    const int both = is_half(a, 0) && is_half(a, 1);
    uint32_t done = 0;
    if (is_half(a, first) && (both || a->shift[second] < 0) && a->output_shift < 0 && a->output_multiplier != 0 &&
        a->count >= 4) {
        const sums_t sums = {
            .fours = a->count / 4,
            .first_start = -(a->zero_point[first] + (both ? a->zero_point[second] : 0)) * (1 << 19),
            .second_start = -a->zero_point[second] * (1 << 21),
            .second_multiplier = a->multiplier[second],
            .second_divisor = both ? 0 : divisor(a->shift[second]),
            .output_multiplier = (uint32_t)a->output_multiplier * 2U,
            .output_divisor = divisor(a->output_shift),
            .output_zero_point = a->output_zero_point,
        };
        done = a->count & ~3U;
        if (both) {
            halves(input[first], input[second], output, &sums);
        } else {
            fours(input[first], input[second], output, &sums);
        }
        if (a->act_min > INT8_MIN || a->act_max < INT8_MAX) {
            mcn_clamp_dsp(output, done, a->act_min, a->act_max);
        }
    }
    for (uint32_t i = done; i < a->count; i++) {
        output[i] = sum_of(a, (const int8_t[2]){input[0][i], input[1][i]});
    }
}

void mcn_add_dsp(const void *args, uint8_t *arena)
{
    run(args, arena, mcn_add_fours, mcn_add_fours_halves);
}

/* With a fused RELU or RELU6. */
void mcn_add_relu_dsp(const void *args, uint8_t *arena)
{
    run(args, arena, mcn_add_fours_relu, mcn_add_fours_halves_relu);
}
