@ Four elements at a time of an ADD.
@
@ q0, q1: elements of the first and second input, then their shares of the sum; q2..q4: multipliers of first, second, output;
@ q5: 2^20; q6, q7: limits. r3, r4: what shares start from; r5..r7: shifts; r8..r10: 1 where a shift has bits; r11: zero point.

#include "macros.inc"

    .set SAVED, 40 + 64

@ x / 2^-shift, ties away from zero: negative values 1 lower, then rounded upwards.
.macro SHIFT x, shift, one
    vqdmlah.s32 \x, \x, \one
    vrshl.s32 \x, \shift
.endm

@ void mcn_add_vectors_helium(const int8_t *first, const int8_t *second, int8_t *output, uint32_t count,
@                             const sums_t *sums): add.c
    MCN_FUNCTION mcn_add_vectors_helium, SAVED
    push    {r3-r11, lr}
    vpush   {d8-d15}
    ldr     r12, [sp, #SAVED]
    mov     lr, r3
    ldmia   r12!, {r3-r8}
    vdup.32 q2, r3
    vdup.32 q3, r4
    vdup.32 q4, r5
    vdup.32 q5, r6
    vdup.32 q6, r7
    vdup.32 q7, r8
    ldm     r12, {r3-r11}
    wlstp.32 lr, lr, 2f
1:
    vldrb.s32 q0, [r0], #4
    vmlas.s32 q0, q5, r3
    vldrb.s32 q1, [r1], #4
    vqrdmulh.s32 q0, q0, q2
    vmlas.s32 q1, q5, r4
    vqrdmulh.s32 q1, q1, q3
    SHIFT   q0, r5, r8
    SHIFT   q1, r6, r9
    vadd.i32 q0, q0, q1
    vqrdmulh.s32 q0, q0, q4
    SHIFT   q0, r7, r10
    vadd.i32 q0, q0, r11
    vmax.s32 q0, q0, q6
    vmin.s32 q0, q0, q7
    vstrb.32 q0, [r2], #4
    letp    lr, 1b
2:
    vpop    {d8-d15}
    pop     {r3-r11, pc}
    MCN_END mcn_add_vectors_helium
