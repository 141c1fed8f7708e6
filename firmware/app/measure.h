/* Timing of runs with one of the port's BOARD_COUNTERS counters: 0 is that of hal_ticks(), those of hal_cost() follow. */
#ifndef MCUNAS_MEASURE_H
#define MCUNAS_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "mcunas/hal.h"

/* What counter `counter` is. */
hal_timer_t measure_timer(uint8_t counter);

/* Keeps what every counter shows, once, when the firmware is ready. */
void measure_note_startup(void);

/* Ticks from reset until the firmware was ready. */
uint32_t measure_startup(uint8_t counter);

/* Runs steps 0 .. count - 1 of the model; ticks of the whole. */
uint64_t measure_run(uint8_t counter, uint16_t count);

/* The same, and writes the ticks of each step to mcn_profile (the largest uint32_t if they are more). */
uint64_t measure_steps(uint8_t counter, uint16_t count);

/* Ticks that an empty measurement shows. */
uint32_t measure_overhead(uint8_t counter);

/* Whether the counter advances. */
bool measure_counter_advances(uint8_t counter);

#endif
