/* Access to a device's registers. */
#ifndef MCUNAS_REGISTER_H
#define MCUNAS_REGISTER_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define REGISTER_8(address) (*(volatile uint8_t *)(uintptr_t)(address))

#endif
