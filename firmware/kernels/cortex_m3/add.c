/* ADD, int8, for Cortex-M3. */
#include "../scalar/add.h"

void mcn_add_run_m3(const mcn_add_job_t *job);

void mcn_add_m3(const void *args, uint8_t *arena)
{
    const mcn_add_job_t job = mcn_add_job(args, arena);
    if (mcn_add_is_usual(&job)) {
        mcn_add_run_m3(&job);
        mcn_clamp(job.output, job.count, (int8_t)job.rescale.act_min, (int8_t)job.rescale.act_max);
    } else {
        mcn_add_run(job);
    }
}
