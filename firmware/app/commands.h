/* The requests of docs/protocol.md. */
#ifndef MCUNAS_COMMANDS_H
#define MCUNAS_COMMANDS_H

#include "link.h"

enum {
    COMMAND_HELLO = 1,
    COMMAND_CHECK = 2,
    COMMAND_WRITE = 3,
    COMMAND_RUN = 4,
    COMMAND_READ = 5,
    COMMAND_MEMORY = 6,
    COMMAND_RESET = 7,
};

/* Once before the first command: `startup_ticks` is told in HELLO. */
void commands_init(uint32_t startup_ticks);

/* Carries out `request` and fills in `response`, apart from its seq. */
void commands_run(const link_frame_t *request, link_frame_t *response);

#endif
