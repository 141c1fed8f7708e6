/* Timing of runs with the port's counter. */
#ifndef MCUNAS_MEASURE_H
#define MCUNAS_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

/* Runs steps 0 .. count - 1 of the model; ticks of the whole. */
uint64_t measure_run(uint16_t count);

/* The same, and writes the ticks of each step to mcn_profile (the largest uint32_t if they are more). */
uint64_t measure_steps(uint16_t count);

/* Ticks that an empty measurement shows. */
uint32_t measure_overhead(void);

/* Whether the counter advances. */
bool measure_counter_advances(void);

#endif
