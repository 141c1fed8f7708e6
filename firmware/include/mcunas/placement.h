/* What a compiled model (model.c) defines for the firmware around it, and where the linker puts each part. */
#ifndef MCUNAS_PLACEMENT_H
#define MCUNAS_PLACEMENT_H

#include <stdint.h>

#include "mcunas/engine.h"

/* Carried by every constant of model.c: it goes to the section `.model`, which CHECK reads (docs/protocol.md). */
#define MCN_MODEL_CONST __attribute__((section(".model_const"), aligned(sizeof(void *))))

/* Carried by the arena: it goes to the section `.arena`, which takes no room in flash and is not cleared at reset. */
#define MCN_ARENA __attribute__((section(".bss.arena"), aligned(16)))

extern const mcn_model_t mcn_model;
extern uint8_t mcn_arena[];    /* [mcn_model.arena_bytes], MCN_ARENA */
extern uint32_t mcn_profile[]; /* [mcn_model.step_count], ticks of each step of the last profiled RUN */

#endif
