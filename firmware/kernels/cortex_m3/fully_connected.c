/* FULLY_CONNECTED, int8. For Cortex-M3. */
#include "../scalar/fully_connected.h"

mcn_dot_four_t mcn_dot_four_m3;

void mcn_fully_connected_m3(const void *args, uint8_t *arena)
{
    mcn_fully_connected(args, arena, mcn_dot_four_m3);
}
