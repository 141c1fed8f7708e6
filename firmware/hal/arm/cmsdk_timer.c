/* Timer: Arm's CMSDK dual timer (DDI 0479, APB dual-input timers), two 32-bit counters that run down. The first counts
 * every tick, the second every 256th and so tells how often the first has wrapped: 40 bits without an interrupt. */
#include "board.h"
#include "mcunas/hal.h"
#include "port.h"
#include "register.h"

#define LOAD(timer) REGISTER(CMSDK_DUAL_TIMER + 0x20u * (timer) + 0x00u)
#define VALUE(timer) REGISTER(CMSDK_DUAL_TIMER + 0x20u * (timer) + 0x04u)
#define CONTROL(timer) REGISTER(CMSDK_DUAL_TIMER + 0x20u * (timer) + 0x08u)

#define CONTROL_RUN 0x82u /* enable, free-running, 32 bits */
#define CONTROL_DIVIDE_256 0x08u

void port_timer_start(void) {
    CONTROL(0) = 0;
    CONTROL(1) = 0;
    hal_timer_reset();
    CONTROL(0) = CONTROL_RUN;
    CONTROL(1) = CONTROL_RUN | CONTROL_DIVIDE_256;
}

hal_timer_t hal_timer_kind(void) {
    return HAL_TIMER_CMSDK;
}

uint32_t hal_timer_hz(void) {
    return BOARD_TIMER_HZ;
}

void hal_timer_reset(void) {
    LOAD(1) = UINT32_MAX;
    LOAD(0) = UINT32_MAX;
}

uint64_t hal_ticks(void) {
    const uint32_t fine = ~VALUE(0);
    const uint64_t coarse = (uint64_t)~VALUE(1) << 8;
    /* The one number that ends in `fine` and lies next to `coarse`. */
    return coarse + (uint64_t)(int64_t)(int32_t)(fine - (uint32_t)coarse);
}
