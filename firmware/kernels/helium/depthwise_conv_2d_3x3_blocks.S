@ A row of blocks of 2x2 outputs of one channel, from words of four rows (depthwise_conv_2d_3x3.h).
@
@ q0..q3: weights of the four windows; q4: inputs, then the four results; q5: where these go; q6, q7: their limits.

#include "macros.inc"

    .set SAVED, 36 + 64

@ void mcn_depthwise_blocks_helium(const filter_t *f, const uint32_t *words, int8_t *output, uint32_t columns,
@                                  uint32_t live): depthwise_conv_2d_3x3.c
    MCN_FUNCTION mcn_depthwise_blocks_helium, SAVED
    push    {r4-r11, lr}
    vpush   {d8-d15}
    ldr     r4, [sp, #SAVED]
    vmsr    p0, r4
    vldrw.u32 q0, [r0], #16
    vldrw.u32 q1, [r0], #16
    vldrw.u32 q2, [r0], #16
    vldrw.u32 q3, [r0], #16
    vldrw.u32 q5, [r0], #16
    vldrw.u32 q6, [r0], #16
    vldrw.u32 q7, [r0], #16
    mov     r7, r2                      @ output
    ldm     r0, {r5, r8-r12}            @ bias, multiplier, one, shift, zero point, step
    lsr     lr, r3, #1
    wls     lr, lr, 2f
1:
    vldrw.u32 q4, [r1], #8
    vmladav.s8 r0, q4, q0
    vmladav.s8 r2, q4, q1
    vmladav.s8 r4, q4, q2
    vmladav.s8 r6, q4, q3
    vmov    q4[2], q4[0], r0, r4
    vmov    q4[3], q4[1], r2, r6
    vadd.i32 q4, q4, r5
    vqrdmulh.s32 q4, q4, r8
    vqdmlah.s32 q4, q4, r9              @ negative values 1 lower, so that ties go away from zero
    vrshl.s32 q4, r10
    vadd.i32 q4, q4, r11
    vmax.s32 q4, q4, q6
    vmin.s32 q4, q4, q7
    vpst
    vstrbt.32 q4, [r7, q5]
    add     r7, r12
    le      lr, 1b
2:
    lsls    r3, r3, #31                 @ an odd column is the left half of a block
    beq     3f
    movs    r3, #0
    vmrs    r4, p0
    movw    r6, #0x0F0F
    and     r4, r4, r6
    vmsr    p0, r4
    mov     lr, #1
    b       1b
3:
    vpop    {d8-d15}
    pop     {r4-r11, pc}
    MCN_END mcn_depthwise_blocks_helium
