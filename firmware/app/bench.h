/* The bench: a model of two steps that runs any one operation which the host describes (docs/protocol.md, The bench).
 *
 * Step 0 gets the operation ready: pointers to its constants, pseudo-random inputs. Step 1 is the operation, so that its
 * ticks in a profiled RUN are those of a step of any model. The description is the model's one input, the operation's
 * output its one output. */
#ifndef MCUNAS_APP_BENCH_H
#define MCUNAS_APP_BENCH_H

#include "mcunas/engine.h"

#define BENCH_FILLS 8
#define BENCH_POINTERS 4
#define BENCH_ARGS_BYTES 128

/* The description; toolchain/bench/job.py writes it. */
typedef struct {
    uint32_t kernel; /* index into bench_kernels; beyond them: nothing is run */
    mcn_span_t output;
    uint32_t seed;   /* of the inputs */
    uint32_t fill_count, pointer_count;
    struct {
        mcn_span_t span;
        uint32_t is_float; /* float32, multiples of 1/16 between -8 and 8; else any bytes */
    } fill[BENCH_FILLS];
    struct {
        uint32_t field; /* bytes from the start of args */
        uint32_t at;    /* bytes from the start of bench_constants */
    } pointer[BENCH_POINTERS];
    uint8_t args[BENCH_ARGS_BYTES]; /* the kernel's record, pointers 0 */
} bench_job_t;

/* Defined in the bench's model.c. */
extern const mcn_kernel_t bench_kernels[];
extern const uint32_t bench_kernel_count;
extern const uint32_t bench_constants[];
extern mcn_step_t bench_steps[2];
extern mcn_span_t bench_output;

/* Step 0; `args` is the bench_job_t. */
void bench_prepare(const void *args, uint8_t *arena);

/* Step 1 before a description has come: returns at once. */
void bench_nothing(const void *args, uint8_t *arena);

#endif
