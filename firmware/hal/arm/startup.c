/* Cortex-M: vectors, reset and faults. Armv7-M and Armv8-M Architecture Reference Manuals, system control space. */
#include <stddef.h>

#include "board.h"
#include "mcunas/hal.h"
#include "port.h"
#include "register.h"

#define VTOR REGISTER(0xE000ED08)
#define AIRCR REGISTER(0xE000ED0C)
#define CCR REGISTER(0xE000ED14)
#define SHCSR REGISTER(0xE000ED24)
#define CFSR REGISTER(0xE000ED28)
#define CPACR REGISTER(0xE000ED88)
#define FPCCR REGISTER(0xE000EF34)

#define AIRCR_RESET 0x05FA0004u       /* key and SYSRESETREQ */
#define CCR_UNALIGN_TRP 0x00000008u
#define SHCSR_FAULTS 0x000F0000u      /* secure, usage, bus and memory faults have handlers of their own */
#define CPACR_FPU 0x00F00000u         /* full access to coprocessors 10 and 11 */
#define FPCCR_AUTOMATIC 0xC0000000u   /* ASPEN and LSPEN */
#define FRAME_PC 6                    /* word of the exception frame */
#define FRAME_WORDS 8

int main(void);
void Reset_Handler(void);
void Fault_Handler(void);

/* Counts its wraps if the SysTick timer is linked in. */
void SysTick_Handler(void) __attribute__((weak, alias("Fault_Handler")));

typedef void (*vector_t)(void);

__attribute__((section(".vectors"), used, aligned(128))) static const vector_t VECTORS[16] = {
    (vector_t)port_stack_top, Reset_Handler, Fault_Handler, Fault_Handler,
    Fault_Handler, Fault_Handler, Fault_Handler, Fault_Handler,
    NULL, NULL, NULL, Fault_Handler,
    Fault_Handler, NULL, Fault_Handler, SysTick_Handler,
};

static void set_up_core(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= CPACR_FPU;
    /* No handler of ours touches these registers, so exceptions need not save them: frames stay at 32 bytes. */
    FPCCR &= ~FPCCR_AUTOMATIC;
    __asm volatile("dsb\n isb");
#endif
#if __ARM_ARCH == 6
    CCR |= CCR_UNALIGN_TRP; /* code for Armv6-M, on whatever core it runs, faults where that would */
#endif
#if __ARM_ARCH >= 8
    __asm volatile("msr msplim, %0" ::"r"(port_stack_limit)); /* an overflow becomes a fault */
#endif
    VTOR = (uint32_t)(uintptr_t)VECTORS;
    SHCSR |= SHCSR_FAULTS;
}

void Reset_Handler(void) {
    set_up_core();
    port_timer_start();
    const uint32_t *from = port_data_load;
    for (uint32_t *to = port_data_start; to < port_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = port_bss_start; to < port_bss_end;) {
        *to++ = 0;
    }
    port_paint_stack();
    main();
}

/* `frame` is where the stack pointer stood at the fault, perhaps outside of RAM. */
__attribute__((used)) static _Noreturn void report_fault(const uint32_t *frame) {
    const uintptr_t offset = (uintptr_t)frame - BOARD_RAM_ORIGIN;
    const int readable = offset <= BOARD_RAM_BYTES - FRAME_WORDS * sizeof *frame;
    mcn_fault(readable ? frame[FRAME_PC] : 0, CFSR);
}

/* Goes on with a fresh stack: the old one may be what went wrong. */
__attribute__((naked)) void Fault_Handler(void) {
    __asm volatile("mrs r0, msp\n"
                   "ldr r1, =port_stack_top\n"
                   "msr msp, r1\n"
                   "b %c0" ::"i"(report_fault));
}

_Noreturn void hal_reset(void) {
    hal_flush();
    AIRCR = AIRCR_RESET;
    __asm volatile("dsb");
    for (;;) {
    }
}
