/* Timer: the machine's own cycle counter, 64 bits. */
#include "board.h"
#include "mcunas/hal.h"
#include "port.h"

static uint64_t start;

static uint64_t cycles(void) {
    uint32_t high, low, again;
    do {
        __asm volatile("csrr %0, mcycleh\n csrr %1, mcycle\n csrr %2, mcycleh" : "=r"(high), "=r"(low), "=r"(again));
    } while (high != again);
    return (uint64_t)high << 32 | low;
}

void port_timer_start(void) {
    __asm volatile("csrw mcycle, zero\n csrw mcycleh, zero");
}

hal_timer_t hal_timer_kind(void) {
    return HAL_TIMER_MCYCLE;
}

uint32_t hal_timer_hz(void) {
    return BOARD_TIMER_HZ;
}

void hal_timer_reset(void) {
    start = cycles();
}

uint64_t hal_ticks(void) {
    return cycles() - start;
}
