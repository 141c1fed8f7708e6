/* FULLY_CONNECTED, int8. For Armv6-M. */
#include "../scalar/fully_connected.h"

mcn_dot_four_t mcn_dot_four_v6m;

void mcn_fully_connected_v6m(const void *args, uint8_t *arena)
{
    mcn_fully_connected(args, arena, mcn_dot_four_v6m);
}
