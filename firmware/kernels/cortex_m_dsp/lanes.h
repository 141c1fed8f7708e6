/* Words of several small integers: the DSP instructions of ARMv7E-M for them, with portable bodies for other machines.
 *
 * A word is four int8 (byte 0 lowest) or two int16 (the lower half first). Sums wrap at 32 bits.
 */
#ifndef MCUNAS_KERNELS_CORTEX_M_DSP_LANES_H
#define MCUNAS_KERNELS_CORTEX_M_DSP_LANES_H

#include "dsp.h"

/* A function that several kernels are made of: each calls its assembly directly, so that the stack has a bound. */
#define TEMPLATE static inline __attribute__((always_inline))

/* Four bytes from any address. */
static inline uint32_t mcn_load(const void *from)
{
    uint32_t word;
    __builtin_memcpy(&word, from, sizeof word);
    return word;
}

static inline void mcn_store(void *to, uint32_t word)
{
    __builtin_memcpy(to, &word, sizeof word);
}

/* The same value in all four bytes, in both halves. */
static inline uint32_t mcn_splat_s8(int8_t value)
{
    return (uint8_t)value * 0x01010101U;
}

static inline uint32_t mcn_splat_s16(int16_t value)
{
    return (uint16_t)value * 0x00010001U;
}

#if defined(__ARM_FEATURE_DSP)

/* Bytes 0 and 2, bytes 1 and 3, sign-extended to int16. */
static inline uint32_t mcn_even_bytes(uint32_t x)
{
    uint32_t result;
    __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(x));
    return result;
}

static inline uint32_t mcn_odd_bytes(uint32_t x)
{
    uint32_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(x));
    return result;
}

/* int16 sums plus bytes 0 and 2, plus bytes 1 and 3. */
static inline uint32_t mcn_add_even_bytes(uint32_t sums, uint32_t x)
{
    uint32_t result;
    __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(sums), "r"(x));
    return result;
}

static inline uint32_t mcn_add_odd_bytes(uint32_t sums, uint32_t x)
{
    uint32_t result;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(sums), "r"(x));
    return result;
}

/* The lower halves of both words, the upper halves, and the lower half of one with the upper half of the other. */
static inline uint32_t mcn_lower_halves(uint32_t low, uint32_t high)
{
    uint32_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

static inline uint32_t mcn_upper_halves(uint32_t low, uint32_t high)
{
    uint32_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
    return result;
}

static inline uint32_t mcn_lower_upper(uint32_t low, uint32_t high)
{
    uint32_t result;
    __asm__("pkhbt %0, %1, %2" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

/* sum + the products of both int16. */
static inline int32_t mcn_dot_s16(uint32_t x, uint32_t y, int32_t sum)
{
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

/* sum + x * y / 2^32, sum - x * y / 2^32: rounded to nearest, ties upwards. */
static inline int32_t mcn_add_high_product(int32_t sum, int32_t x, int32_t y)
{
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

static inline int32_t mcn_subtract_high_product(int32_t sum, int32_t x, int32_t y)
{
    int32_t result;
    __asm__("smmlsr %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
}

static inline int8_t mcn_saturate_s8(int32_t x)
{
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(x));
    return (int8_t)result;
}

/* Half by half modulo 2^16: the sum. */
static inline uint32_t mcn_add_halves(uint32_t x, uint32_t y)
{
    uint32_t result;
    __asm__("uadd16 %0, %1, %2" : "=r"(result) : "r"(x), "r"(y));
    return result;
}

/* Half by half: the int16 divided by 2, rounded down. */
static inline uint32_t mcn_halve(uint32_t x)
{
    uint32_t result;
    __asm__("shadd16 %0, %1, %2" : "=r"(result) : "r"(x), "r"(0));
    return result;
}

/* Half by half: of yes where the int16 of x is not negative, else of no. */
static inline uint32_t mcn_choose_halves(uint32_t x, uint32_t yes, uint32_t no)
{
    uint32_t result;
    __asm__("sadd16 %0, %1, %4\n\tsel %0, %2, %3" : "=&r"(result) : "r"(x), "r"(yes), "r"(no), "r"(0));
    return result;
}

#else

static inline uint32_t mcn_halves(int32_t low, int32_t high)
{
    return (uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16;
}

static inline uint32_t mcn_even_bytes(uint32_t x)
{
    return mcn_halves((int8_t)x, (int8_t)(x >> 16));
}

static inline uint32_t mcn_odd_bytes(uint32_t x)
{
    return mcn_halves((int8_t)(x >> 8), (int8_t)(x >> 24));
}

static inline uint32_t mcn_add_even_bytes(uint32_t sums, uint32_t x)
{
    return mcn_halves((int16_t)sums + (int8_t)x, (int16_t)(sums >> 16) + (int8_t)(x >> 16));
}

static inline uint32_t mcn_add_odd_bytes(uint32_t sums, uint32_t x)
{
    return mcn_add_even_bytes(sums, x >> 8);
}

static inline uint32_t mcn_lower_halves(uint32_t low, uint32_t high)
{
    return (low & 0xFFFFU) | high << 16;
}

static inline uint32_t mcn_upper_halves(uint32_t low, uint32_t high)
{
    return low >> 16 | (high & 0xFFFF0000U);
}

static inline uint32_t mcn_lower_upper(uint32_t low, uint32_t high)
{
    return (low & 0xFFFFU) | (high & 0xFFFF0000U);
}

static inline int32_t mcn_add_high_product(int32_t sum, int32_t x, int32_t y)
{
    return (int32_t)(((int64_t)sum * (1LL << 32) + (int64_t)x * y + (1LL << 31)) >> 32);
}

static inline int32_t mcn_subtract_high_product(int32_t sum, int32_t x, int32_t y)
{
    return (int32_t)(((int64_t)sum * (1LL << 32) - (int64_t)x * y + (1LL << 31)) >> 32);
}

static inline int8_t mcn_saturate_s8(int32_t x)
{
    return (int8_t)(x < INT8_MIN ? INT8_MIN : x > INT8_MAX ? INT8_MAX : x);
}

static inline uint32_t mcn_add_halves(uint32_t x, uint32_t y)
{
    return mcn_halves((int32_t)(x + y), (int32_t)((x >> 16) + (y >> 16)));
}

static inline uint32_t mcn_halve(uint32_t x)
{
    return mcn_halves((int16_t)x >> 1, (int16_t)(x >> 16) >> 1);
}

static inline uint32_t mcn_choose_halves(uint32_t x, uint32_t yes, uint32_t no)
{
    return mcn_lower_upper((int16_t)x >= 0 ? yes : no, (int32_t)x >= 0 ? yes : no);
}

static inline int32_t mcn_dot_s16(uint32_t x, uint32_t y, int32_t sum)
{
    const int32_t low = (int16_t)x * (int16_t)y;
    const int32_t high = (int16_t)(x >> 16) * (int16_t)(y >> 16);
    return (int32_t)((uint32_t)sum + (uint32_t)low + (uint32_t)high);
}

#endif
#endif
