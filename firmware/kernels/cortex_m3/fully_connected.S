@ Dot products of one row of inputs with four rows of weights for Cortex-M3 (see ../scalar/fully_connected.h).
#include "macros.inc"

@ One input, four weights.
.macro STEP
    ldrsb   r12, [r0], #1
    ldrsb   lr, [r4], #1
    mla     r8, r12, lr, r8
    ldrsb   lr, [r5], #1
    mla     r9, r12, lr, r9
    ldrsb   lr, [r6], #1
    mla     r10, r12, lr, r10
    ldrsb   lr, [r7], #1
    mla     r11, r12, lr, r11
.endm

MCN_FUNCTION mcn_dot_four_m3, 36
    push    {r4, r5, r6, r7, r8, r9, r10, r11, lr}
    ldmia   r1, {r4, r5, r6, r7}
    ldmia   r3, {r8, r9, r10, r11}
    subs    r2, r2, #4
    blt     .Lrest
.Lfour:
    STEP
    STEP
    STEP
    STEP
    subs    r2, r2, #4
    bge     .Lfour
.Lrest:
    adds    r2, r2, #4
    beq     .Ldone
.Lone:
    STEP
    subs    r2, r2, #1
    bne     .Lone
.Ldone:
    stmia   r3, {r8, r9, r10, r11}
    pop     {r4, r5, r6, r7, r8, r9, r10, r11, pc}
MCN_END mcn_dot_four_m3
