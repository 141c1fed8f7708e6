#include "bench.h"

#include <string.h>

static _Alignas(8) uint8_t record[BENCH_ARGS_BYTES];

/* Marsaglia's xorshift32. */
static uint32_t random_next(uint32_t state) {
    state ^= state << 13;
    state ^= state >> 17;
    return state ^ state << 5;
}

static uint32_t fill_bytes(uint8_t *to, uint32_t bytes, uint32_t state) {
    for (uint32_t i = 0; i < bytes; i++) {
        state = random_next(state);
        to[i] = (uint8_t)(state >> 24);
    }
    return state;
}

static uint32_t fill_floats(uint8_t *to, uint32_t bytes, uint32_t state) {
    for (uint32_t i = 0; i < bytes; i += (uint32_t)sizeof(float)) {
        state = random_next(state);
        const float value = (float)((int32_t)state >> 24) / 16;
        memcpy(to + i, &value, sizeof value);
    }
    return state;
}

void bench_nothing(const void *args, uint8_t *arena) {
    (void)args, (void)arena;
}

void bench_prepare(const void *args, uint8_t *arena) {
    const bench_job_t *job = args;
    uint32_t state = job->seed;
    memcpy(record, job->args, sizeof record);
    for (uint32_t i = 0; i < job->pointer_count && i < BENCH_POINTERS; i++) {
        const uint8_t *constant = (const uint8_t *)bench_constants + job->pointer[i].at;
        if (job->pointer[i].field <= sizeof record - sizeof constant) {
            memcpy(record + job->pointer[i].field, &constant, sizeof constant);
        }
    }
    for (uint32_t i = 0; i < job->fill_count && i < BENCH_FILLS; i++) {
        const mcn_span_t span = job->fill[i].span;
        state = (job->fill[i].is_float ? fill_floats : fill_bytes)(arena + span.offset, span.bytes, state);
    }
    bench_output = job->output;
    bench_steps[1].run = job->kernel < bench_kernel_count ? bench_kernels[job->kernel] : bench_nothing;
    bench_steps[1].args = record;
}
