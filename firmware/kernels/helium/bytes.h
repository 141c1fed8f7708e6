/* Copying and filling by vectors, the last one by tail predication. */
#ifndef MCUNAS_HELIUM_BYTES_H
#define MCUNAS_HELIUM_BYTES_H

#include <arm_mve.h>

#define VECTOR 16 /* bytes of one register */

static inline uint32_t whole_vectors(uint32_t bytes)
{
    return (bytes + VECTOR - 1) & ~(uint32_t)(VECTOR - 1);
}

/* Copies `rows` times `bytes` bytes, each at least 1; pitches from one row to the next. */
static inline void copy_rows(int8_t *to, uint32_t to_pitch, const int8_t *from, uint32_t from_pitch, uint32_t bytes,
                             uint32_t rows)
{
    const uint32_t done = whole_vectors(bytes); /* what the addresses have moved by at the end of a row */
    __asm volatile("1: dlstp.8 lr, %[bytes]\n"
                   "2: vldrb.u8 q0, [%[from]], #16\n"
                   "vstrb.8 q0, [%[to]], #16\n"
                   "letp lr, 2b\n"
                   "add %[from], %[from_skip]\n"
                   "add %[to], %[to_skip]\n"
                   "subs %[rows], #1\n"
                   "bne 1b\n"
                   : [to] "+r"(to), [from] "+r"(from), [rows] "+r"(rows)
                   : [bytes] "r"(bytes), [from_skip] "r"(from_pitch - done), [to_skip] "r"(to_pitch - done)
                   : "q0", "lr", "cc", "memory");
}

/* Sets whole vectors. */
static inline void fill_vectors(int8_t *to, int8x16_t value, uint32_t bytes)
{
    for (; bytes > 0; bytes -= VECTOR, to += VECTOR) {
        vstrbq_s8(to, value);
    }
}

#endif
