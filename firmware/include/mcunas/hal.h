/* The only door to the hardware. A port is the files below firmware/hal/ that a board profile lists; together they
 * define these functions. */
#ifndef MCUNAS_HAL_H
#define MCUNAS_HAL_H

#include <stdint.h>

/* What counts the ticks of hal_ticks(); the numbers travel in HELLO (docs/protocol.md). */
typedef enum {
    HAL_TIMER_NONE = 0,    /* no counter that means anything, ticks are 0 */
    HAL_TIMER_DWT = 1,     /* Cortex-M cycle counter */
    HAL_TIMER_SYSTICK = 2, /* Cortex-M SysTick, wraps counted */
    HAL_TIMER_CMSDK = 3,   /* Arm CMSDK APB timer, 32 bits */
    HAL_TIMER_MCYCLE = 4,  /* RISC-V mcycle */
    HAL_TIMER_COST_CYCLES = 5,       /* cycles by an emulator's table of costs */
    HAL_TIMER_COST_INSTRUCTIONS = 6, /* instructions that went into them */
} hal_timer_t;

/* Clocks, UART and timer, in that order. Never hangs: a clock that does not start is reported by hal_clock_hz(). */
void hal_init(void);

/* The core clock really reached, Hz. */
uint32_t hal_clock_hz(void);

/* The byte received next (0..255), or -1 if there is none. May sleep until there is one. */
int hal_getc(void);

/* Sends one byte, waiting for room. */
void hal_putc(uint8_t byte);

/* Sends whatever hal_putc() still holds back. */
void hal_flush(void);

hal_timer_t hal_timer_kind(void);

/* Frequency of hal_ticks(), Hz. */
uint32_t hal_timer_hz(void);

/* Sets the counter to 0, so that a run always starts in the same state. */
void hal_timer_reset(void);

/* Ticks since hal_timer_reset(). */
uint64_t hal_ticks(void);

/* Two more counters, of ports that an emulator with a table of costs counts for: only where board.h says that there are
 * BOARD_COUNTERS = 3. They count from reset and are never set back. */

/* To be called before what hal_cost() measures; until the next hal_timer_reset(), hal_ticks() means nothing. */
void hal_cost_start(void);

/* HAL_TIMER_COST_CYCLES or HAL_TIMER_COST_INSTRUCTIONS, up to now. */
uint64_t hal_cost(hal_timer_t timer);

/* Most bytes of stack used since reset, 0 if the port cannot tell. */
uint32_t hal_stack_bytes(void);

/* Restarts the firmware; does not return. */
_Noreturn void hal_reset(void);

/* The one call in the other direction: the application defines it, the port calls it once when the core has faulted.
 * `status` as in docs/protocol.md, FAULT. */
_Noreturn void mcn_fault(uint32_t pc, uint32_t status);

#endif
