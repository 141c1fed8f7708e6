/* One output row of four channels of a 3x3 depthwise convolution of stride 2, from the column buffer (see the .h).
 *
 * A block of three outputs reads 7 columns of the row pair a (rows r, r + 1) and of the lower half of b (row r + 2):
 *
 *      a0 a1 a2 a3 a4 a5 a6
 *      b0 b1 b2 b3 b4 b5 b6
 *         r8    r9    r10
 */
#if defined(__ARM_FEATURE_DSP)
#include "depthwise_conv_2d_3x3.inc"

/* One column for one output: kernel column 0, 1 or 2. The sum starts from \from. */
.macro tap0 a, b, sum, from
    smlad   \sum, \a, r2, \from
    smlabb  \sum, \b, r5, \sum
.endm
.macro tap1 a, b, sum
    smlad   \sum, \a, r3, \sum
    smlabt  \sum, \b, r5, \sum
.endm
.macro tap2 a, b, sum
    smlad   \sum, \a, r4, \sum
    smlabb  \sum, \b, r6, \sum
.endm

/* (r0 buffer, r1 multiplier of the first channel, r2 multiplier of channel 3, r3 bytes to the first channel in the buffer)
 * a, b: which of r12, lr gets slot 0, slot 1's word */
.macro one_row name, a, b, relu
MCN_FUNCTION \name, 40
    push    {r2, r4-r11, lr}
    add     r0, r0, r3
1:  ldr     r6, [r1, #BLOCKS_END]
    cmp     r0, r6
    beq     3f
2:  ldmdb   r1, {r2-r7}                 /* rows 0, 1 of three columns, row 2 of columns 0, 1, of column 2, bias */
    ldrd    r12, lr, [r0], #192
    tap0    \a, \b, r8, r7
    ldrd    r12, lr, [r0, #-160]
    tap1    \a, \b, r8
    ldrd    r12, lr, [r0, #-128]
    tap2    \a, \b, r8
    tap0    \a, \b, r9, r7
    ldrd    r12, lr, [r0, #-96]
    tap1    \a, \b, r9
    ldrd    r12, lr, [r0, #-64]
    tap2    \a, \b, r9
    tap0    \a, \b, r10, r7
    ldrd    r12, lr, [r0, #-32]
    tap1    \a, \b, r10
    ldrd    r12, lr, [r0]
    tap2    \a, \b, r10
    ldmia   r1, {r2-r7, r12}            /* multiplier, divisor, zero point, output, end, step, to the next block */
    MCN_REQUANTIZE r8, r2, r3, r4, \relu
    MCN_REQUANTIZE r9, r2, r3, r4, \relu
    MCN_REQUANTIZE r10, r2, r3, r4, \relu
    strb    r9, [r5, r7]
    strb    r10, [r5, r7, lsl #1]
    strb    r8, [r5]
    add     r5, r5, r12
    cmp     r0, r6
    str     r5, [r1, #OUTPUT]
    bne     2b
3:  ldrd    lr, r3, [r1, #EXTRA]        @ and TO_NEXT_CHANNEL
    cmp     r0, lr
    beq     5f
4:  ldmdb   r1, {r2-r7}
    ldrd    r12, lr, [r0], #64
    tap0    \a, \b, r8, r7
    ldrd    r12, lr, [r0, #-32]
    tap1    \a, \b, r8
    ldrd    r12, lr, [r0]
    tap2    \a, \b, r8
    ldmia   r1, {r2-r7, r12, lr}
    MCN_REQUANTIZE r8, r2, r3, r4, \relu
    strb    r8, [r5]
    add     r5, r5, r7
    cmp     r0, lr
    str     r5, [r1, #OUTPUT]
    bne     4b
    ldr     r3, [r1, #TO_NEXT_CHANNEL]
5:  ldr     r2, [sp]
    add     r0, r0, r3
    cmp     r1, r2
    add     r1, r1, #CHANNEL_BYTES
    bne     1b
    pop     {r2, r4-r11, pc}
MCN_END \name
.endm

one_row mcn_depthwise_3x3_s2_slot0, r12, lr, 0
one_row mcn_depthwise_3x3_s2_slot1, lr, r12, 0
one_row mcn_depthwise_3x3_s2_relu_slot0, r12, lr, 1
one_row mcn_depthwise_3x3_s2_relu_slot1, lr, r12, 1
#endif
