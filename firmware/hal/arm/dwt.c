/* Timer: the DWT cycle counter, 32 bits at the core clock. It wraps after 2^32 cycles, 23 s at 180 MHz; one wrap
 * between two calls of hal_ticks() is counted, so no single step may take longer. */
#include "mcunas/hal.h"
#include "port.h"
#include "register.h"

#define DEMCR REGISTER(0xE000EDFC)
#define DWT_CTRL REGISTER(0xE0001000)
#define DWT_CYCCNT REGISTER(0xE0001004)
#define DWT_LAR REGISTER(0xE0001FB0)

#define DEMCR_TRCENA (1u << 24)
#define CTRL_CYCCNTENA 1u
#define LAR_KEY 0xC5ACCE55u /* Cortex-M7 locks the unit */

static uint32_t last, wraps;

void port_timer_start(void) {
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = LAR_KEY;
    DWT_CYCCNT = 0;
    DWT_CTRL |= CTRL_CYCCNTENA;
}

hal_timer_t hal_timer_kind(void) {
    return HAL_TIMER_DWT;
}

uint32_t hal_timer_hz(void) {
    return hal_clock_hz();
}

void hal_timer_reset(void) {
    DWT_CYCCNT = 0;
    last = 0;
    wraps = 0;
}

uint64_t hal_ticks(void) {
    const uint32_t now = DWT_CYCCNT;
    if (now < last) {
        wraps++;
    }
    last = now;
    return (uint64_t)wraps << 32 | now;
}
