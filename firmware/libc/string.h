/* The four functions that the compiler may call by itself; the firmware links no C library. */
#ifndef MCUNAS_LIBC_STRING_H
#define MCUNAS_LIBC_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *left, const void *right, size_t bytes);

#endif
