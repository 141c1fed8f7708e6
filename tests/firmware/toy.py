"""A model without a .tflite: kernels of a few lines in model.c itself, with results and counts known beforehand."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 300  # bytes of every tensor
SHA256 = bytes(range(32))
SPIN_INSTRUCTIONS = 2  # of the loop of a spin step, a turn

_KERNELS = """#include "mcunas/engine.h"
#include "mcunas/placement.h"

typedef struct {
    uint32_t input, output, count;
    uint8_t factor;
} multiply_t;

/* output = input * factor, modulo 256 */
static void multiply(const void *args, uint8_t *arena) {
    const multiply_t *m = args;
    for (uint32_t i = 0; i < m->count; i++) {
        arena[m->output + i] = (uint8_t)(arena[m->input + i] * m->factor);
    }
}

typedef struct {
    uint32_t input, output, count;
    float factor, offset, divisor;
} affine_t;

/* output = (input * factor + offset) / divisor, modulo 256: with the FPU or the compiler's library */
static void affine(const void *args, uint8_t *arena) {
    const affine_t *a = args;
    for (uint32_t i = 0; i < a->count; i++) {
        const float value = ((float)arena[a->input + i] * a->factor + a->offset) / a->divisor;
        arena[a->output + i] = value >= 0 ? (uint8_t)(uint32_t)value : 0;
    }
}

/* A loop of two instructions a turn; what else it takes is the same for every count. */
static __attribute__((unused)) void spin(const void *args, uint8_t *arena) {
    (void)arena;
    uint32_t turns = *(const uint32_t *)args;
#if defined(__arm__)
    __asm volatile(".syntax unified\\n1: subs %0, #1\\n bne 1b" : "+r"(turns)::"cc");
#elif defined(__riscv)
    __asm volatile("1: addi %0, %0, -1\\n bnez %0, 1b" : "+r"(turns));
#else
    for (volatile uint32_t left = turns; left > 0; left--) {
    }
#endif
}

/* Not static, so that a test finds its address. */
void crash(const void *args, uint8_t *arena);
void crash(const void *args, uint8_t *arena) {
    (void)args, (void)arena;
#if defined(__arm__)
    __asm volatile("udf #0");
#elif defined(__riscv)
    __asm volatile(".word 0");
#else
    __builtin_trap();
#endif
}
"""


def toy_model(spins: Sequence[int] = (), crashes: bool = False, padding_bytes: int = 0, arena_bytes: int = 0) -> str:
    """model.c of: output = (input * 3) * 5 + 7, then a step for each of `spins` (turns), then perhaps a crash.

    padding_bytes: of constants that nothing uses. arena_bytes: of an arena larger than needed.
    """
    steps = [f"{{spin, &turns{i}}}" for i in range(len(spins))] + ["{crash, 0}"] * crashes
    constants = "".join(f"MCN_MODEL_CONST static const uint32_t turns{i} = {n}u;\n" for i, n in enumerate(spins))
    if padding_bytes:
        constants += f"MCN_MODEL_CONST const uint8_t padding[{padding_bytes}] = {{1}};\n"
    steps = ["{multiply, &first}", "{affine, &second}", *steps]
    count, arena = len(steps), max(3 * WIDTH, arena_bytes)
    return f"""{_KERNELS}
{constants}
MCN_MODEL_CONST static const multiply_t first = {{0, {WIDTH}, {WIDTH}, 3}};
MCN_MODEL_CONST static const affine_t second = {{{WIDTH}, {2 * WIDTH}, {WIDTH}, 10, 14, 2}};
MCN_MODEL_CONST static const mcn_step_t steps[] = {{ {", ".join(steps)} }};
MCN_MODEL_CONST static const mcn_span_t inputs[] = {{ {{0, {WIDTH}}} }};
MCN_MODEL_CONST static const mcn_span_t outputs[] = {{ {{{2 * WIDTH}, {WIDTH}}} }};
MCN_MODEL_CONST const mcn_model_t mcn_model = {{
    .steps = steps, .inputs = inputs, .outputs = outputs, .arena_bytes = {arena}, .step_count = {count},
    .input_count = 1, .output_count = 1, .sha256 = {{ {", ".join(map(str, SHA256))} }},
}};
MCN_ARENA uint8_t mcn_arena[{arena}];
uint32_t mcn_profile[{count}];
"""


def toy_output(data: bytes) -> bytes:
    """What the model makes of `data`."""
    return bytes((value * 3 % 256 * 5 + 7) % 256 for value in data)
