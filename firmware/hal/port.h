/* What the files of one port define for each other; the application sees hal.h only. */
#ifndef MCUNAS_PORT_H
#define MCUNAS_PORT_H

#include <stdint.h>

/* Starts the counter. Called first thing at reset, before .data and .bss are set up: may not use variables. */
void port_timer_start(void);

/* Fills the free stack with a pattern, so that hal_stack_bytes() can tell how far it was used. */
void port_paint_stack(void);

/* Ends of the sections and of the stack, from the linker script; the stack grows down from port_stack_top. */
extern uint32_t port_data_start[], port_data_end[], port_bss_start[], port_bss_end[];
extern const uint32_t port_data_load[];
extern uint32_t port_stack_limit[], port_stack_top[];

#endif
