/* ADD, int8, element by element: the output may be either input.
 *
 * TensorFlow Lite keeps sums in twice the larger input scale / 2^20, so that the multiplier of the input with the larger
 * scale is 1/2 exactly, and its share of a sum is its value * 2^19. So is the other's if both scales are equal.
 */
#include "scalar.h"

#define LEFT_SHIFT 20 /* bits of fraction of the sums; a constant of TensorFlow Lite */
#define HALF (1 << 30)

void mcn_add_scalar(const void *args, uint8_t *arena)
{
    const mcn_add_t *a = args;
    const int larger = !(a->multiplier[0] == HALF && a->shift[0] == 0), other = !larger;
    const int8_t *first = (const int8_t *)(arena + a->input[larger]);
    const int8_t *second = (const int8_t *)(arena + a->input[other]);
    int8_t *output = (int8_t *)(arena + a->output);
    const int32_t first_zero = a->zero_point[larger] * (1 << (LEFT_SHIFT - 1));
    /* 1/2 with no shift is 1/2 of twice the value, shifted by 1. */
    const int equal = a->shift[other] == 0, left = LEFT_SHIFT + equal;
    const int32_t second_zero = a->zero_point[other] * (1 << left);
    const int exponent = equal - a->shift[other];
    const uint32_t doubled = (uint32_t)a->multiplier[other] * 2;
    const mcn_rescale_t rescale = {
        .doubled = (uint32_t)a->output_multiplier * 2,
        .shift = a->output_shift,
        .zero_point = a->output_zero_point,
        .act_min = a->act_min,
        .act_max = a->act_max,
    };
    for (const int8_t *end = first + a->count; first != end; first++, second++, output++) {
        const int32_t sum = *first * (1 << (LEFT_SHIFT - 1)) - first_zero;
        const int32_t added = mcn_divide(mcn_scale(*second * (1 << left) - second_zero, doubled), exponent);
        *output = mcn_rescale(rescale, sum + added);
    }
}
