/* Counters of an emulator: QEMU with the plugin toolchain/emulator/cost_plugin.c, which counts every instruction and
 * adds up what it would cost. On silicon, or in QEMU without the plugin, they stand still at 0. */
#include "mcunas/hal.h"
#include "register.h"

#define SYST_CSR REGISTER(0xE000E010)

typedef struct {
    uint64_t cycles, instructions;
} costs_t;

/* The plugin knows the hint and the word behind it. When the hint runs, it writes both counts into the constants that
 * follow, which takes nothing of the firmware's time and needs no device. */
__attribute__((naked, noinline, aligned(8))) static const volatile costs_t *read_costs(void) {
    __asm volatile(".hword 0xBFF0\n" /* NOP-compatible hint */
                   "adr r0, 1f\n"
                   "bx lr\n"
                   "nop\n"
                   ".ascii \"mcuncost\"\n"
                   "1: .quad 0, 0");
}

void hal_cost_start(void) {
    SYST_CSR = 0; /* or its interrupts would be counted */
}

uint64_t hal_cost(hal_timer_t timer) {
    const volatile costs_t *costs = read_costs();
    return timer == HAL_TIMER_COST_CYCLES ? costs->cycles : costs->instructions;
}
