/* Timer: SysTick, 24 bits at BOARD_TIMER_HZ; its wraps are counted by an interrupt. */
#include "board.h"
#include "mcunas/hal.h"
#include "port.h"
#include "register.h"

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define ICSR REGISTER(0xE000ED04)

#define CSR_RUN 7u /* enable, interrupt, core clock */
#define ICSR_PENDSTCLR (1u << 25)

#ifndef SYSTICK_PERIOD
#define SYSTICK_PERIOD (1u << 24) /* the longest */
#endif

/* The handler's own five instructions fall into what is measured. Where time is a count of instructions, they are
 * taken off again; on silicon they are some 30 cycles in 16.7 million. */
#ifdef BOARD_TICKS_PER_INSTRUCTION_Q16
#define HANDLER_TICKS(wraps) ((5ull * BOARD_TICKS_PER_INSTRUCTION_Q16 * (wraps)) >> 16)
#else
#define HANDLER_TICKS(wraps) 0u
#endif

static volatile uint32_t systick_wraps;

/* What an interrupt lays on the stack: 8 words, and one to align them. Read by toolchain/stack.py. */
__asm(".global mcn_stack_interrupts\n .set mcn_stack_interrupts, 36");

__attribute__((naked)) void SysTick_Handler(void) {
    __asm volatile(".syntax unified\n"
                   "ldr r0, =%c0\n"
                   "ldr r1, [r0]\n"
                   "adds r1, #1\n"
                   "str r1, [r0]\n"
                   "bx lr" ::"i"(&systick_wraps));
}

void port_timer_start(void) {
    SYST_RVR = SYSTICK_PERIOD - 1;
    SYST_CVR = 0;
    SYST_CSR = CSR_RUN;
}

hal_timer_t hal_timer_kind(void) {
    return HAL_TIMER_SYSTICK;
}

uint32_t hal_timer_hz(void) {
    return BOARD_TIMER_HZ;
}

void hal_timer_reset(void) {
    SYST_CSR = 0;
    ICSR = ICSR_PENDSTCLR;
    systick_wraps = 0;
    SYST_CVR = 0;
    SYST_CSR = CSR_RUN;
}

uint64_t hal_ticks(void) {
    uint32_t wraps, value;
    do {
        wraps = systick_wraps;
        value = SYST_CVR;
    } while (wraps != systick_wraps);
    /* The counter runs down; at 0 it interrupts, and goes on from SYSTICK_PERIOD - 1. */
    const uint32_t low = value == 0 ? 0 : SYSTICK_PERIOD - value;
    return (uint64_t)wraps * SYSTICK_PERIOD + low - HANDLER_TICKS(wraps);
}
