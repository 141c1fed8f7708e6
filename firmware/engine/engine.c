#include "mcunas/engine.h"

void mcn_step(const mcn_model_t *model, uint8_t *arena, uint16_t index) {
    const mcn_step_t *step = &model->steps[index];
    step->run(step->args, arena);
}

void mcn_invoke(const mcn_model_t *model, uint8_t *arena, uint16_t count) {
    for (uint16_t index = 0; index < count; index++) {
        mcn_step(model, arena, index);
    }
}
