/* Copying and filling by vectors, the last one by tail predication. */
#ifndef MCUNAS_HELIUM_BYTES_H
#define MCUNAS_HELIUM_BYTES_H

#include <arm_mve.h>

/* Copies `count` bytes, perhaps 0. Returns where they end. */
static inline int8_t *copy_bytes(int8_t *to, const int8_t *from, uint32_t count)
{
    __asm volatile("wlstp.8 lr, %[count], 2f\n"
                   "1: vldrb.u8 q0, [%[from]], #16\n"
                   "vstrb.8 q0, [%[to]], #16\n"
                   "letp lr, 1b\n"
                   "2:"
                   : [to] "=r"(to), [from] "+r"(from)
                   : "0"(to), [count] "r"(count)
                   : "q0", "lr", "cc", "memory");
    return to;
}

/* Sets `count` bytes, perhaps 0, to those of `value`. */
static inline void fill_bytes(int8_t *to, int8x16_t value, uint32_t count)
{
    __asm volatile("wlstp.8 lr, %[count], 2f\n"
                   "1: vstrb.8 %q[value], [%[to]], #16\n"
                   "letp lr, 1b\n"
                   "2:"
                   : [to] "+r"(to)
                   : [value] "w"(value), [count] "r"(count)
                   : "lr", "cc", "memory");
}

#endif
