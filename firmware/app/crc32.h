/* CRC-32 as zlib computes it (IEEE 802.3, reflected). */
#ifndef MCUNAS_CRC32_H
#define MCUNAS_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of what `crc` covers followed by `data`; start with 0. */
uint32_t crc32(uint32_t crc, const uint8_t *data, size_t bytes);

#endif
