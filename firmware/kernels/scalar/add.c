/* ADD, int8. */
#include "add.h"

void mcn_add_scalar(const void *args, uint8_t *arena)
{
    mcn_add_run(mcn_add_job(args, arena));
}
