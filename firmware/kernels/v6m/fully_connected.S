@ Dot products of one row of inputs with four rows of weights for Armv6-M (see ../scalar/fully_connected.h).
#include "macros.inc"

i .req r1               @ from - count to 0

.macro PRODUCT weights, sum
    ldrsb   r7, [\weights, i]
    muls    r7, r6, r7
    add     \sum, \sum, r7
.endm

MCN_FUNCTION mcn_dot_four_v6m, 4 + 36
    MCN_ENTER 4
    str     r3, [sp]
    mov     r12, r2
    ldmia   r3!, {r4, r5, r6, r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    ldmia   r1!, {r2, r3, r4, r5}
    mov     i, r12
    adds    r0, r0, i
    adds    r2, r2, i
    adds    r3, r3, i
    adds    r4, r4, i
    adds    r5, r5, i
    rsbs    i, i, #0
.Linput:
    ldrsb   r6, [r0, i]
    PRODUCT r2, r8
    PRODUCT r3, r9
    PRODUCT r4, r10
    PRODUCT r5, r11
    adds    i, i, #1
    bne     .Linput
    ldr     r0, [sp]
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    stmia   r0!, {r4, r5, r6, r7}
    MCN_LEAVE 4
MCN_END mcn_dot_four_v6m
