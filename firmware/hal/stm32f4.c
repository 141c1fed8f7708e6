/* STM32F4: PLL, flash accelerator and USART. Reference manuals RM0390 (F446) and RM0090 (F405, F407, F42x).
 * Where the PLL does not start (no oscillator, or an emulator), the chip stays at its internal 16 MHz and says so. */
#include <stdbool.h>

#include "board.h"
#include "mcunas/hal.h"
#include "register.h"

#define RCC 0x40023800u
#define RCC_CR REGISTER(RCC + 0x00u)
#define RCC_PLLCFGR REGISTER(RCC + 0x04u)
#define RCC_CFGR REGISTER(RCC + 0x08u)
#define RCC_AHB1ENR REGISTER(RCC + 0x30u)
#define RCC_APBENR(bus) REGISTER(RCC + 0x40u + 4u * ((bus) - 1u))
#define PWR_CR REGISTER(0x40007000u)
#define PWR_CSR REGISTER(0x40007004u)
#define FLASH_ACR REGISTER(0x40023C00u)

#define CR_HSEON (1u << 16)
#define CR_HSERDY (1u << 17)
#define CR_HSEBYP (1u << 18)
#define CR_PLLON (1u << 24)
#define CR_PLLRDY (1u << 25)
#define PLLCFGR_HSE (1u << 22)
#define PLLCFGR_Q(divider) ((divider) << 24)
#define PLLCFGR_R 0x70000000u
#define CFGR_SW_PLL 2u
#define CFGR_SWS_PLL (2u << 2)
#define CFGR_APB1_BY_4 (5u << 10)
#define CFGR_APB2_BY_2 (4u << 13)
#define APB1ENR_PWR (1u << 28)
#define PWR_CR_SCALE_1 (3u << 14)
#define PWR_OVERDRIVE (1u << 16) /* CR: enable; CSR: ready */
#define PWR_SWITCH (1u << 17)    /* CR: switch to over-drive; CSR: done */
#define ACR_CACHES (7u << 8)     /* prefetch, instruction cache, data cache */

#define HSI_HZ 16000000u
#define PLL_HZ (STM32_HSE_HZ / STM32_PLL_M * STM32_PLL_N / STM32_PLL_P)
#define WAITS 20000 /* reads of a status register; some 10 ms at 16 MHz, where an oscillator needs 2 ms */

#define GPIO_PORT(port) (0x40020000u + 0x400u * (port))
#define GPIO_MODER(port) REGISTER(GPIO_PORT(port) + 0x00u)
#define GPIO_PUPDR(port) REGISTER(GPIO_PORT(port) + 0x0Cu)
#define GPIO_AFR(port, pin) REGISTER(GPIO_PORT(port) + 0x20u + 4u * ((pin) / 8u))

#define UART_SR REGISTER(STM32_UART + 0x00u)
#define UART_DR REGISTER(STM32_UART + 0x04u)
#define UART_BRR REGISTER(STM32_UART + 0x08u)
#define UART_CR1 REGISTER(STM32_UART + 0x0Cu)

#define SR_RXNE (1u << 5)
#define SR_TC (1u << 6)
#define SR_TXE (1u << 7)
#define CR1_RUN (1u << 13 | 1u << 3 | 1u << 2) /* enable, transmitter, receiver */

static uint32_t clock_hz;

static bool is_set(volatile uint32_t *status, uint32_t bits) {
    for (int i = 0; i < WAITS; i++) {
        if ((*status & bits) == bits) {
            return true;
        }
    }
    return false;
}

/* RM0390 section 5.1.4; 180 MHz need it, 168 MHz and the chips made for them do not. */
static bool enter_overdrive(void) {
    PWR_CR |= PWR_OVERDRIVE;
    if (!is_set(&PWR_CSR, PWR_OVERDRIVE)) {
        return false;
    }
    PWR_CR |= PWR_SWITCH;
    return is_set(&PWR_CSR, PWR_SWITCH);
}

static bool start_pll(void) {
    RCC_APBENR(1) |= APB1ENR_PWR;
    PWR_CR |= PWR_CR_SCALE_1;
    RCC_CR |= STM32_HSE_BYPASS ? CR_HSEBYP : 0; /* before the oscillator runs */
    RCC_CR |= CR_HSEON;
    if (!is_set(&RCC_CR, CR_HSERDY)) {
        return false;
    }
    RCC_PLLCFGR = (RCC_PLLCFGR & PLLCFGR_R) | PLLCFGR_HSE | PLLCFGR_Q(STM32_PLL_Q) | STM32_PLL_M | STM32_PLL_N << 6 |
                  (STM32_PLL_P / 2 - 1) << 16;
    RCC_CR |= CR_PLLON;
    if (!is_set(&RCC_CR, CR_PLLRDY) || (STM32_OVERDRIVE && !enter_overdrive())) {
        return false;
    }
    FLASH_ACR = ACR_CACHES | STM32_FLASH_LATENCY;
    if (!is_set(&FLASH_ACR, ACR_CACHES | STM32_FLASH_LATENCY)) {
        return false;
    }
    RCC_CFGR = CFGR_APB1_BY_4 | CFGR_APB2_BY_2 | CFGR_SW_PLL;
    return is_set(&RCC_CFGR, CFGR_SWS_PLL);
}

static void start_clock(void) {
    if (start_pll()) {
        clock_hz = PLL_HZ;
    } else {
        RCC_CFGR = 0; /* internal oscillator, nothing divided */
        clock_hz = HSI_HZ;
    }
}

static void connect_pin(uint32_t port, uint32_t pin) {
    const uint32_t pair = 2u * pin, four = 4u * (pin % 8u);
    RCC_AHB1ENR |= 1u << port;
    GPIO_PUPDR(port) = (GPIO_PUPDR(port) & ~(3u << pair)) | 1u << pair;
    GPIO_AFR(port, pin) = (GPIO_AFR(port, pin) & ~(15u << four)) | STM32_UART_FUNCTION << four;
    GPIO_MODER(port) = (GPIO_MODER(port) & ~(3u << pair)) | 2u << pair;
}

static void start_uart(void) {
    const uint32_t divider = STM32_UART_BUS == 1 ? 4 : 2;
    const uint32_t bus_hz = clock_hz == HSI_HZ ? HSI_HZ : clock_hz / divider;
    RCC_APBENR(STM32_UART_BUS) |= 1u << STM32_UART_ENABLE;
    connect_pin(STM32_UART_PORT, STM32_UART_TX);
    connect_pin(STM32_UART_PORT, STM32_UART_RX);
    UART_BRR = (bus_hz + BOARD_BAUD / 2) / BOARD_BAUD;
    UART_CR1 = CR1_RUN;
    (void)UART_DR; /* drops a stale byte */
}

void hal_init(void) {
    start_clock();
    start_uart();
}

uint32_t hal_clock_hz(void) {
    return clock_hz;
}

int hal_getc(void) {
    return UART_SR & SR_RXNE ? (int)(UART_DR & 0xFF) : -1;
}

void hal_putc(uint8_t byte) {
    while (!(UART_SR & SR_TXE)) {
    }
    UART_DR = byte;
}

void hal_flush(void) {
    while (!(UART_SR & SR_TC)) {
    }
}
