/* Two output rows of four channels of a 3x3 depthwise convolution of stride 1, from the column buffer (see the .h).
 *
 * A block of 2x2 outputs reads 4 columns of the two row pairs a (rows r, r + 1) and b (rows r + 2, r + 3):
 *
 *      a0 a1 a2 a3      r9  r10     rows r .. r + 2
 *      b0 b1 b2 b3      r11 r8      rows r + 1 .. r + 3
 *
 * With a kernel column's words w01, w12 the upper output needs a * w01 + b.lower * w2, the lower one
 * a.upper * w0 + b * w12.
 */
#if defined(__ARM_FEATURE_DSP)
#include "depthwise_conv_2d_3x3.inc"

/* One column for one output column. The sums start from upper_from, lower_from. */
.macro tap a, b, w01, w12, upper, lower, upper_from, lower_from
    smlad   \upper, \a, \w01, \upper_from
    smlatb  \lower, \a, \w01, \lower_from
    smlabt  \upper, \b, \w12, \upper
    smlad   \lower, \b, \w12, \lower
.endm

/* (r0 buffer, r1 multiplier of the first channel, r2 multiplier of channel 3, r3 bytes to the first channel in the buffer)
 * a, b: which of r12, lr gets slot 0, slot 1's word */
.macro two_rows name, a, b, relu
MCN_FUNCTION \name, 40
    push    {r2, r4-r11, lr}
    add     r0, r0, r3
1:  ldmdb   r1, {r2-r8}                 /* w01, w12 of three columns, bias */
    ldrd    r12, lr, [r0], #64
    tap     \a, \b, r2, r3, r9, r11, r8, r8
    ldrd    r12, lr, [r0, #-32]
    tap     \a, \b, r4, r5, r9, r11, r9, r11
    tap     \a, \b, r2, r3, r10, r8, r8, r8
    ldrd    r12, lr, [r0]
    tap     \a, \b, r6, r7, r9, r11, r9, r11
    tap     \a, \b, r4, r5, r10, r8, r10, r8
    ldrd    r12, lr, [r0, #32]
    tap     \a, \b, r6, r7, r10, r8, r10, r8
    ldmia   r1, {r2-r7, r12, lr}        /* multiplier, divisor, zero point, output, end, step, to row, to row + step */
    MCN_REQUANTIZE r11, r2, r3, r4, \relu
    MCN_REQUANTIZE r8, r2, r3, r4, \relu
    MCN_REQUANTIZE r10, r2, r3, r4, \relu
    MCN_REQUANTIZE r9, r2, r3, r4, \relu
    strb    r11, [r5, r12]              /* lower row first: if there is none, r12 is 0 and the upper follows */
    strb    r8, [r5, lr]
    strb    r10, [r5, r7]
    strb    r9, [r5]
    add     r5, r5, r7, lsl #1
    cmp     r0, r6
    str     r5, [r1, #OUTPUT]
    bne     1b
    ldrd    r2, r3, [r1, #TO_NEXT_CHANNEL] @ and ODD
    cmp     r3, #0
    beq     2f
    ldmdb   r1, {r2-r8}
    ldrd    r12, lr, [r0]
    tap     \a, \b, r2, r3, r9, r8, r8, r8
    ldrd    r12, lr, [r0, #32]
    tap     \a, \b, r4, r5, r9, r8, r9, r8
    ldrd    r12, lr, [r0, #64]
    tap     \a, \b, r6, r7, r9, r8, r9, r8
    ldmia   r1, {r2-r7, r12}
    MCN_REQUANTIZE r8, r2, r3, r4, \relu
    MCN_REQUANTIZE r9, r2, r3, r4, \relu
    strb    r8, [r5, r12]
    strb    r9, [r5]
    ldr     r2, [r1, #TO_NEXT_CHANNEL]
    add     r5, r5, r7
2:  add     r5, r5, r12                 /* the lower row is written as well */
    str     r5, [r1, #OUTPUT]
    ldr     r3, [sp]
    add     r0, r0, r2
    cmp     r1, r3
    add     r1, r1, #CHANNEL_BYTES
    bne     1b
    pop     {r2, r4-r11, pc}
MCN_END \name
.endm

two_rows mcn_depthwise_3x3_s1_slot0, r12, lr, 0
two_rows mcn_depthwise_3x3_s1_slot1, lr, r12, 0
two_rows mcn_depthwise_3x3_s1_relu_slot0, r12, lr, 1
two_rows mcn_depthwise_3x3_s1_relu_slot1, lr, r12, 1
#endif
