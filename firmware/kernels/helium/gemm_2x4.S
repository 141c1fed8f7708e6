@ Two pixels times all output channels, four channels at a time.
@
@ The register tile; every sum is one VMLADAVA of 16 products, so it needs a core register with an even number:
@
@               channel 0   1    2    3
@     pixel 0 (q0)     r0   r2   r4   r6
@     pixel 1 (q1)     r8   r10  r12  lr
@
@ Weights come in q2..q5 from one stream (search/hardware/packing_helium.py): of four channels, 16 inputs of each in turn;
@ then their biases, multipliers and scales 2^(31 - e) for a shift of e = 1..31 to the right.
@ Loads stand between multiplications, where a core with two beats a cycle carries out both at once.

#include "macros.inc"

    .set IN, 0         @ sp: both inputs
    .set ZERO_POINT, 8 @ zero point, 1
    .set END, 16       @ end of pixel 0's outputs
    .set REST, 20      @ whether the vectors behind the first are even (0) or odd (1) in number, or none (-1)
    .set FRAME, 24
    .set SAVED, 36 + 64

@ 16 products of two pixels and four channels each; step: a to add, nothing to begin.
.macro PRODUCTS step
    vldrb.u8 q0, [r9], #16
    vldrb.u8 q2, [r5], #16
    vmladav\step\().s8 r0, q0, q2
    vldrb.u8 q1, [r11], #16
    vmladav\step\().s8 r8, q1, q2
    vldrb.u8 q3, [r5], #16
    vmladav\step\().s8 r2, q0, q3
    vmladav\step\().s8 r10, q1, q3
    vldrb.u8 q4, [r5], #16
    vmladav\step\().s8 r4, q0, q4
    vmladav\step\().s8 r12, q1, q4
    vldrb.u8 q5, [r5], #16
    vmladav\step\().s8 r6, q0, q5
    vmladav\step\().s8 lr, q1, q5
.endm

@ void mcn_gemm_2x4_helium(const mcn_gemm_t *g, const int8_t *input0, const int8_t *input1, int8_t *output0,
@                          int8_t *output1): gemm.h
    MCN_FUNCTION mcn_gemm_2x4_helium, SAVED + FRAME
    push    {r4-r11, lr}
    vpush   {d8-d15}
    sub     sp, #FRAME
    strd    r1, r2, [sp, #IN]
    mov     r9, r1
    mov     r1, r3                      @ output 0
    ldr     r3, [sp, #FRAME + SAVED]    @ output 1
    ldrd    r5, r7, [r0]                @ stream, depth
    ldrd    r4, r6, [r0, #8]            @ channels, zero point
    ldrd    r2, r8, [r0, #16]           @ limits
    vdup.32 q6, r2
    vdup.32 q7, r8
    movs    r2, #1
    strd    r6, r2, [sp, #ZERO_POINT]
    adds    r4, r4, r1
    ldr     r0, [r0, #24]
    strd    r4, r0, [sp, #END]
    adds    r7, r7, r9                  @ end of input 0
1:
    ldrd    r9, r11, [sp, #IN]
    ldr     r0, [sp, #REST]
    cmp     r0, #0
    PRODUCTS
    bmi     4f
    bne     3f
2:
    PRODUCTS a
3:
    PRODUCTS a
    cmp     r9, r7
    bne     2b
4:
    vmov    q0[2], q0[0], r0, r4
    vmov    q0[3], q0[1], r2, r6
    vldrw.u32 q2, [r5], #16
    vmov    q1[2], q1[0], r8, r12
    vmov    q1[3], q1[1], r10, lr
    vadd.i32 q0, q0, q2
    vldrw.u32 q3, [r5], #16
    vadd.i32 q1, q1, q2
    ldrd    r0, r2, [sp, #ZERO_POINT]
    vqrdmulh.s32 q0, q0, q3
    vqrdmulh.s32 q1, q1, q3
    vldrw.u32 q4, [r5], #16
    vqdmlah.s32 q0, q0, r2              @ negative values 1 lower, so that ties go away from zero
    vqdmlah.s32 q1, q1, r2
    ldr     r4, [sp, #END]
    vqrdmlash.s32 q0, q4, r0            @ values * scale / 2^31, rounded, + zero point
    vqrdmlash.s32 q1, q4, r0
    subs    r4, r4, r1                 @ channels that are left
    vmax.s32 q0, q0, q6
    vmax.s32 q1, q1, q6
    vctp.32 r4
    vmin.s32 q0, q0, q7
    vmin.s32 q1, q1, q7
    vpstt
    vstrbt.32 q0, [r1], #4
    vstrbt.32 q1, [r3], #4
    cmp     r4, #4
    bhi     1b
    add     sp, #FRAME
    vpop    {d8-d15}
    pop     {r4-r11, pc}
    MCN_END mcn_gemm_2x4_helium
