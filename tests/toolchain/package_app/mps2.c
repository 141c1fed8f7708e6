/* The least that a Cortex-M4 in QEMU's mps2-an386 needs: vectors, the FPU, the CMSDK UART, and a way to end. */
#include <stdint.h>

#include "app.h"

#define CPACR (*(volatile uint32_t *)0xE000ED88)
#define UART_DATA (*(volatile uint32_t *)0x40004000)
#define UART_STATE (*(volatile uint32_t *)0x40004004)
#define UART_CTRL (*(volatile uint32_t *)0x40004008)

#define SYS_EXIT 0x18
#define STOPPED_APPLICATION_EXIT 0x20026
#define STOPPED_RUN_TIME_ERROR 0x20023

int main(void);
void Reset_Handler(void);

extern uint32_t stack_top[];

static void leave(uint32_t reason)
{
    register uint32_t operation __asm__("r0") = SYS_EXIT;
    register uint32_t parameter __asm__("r1") = reason;
    __asm__ volatile("bkpt 0xab" ::"r"(operation), "r"(parameter) : "memory");
}

static void fault(void)
{
    leave(STOPPED_RUN_TIME_ERROR);
}

void Reset_Handler(void)
{
    CPACR |= 0x00F00000;
    __asm__ volatile("dsb\n isb");
    UART_CTRL = 1;
    leave(main() == 0 ? STOPPED_APPLICATION_EXIT : STOPPED_RUN_TIME_ERROR);
}

__attribute__((section(".vectors"), used)) static const uintptr_t VECTORS[] = {
    (uintptr_t)stack_top, (uintptr_t)Reset_Handler, (uintptr_t)fault, (uintptr_t)fault,
    (uintptr_t)fault, (uintptr_t)fault, (uintptr_t)fault,
};

void app_put(char character)
{
    while (UART_STATE & 1) { /* full */
    }
    UART_DATA = (uint8_t)character;
}
