#include "measure.h"

#include "board.h"
#include "mcunas/placement.h"

/* A loop that the compiler keeps, long enough for the slowest counter to be seen moving. */
#define ADVANCE_LOOPS 1000

static uint32_t startup[BOARD_COUNTERS];

hal_timer_t measure_timer(uint8_t counter) {
    return counter == 0 ? hal_timer_kind() : (hal_timer_t)(HAL_TIMER_COST_CYCLES + counter - 1);
}

static void reset(uint8_t counter) {
    hal_timer_reset();
    if (BOARD_COUNTERS > 1 && counter != 0) {
        hal_cost_start();
    }
}

/* Not inlined, so that a reading costs the same wherever it is taken. */
static __attribute__((noinline)) uint64_t ticks(uint8_t counter) {
    return BOARD_COUNTERS == 1 || counter == 0 ? hal_ticks() : hal_cost(measure_timer(counter));
}

void measure_note_startup(void) {
    for (uint8_t i = 0; i < BOARD_COUNTERS; i++) {
        startup[i] = (uint32_t)ticks(i);
    }
}

uint32_t measure_startup(uint8_t counter) {
    return startup[counter];
}

uint64_t measure_run(uint8_t counter, uint16_t count) {
    reset(counter);
    const uint64_t start = ticks(counter);
    mcn_invoke(&mcn_model, mcn_arena, count);
    return ticks(counter) - start;
}

uint64_t measure_steps(uint8_t counter, uint16_t count) {
    reset(counter);
    const uint64_t first = ticks(counter);
    for (uint16_t i = 0; i < count; i++) {
        const uint64_t start = ticks(counter);
        mcn_step(&mcn_model, mcn_arena, i);
        const uint64_t taken = ticks(counter) - start;
        mcn_profile[i] = taken < UINT32_MAX ? (uint32_t)taken : UINT32_MAX;
    }
    return ticks(counter) - first;
}

uint32_t measure_overhead(uint8_t counter) {
    uint64_t taken = 0;
    for (int i = 0; i < 2; i++) { /* the second time the code lies in the caches, if there are any */
        reset(counter);
        const uint64_t start = ticks(counter);
        taken = ticks(counter) - start;
    }
    return (uint32_t)taken;
}

bool measure_counter_advances(uint8_t counter) {
    reset(counter);
    const uint64_t start = ticks(counter);
    for (volatile int i = 0; i < ADVANCE_LOOPS; i++) {
    }
    return ticks(counter) > start;
}
