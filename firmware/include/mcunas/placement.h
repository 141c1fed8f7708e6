/* What model.c defines for mcunas's own firmware, and where its linker scripts put each part. */
#ifndef MCUNAS_PLACEMENT_H
#define MCUNAS_PLACEMENT_H

#include <stdint.h>

#include "mcunas/engine.h"
#include "mcunas/memory.h"

/* Constants go to the section `.model`, which CHECK reads (docs/protocol.md). */
#undef MCN_MODEL_PLACE
#define MCN_MODEL_PLACE __attribute__((section(".model_const")))

/* The arena goes to the section `.arena`, which takes no room in flash and is not cleared at reset. */
#undef MCN_ARENA_PLACE
#define MCN_ARENA_PLACE __attribute__((section(".bss.arena")))

extern const mcn_model_t mcn_model;
extern uint8_t mcn_arena[];    /* [mcn_model.arena_bytes], MCN_ARENA */
extern uint32_t mcn_profile[]; /* [mcn_model.step_count], ticks of each step of the last profiled RUN */

#endif
