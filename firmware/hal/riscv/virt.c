/* QEMU's RISC-V machine `virt`: 16550 UART, and the test device that restarts the machine. */
#include "board.h"
#include "mcunas/hal.h"
#include "register.h"

#define UART_DATA REGISTER_8(UART_16550 + 0u)
#define UART_FCR REGISTER_8(UART_16550 + 2u)
#define UART_LCR REGISTER_8(UART_16550 + 3u)
#define UART_LSR REGISTER_8(UART_16550 + 5u)

#define FCR_ENABLE 0x01u
#define LCR_8_BITS 0x03u
#define LSR_RX_READY 0x01u
#define LSR_TX_ROOM 0x20u
#define LSR_TX_EMPTY 0x40u
#define TEST_RESET 0x7777u

void hal_init(void) {
    UART_LCR = LCR_8_BITS;
    UART_FCR = FCR_ENABLE;
}

uint32_t hal_clock_hz(void) {
    return BOARD_CLOCK_HZ;
}

int hal_getc(void) {
    return UART_LSR & LSR_RX_READY ? (int)UART_DATA : -1;
}

void hal_putc(uint8_t byte) {
    while (!(UART_LSR & LSR_TX_ROOM)) {
    }
    UART_DATA = byte;
}

void hal_flush(void) {
    while (!(UART_LSR & LSR_TX_EMPTY)) {
    }
}

_Noreturn void hal_reset(void) {
    hal_flush();
    REGISTER(TEST_DEVICE) = TEST_RESET;
    for (;;) {
    }
}
