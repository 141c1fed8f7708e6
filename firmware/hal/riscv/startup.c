/* RISC-V, machine mode: reset and traps. The RISC-V Instruction Set Manual, volume II. */
#include "mcunas/hal.h"
#include "port.h"

int main(void);
void Reset_Handler(void);

__attribute__((used)) static void boot(void) {
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

__attribute__((used)) static _Noreturn void report_fault(void) {
    uint32_t pc, cause;
    __asm volatile("csrr %0, mepc\n csrr %1, mcause" : "=r"(pc), "=r"(cause));
    mcn_fault(pc, cause);
}

/* Goes on with a fresh stack: the old one may be what went wrong. */
__attribute__((naked, aligned(4))) static void on_trap(void) {
    __asm volatile("la sp, port_stack_top\n"
                   "j %0" ::"i"(report_fault));
}

__attribute__((naked, section(".vectors"))) void Reset_Handler(void) {
    __asm volatile("la sp, port_stack_top\n"
                   "la t0, %0\n"
                   "csrw mtvec, t0\n"
                   "j %1" ::"i"(on_trap), "i"(boot));
}
