/* Arm's MPS2 and MPS3 FPGA boards: CMSDK UART (DDI 0479, APB UART); clocks run by themselves. */
#include "board.h"
#include "mcunas/hal.h"
#include "register.h"

#define UART_DATA REGISTER(CMSDK_UART + 0x00u)
#define UART_STATE REGISTER(CMSDK_UART + 0x04u)
#define UART_CTRL REGISTER(CMSDK_UART + 0x08u)
#define UART_BAUDDIV REGISTER(CMSDK_UART + 0x10u)

#define STATE_TX_FULL 1u
#define STATE_RX_FULL 2u
#define CTRL_TX_RX 3u

void hal_init(void) {
    UART_BAUDDIV = BOARD_CLOCK_HZ / BOARD_BAUD;
    UART_CTRL = CTRL_TX_RX;
    (void)UART_DATA; /* drops a stale byte; QEMU delivers what came before now only once this is read */
}

uint32_t hal_clock_hz(void) {
    return BOARD_CLOCK_HZ;
}

int hal_getc(void) {
    return UART_STATE & STATE_RX_FULL ? (int)(UART_DATA & 0xFF) : -1;
}

void hal_putc(uint8_t byte) {
    while (UART_STATE & STATE_TX_FULL) {
    }
    UART_DATA = byte;
}

void hal_flush(void) {
    while (UART_STATE & STATE_TX_FULL) {
    }
}
