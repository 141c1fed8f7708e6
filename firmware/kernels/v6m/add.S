@ The loop of ADD for Armv6-M (see ../scalar/add.h): 48 instructions an element.
@
@ The other input's share, d * 2^20 * m / 2^31 with d = value - zero point, is d * (m >> 11) + d * (m & 2047) / 2^11.
#include "macros.inc"

@ mcn_add_job_t
.set LARGER, 0
.set OTHER, 4
.set OUTPUT, 8
.set COUNT, 12
.set LARGER_ZERO, 16
.set OTHER_ZERO_POINT, 20
.set OTHER_LEFT, 24
.set OTHER_DOUBLED, 28
.set OTHER_EXPONENT, 32
.set DOUBLED, 36
.set SHIFT, 40
.set G_ZERO_POINT, 44
.set ACT_MIN, 48
.set ACT_MAX, 52

.set SUM_BITS, 19

@ The frame.
.set ZERO, 0            @ the larger input's, in units of the sum
.set OTHER_ZERO, 4
.set OTHER_SHIFT, 8
.set EXPONENT, 12
.set ZERO_POINT, 16
.set FRAME, 20

larger .req r4
other .req r5
output .req r6
i .req r7               @ from - count to 0
other_low .req r8
other_high .req r9
low .req r10
high .req r11
min .req r12
max .req lr

MCN_FUNCTION mcn_add_run_v6m, FRAME + 36
    MCN_ENTER FRAME
    ldr     r1, [r0, #LARGER_ZERO]
    str     r1, [sp, #ZERO]
    ldr     r1, [r0, #OTHER_ZERO_POINT]
    str     r1, [sp, #OTHER_ZERO]
    ldr     r1, [r0, #OTHER_EXPONENT]
    str     r1, [sp, #OTHER_SHIFT]
    ldr     r1, [r0, #SHIFT]
    rsbs    r1, r1, #0
    str     r1, [sp, #EXPONENT]
    ldr     r1, [r0, #G_ZERO_POINT]
    str     r1, [sp, #ZERO_POINT]
    ldr     r1, [r0, #ACT_MIN]
    mov     min, r1
    ldr     r1, [r0, #ACT_MAX]
    mov     max, r1
    ldr     r1, [r0, #DOUBLED]
    MCN_SPLIT r1, r2, r3
    mov     high, r2
    mov     low, r3
    ldr     r1, [r0, #OTHER_DOUBLED]
    lsls    r2, r1, #32 - 12
    lsrs    r2, r2, #32 - 11
    lsrs    r1, r1, #12
    ldr     r3, [r0, #OTHER_LEFT]
    subs    r3, r3, #SUM_BITS + 1
    lsls    r1, r1, r3                  @ for twice as much; the low bits are 0 then
    mov     other_high, r1
    mov     other_low, r2
    ldr     i, [r0, #COUNT]
    ldmia   r0!, {larger, other, output}
    adds    larger, larger, i
    adds    other, other, i
    adds    output, output, i
    rsbs    i, i, #0
.Lelement:
    ldrsb   r0, [other, i]
    ldr     r1, [sp, #OTHER_ZERO]
    subs    r0, r0, r1
    mov     r1, other_low
    muls    r1, r0, r1
    mov     r2, other_high
    muls    r0, r2, r0
    asrs    r1, r1, #11
    adcs    r0, r0, r1
    asrs    r1, r0, #31                 @ rounds as MCN_REQUANTIZE does
    adds    r0, r0, r1
    ldrsb   r3, [larger, i]
    lsls    r3, r3, #SUM_BITS
    ldr     r1, [sp, #ZERO]
    subs    r3, r3, r1
    ldr     r1, [sp, #OTHER_SHIFT]
    asrs    r0, r0, r1
    adcs    r0, r0, r3
    sxth    r1, r0                      @ MCN_REQUANTIZE with the halves of the multiplier in high registers
    subs    r0, r0, r1
    asrs    r0, r0, #16
    mov     r2, low
    muls    r2, r1, r2
    asrs    r2, r2, #16
    mov     r3, high
    muls    r1, r3, r1
    adds    r2, r2, r1
    mov     r1, low
    muls    r1, r0, r1
    adds    r2, r2, r1
    muls    r0, r3, r0
    lsls    r0, r0, #1
    asrs    r2, r2, #15
    adcs    r0, r0, r2
    asrs    r1, r0, #31
    adds    r0, r0, r1
    ldr     r1, [sp, #EXPONENT]
    ldr     r2, [sp, #ZERO_POINT]
    asrs    r0, r0, r1
    adcs    r0, r0, r2
    MCN_CLAMP r0, min, max
    strb    r0, [output, i]
    adds    i, i, #1
    bne     .Lelement
    MCN_LEAVE FRAME
MCN_END mcn_add_run_v6m
