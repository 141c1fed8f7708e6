/* ADD, int8, for Armv6-M. */
#include "../scalar/add.h"

void mcn_add_run_v6m(const mcn_add_job_t *job);

void mcn_add_v6m(const void *args, uint8_t *arena)
{
    const mcn_add_job_t job = mcn_add_job(args, arena);
    if (mcn_add_is_usual(&job)) {
        mcn_add_run_v6m(&job);
    } else {
        mcn_add_run(job);
    }
}
