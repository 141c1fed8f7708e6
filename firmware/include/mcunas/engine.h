/* The engine: walks a compiled model's table of steps. No heap, no parsing; the caller owns the arena. */
#ifndef MCUNAS_ENGINE_H
#define MCUNAS_ENGINE_H

#include <stdint.h>

#include "mcunas/kernel.h"

#define MCN_ENGINE_VERSION "1.0"

/* One operation to run. */
typedef struct {
    mcn_kernel_t run;
    const void *args; /* the kernel's own record, see kernel.h */
} mcn_step_t;

/* Where a graph input or output lies in the arena. */
typedef struct {
    uint32_t offset; /* bytes from the arena's start */
    uint32_t bytes;
} mcn_span_t;

/* A compiled model; written by the compiler as model.c, all of it const. */
typedef struct {
    const mcn_step_t *steps;
    const mcn_span_t *inputs;
    const mcn_span_t *outputs;
    uint32_t arena_bytes; /* all tensors and all kernel scratch; the arena must be 16-byte aligned */
    uint16_t step_count;
    uint8_t input_count, output_count;
    uint8_t sha256[32]; /* of the .tflite that it was compiled from */
} mcn_model_t;

/* Runs one step. */
void mcn_step(const mcn_model_t *model, uint8_t *arena, uint16_t index);

/* Runs steps 0 .. count - 1; count = model->step_count runs the whole model. Inputs may be overwritten. */
void mcn_invoke(const mcn_model_t *model, uint8_t *arena, uint16_t count);

#endif
