/* How far the stack has been used: the pattern that is left of what was painted at reset. */
#include "mcunas/hal.h"
#include "port.h"

#define PATTERN 0xA5C35A3Cu

void port_paint_stack(void) {
    /* Nothing lives below this function's own frame, and interrupts come later. */
    const uint32_t *const end = __builtin_frame_address(0);
    for (uint32_t *word = port_stack_limit; word < end - 8; word++) {
        *word = PATTERN;
    }
}

uint32_t hal_stack_bytes(void) {
    const volatile uint32_t *word = port_stack_limit;
    while (word < port_stack_top && *word == PATTERN) {
        word++;
    }
    return (uint32_t)((uintptr_t)port_stack_top - (uintptr_t)word);
}
