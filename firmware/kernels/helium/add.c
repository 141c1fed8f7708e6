/* ADD, int8, element by element: the output may be either input. */
#include "mcunas/kernel.h"

#define LEFT_SHIFT 20 /* bits of fraction that the inputs get before they are scaled; a constant of TensorFlow Lite */
#define FIRST 0
#define SECOND 1
#define OUTPUT 2

/* The constants of add.S, in the order of its registers; a one is 0 where nothing is shifted to the right. */
typedef struct {
    int32_t multiplier[3];
    int32_t unit, low, high;
    int32_t start[2]; /* what a zero point takes away */
    int32_t shift[3], one[3], zero_point;
} sums_t;

void mcn_add_vectors_helium(const int8_t *first, const int8_t *second, int8_t *output, uint32_t count,
                            const sums_t *sums);

void mcn_add_helium(const void *args, uint8_t *arena)
{
    const mcn_add_t *a = args;
    const sums_t sums = {
        .multiplier = {a->multiplier[FIRST], a->multiplier[SECOND], a->output_multiplier},
        .unit = 1 << LEFT_SHIFT,
        .low = a->act_min,
        .high = a->act_max,
        .start = {-a->zero_point[FIRST] * (1 << LEFT_SHIFT), -a->zero_point[SECOND] * (1 << LEFT_SHIFT)},
        .shift = {a->shift[FIRST], a->shift[SECOND], a->output_shift},
        .one = {a->shift[FIRST] < 0, a->shift[SECOND] < 0, a->output_shift < 0},
        .zero_point = a->output_zero_point,
    };
    mcn_add_vectors_helium((const int8_t *)(arena + a->input[FIRST]), (const int8_t *)(arena + a->input[SECOND]),
                           (int8_t *)(arena + a->output), a->count, &sums);
}
