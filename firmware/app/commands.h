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
    COMMAND_COUNTER = 8,
};

/* Once before the first command. */
void commands_init(void);

/* Carries out `request` and fills in `response`, apart from its seq. */
void commands_run(const link_frame_t *request, link_frame_t *response);

#endif
