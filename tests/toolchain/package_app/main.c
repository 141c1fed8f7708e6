/* Runs two packaged networks, a and b, on the samples of samples.h, in turn and in one arena; writes their outputs as
 * hexadecimal lines. */
#include <stdalign.h>
#include <stddef.h>

#include "app.h"
#include "samples.h"

#define ARENA_BYTES (A_ARENA_BYTES > B_ARENA_BYTES ? A_ARENA_BYTES : B_ARENA_BYTES)

static alignas(A_ARENA_ALIGNMENT) uint8_t arena[ARENA_BYTES];

static void copy(int8_t *to, const int8_t *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        to[i] = from[i];
    }
}

static void write_line(const int8_t *values, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        app_put("0123456789abcdef"[(uint8_t)values[i] >> 4]);
        app_put("0123456789abcdef"[(uint8_t)values[i] & 15]);
    }
    app_put('\n');
}

int main(void)
{
    if (a_init(arena + 1) || !a_init(arena) || !b_init(arena)) {
        return 1;
    }
    for (size_t i = 0; i < sizeof a_samples / sizeof a_samples[0]; i++) {
        copy(a_input(), a_samples[i], A_INPUT_BYTES);
        a_invoke();
        write_line(a_output(), A_OUTPUT_BYTES);
        copy(b_input(), b_samples[i], B_INPUT_BYTES);
        b_invoke();
        write_line(b_output(), B_OUTPUT_BYTES);
    }
    return 0;
}
