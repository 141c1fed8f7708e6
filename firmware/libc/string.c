#include "string.h"

#include <stdbool.h>
#include <stdint.h>

/* Whole words may be moved: both ends lie alike, so that aligning one aligns the other. */
static bool same_alignment(const void *a, const void *b) {
    return (((uintptr_t)a ^ (uintptr_t)b) & 3) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (same_alignment(out, in)) {
        for (; bytes > 0 && ((uintptr_t)out & 3) != 0; bytes--) {
            *out++ = *in++;
        }
        for (; bytes >= 4; bytes -= 4, out += 4, in += 4) {
            *(uint32_t *)out = *(const uint32_t *)in;
        }
    }
    while (bytes-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t bytes) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (out <= in || out >= in + bytes) {
        /* Upwards in single steps is safe for any overlap below, which memcpy's `restrict` does not promise. */
        while (bytes-- > 0) {
            *out++ = *in++;
        }
    } else {
        while (bytes-- > 0) {
            out[bytes] = in[bytes];
        }
    }
    return to;
}

void *memset(void *to, int value, size_t bytes) {
    uint8_t *out = to;
    const uint32_t word = (uint8_t)value * 0x01010101u;
    for (; bytes > 0 && ((uintptr_t)out & 3) != 0; bytes--) {
        *out++ = (uint8_t)value;
    }
    for (; bytes >= 4; bytes -= 4, out += 4) {
        *(uint32_t *)out = word;
    }
    while (bytes-- > 0) {
        *out++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t bytes) {
    const uint8_t *a = left, *b = right;
    for (size_t i = 0; i < bytes; i++) {
        if (a[i] != b[i]) {
            return a[i] - b[i];
        }
    }
    return 0;
}
