#include "measure.h"

#include "mcunas/hal.h"
#include "mcunas/placement.h"

/* A loop that the compiler keeps, long enough for the slowest counter to be seen moving. */
#define ADVANCE_LOOPS 1000

uint64_t measure_run(uint16_t count) {
    hal_timer_reset();
    const uint64_t start = hal_ticks();
    mcn_invoke(&mcn_model, mcn_arena, count);
    return hal_ticks() - start;
}

uint64_t measure_steps(uint16_t count) {
    hal_timer_reset();
    const uint64_t first = hal_ticks();
    for (uint16_t i = 0; i < count; i++) {
        const uint64_t start = hal_ticks();
        mcn_step(&mcn_model, mcn_arena, i);
        const uint64_t ticks = hal_ticks() - start;
        mcn_profile[i] = ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
    }
    return hal_ticks() - first;
}

uint32_t measure_overhead(void) {
    uint64_t ticks = 0;
    for (int i = 0; i < 2; i++) { /* the second time the code lies in the caches, if there are any */
        hal_timer_reset();
        const uint64_t start = hal_ticks();
        ticks = hal_ticks() - start;
    }
    return (uint32_t)ticks;
}

bool measure_counter_advances(void) {
    hal_timer_reset();
    const uint64_t start = hal_ticks();
    for (volatile int i = 0; i < ADVANCE_LOOPS; i++) {
    }
    return hal_ticks() > start;
}
