@ A row of outputs of one channel, two columns apart, from words of their rows (depthwise_conv_2d_3x3.h).
@
@ q0: weights; q1: where four results go; q2..q5: inputs, q2 then the four results; q6, q7: their limits.

#include "macros.inc"

    .set SAVED, 32 + 64

@ void mcn_depthwise_row_s2_helium(const filter_t *f, const uint32_t *words, int8_t *output, uint32_t columns):
@ depthwise_conv_2d_3x3_s2.c
    MCN_FUNCTION mcn_depthwise_row_s2_helium, SAVED
    push    {r4-r10, lr}
    vpush   {d8-d15}
    vldrw.u32 q0, [r0], #16
    vldrw.u32 q1, [r0], #16
    vldrw.u32 q6, [r0], #16
    vldrw.u32 q7, [r0], #16
    mov     r7, r2                      @ output
    ldm     r0, {r5, r8-r10, r12, lr}   @ bias, multiplier, one, shift, zero point, step
1:
    vldrw.u32 q2, [r1], #8
    vmladav.s8 r0, q2, q0
    vldrw.u32 q3, [r1], #8
    vmladav.s8 r2, q3, q0
    vldrw.u32 q4, [r1], #8
    vmladav.s8 r4, q4, q0
    vldrw.u32 q5, [r1], #8
    vmladav.s8 r6, q5, q0
    vmov    q2[2], q2[0], r0, r4
    vmov    q2[3], q2[1], r2, r6
    vadd.i32 q2, q2, r5
    vqrdmulh.s32 q2, q2, r8
    vqdmlah.s32 q2, q2, r9              @ negative values 1 lower, so that ties go away from zero
    vrshl.s32 q2, r10
    vadd.i32 q2, q2, r12
    vctp.32 r3
    vmax.s32 q2, q2, q6
    vmin.s32 q2, q2, q7
    vpst
    vstrbt.32 q2, [r7, q1]
    add     r7, lr
    subs    r3, #4
    bhi     1b
    vpop    {d8-d15}
    pop     {r4-r10, pc}
    MCN_END mcn_depthwise_row_s2_helium
