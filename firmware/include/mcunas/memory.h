/* How the constants and the arena of a compiled model (model.c) are aligned, and the seam to place them somewhere.
 *
 * A build may define MCN_MODEL_PLACE and MCN_ARENA_PLACE, e.g. as __attribute__((section(".dtcm"))); without them both
 * lie wherever the compiler puts constants and variables.
 */
#ifndef MCUNAS_MEMORY_H
#define MCUNAS_MEMORY_H

#ifndef MCN_MODEL_PLACE
#define MCN_MODEL_PLACE
#endif

#ifndef MCN_ARENA_PLACE
#define MCN_ARENA_PLACE
#endif

#define MCN_ARENA_ALIGNMENT 16 /* bytes */

/* Carried by every constant of model.c; kernels read arrays of int8 as words. */
#define MCN_MODEL_CONST _Alignas(void *) MCN_MODEL_PLACE

/* Carried by the arena. */
#define MCN_ARENA _Alignas(MCN_ARENA_ALIGNMENT) MCN_ARENA_PLACE

#endif
