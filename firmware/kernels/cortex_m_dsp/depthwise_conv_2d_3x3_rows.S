/* Expands two rows of int8 [columns, channels] into the column buffer of the 3x3 depthwise kernels (see the .h). */
#if defined(__ARM_FEATURE_DSP)
#include "depthwise_conv_2d_3x3.inc"

/* Words of four channels, \top and \bottom, into the four words of one column; \a, \b, \c are free. */
.macro pair_rows top, bottom, a, b, c
    sxtb16  \a, \top, ror #8            /* channels 1, 3 */
    sxtb16  \b, \bottom, ror #8
    sxtb16  \top, \top                  /* channels 0, 2 */
    sxtb16  \bottom, \bottom
    pkhbt   \c, \top, \bottom, lsl #16  /* channel 0 */
    pkhtb   \bottom, \bottom, \top, asr #16 /* 2 */
    pkhbt   \top, \a, \b, lsl #16       /* 1 */
    pkhtb   \b, \b, \a, asr #16         /* 3 */
.endm

/* (r0 top row, r1 bottom row, r2 top step, r3 bottom step, [sp] slot, [sp, #4] columns) */
MCN_FUNCTION mcn_depthwise_3x3_expand, 36
    push    {r4-r11, lr}
    ldrd    r4, r11, [sp, #36]
    bic     r12, r11, #1
    add     r12, r4, r12, lsl #5
    cmp     r4, r12
    beq     2f
1:  ldr     r5, [r0]
    ldr     r6, [r1]
    pair_rows r5, r6, r7, r8, lr
    ldr     r9, [r0, r2]
    ldr     r10, [r1, r3]
    str     lr, [r4]
    str     r5, [r4, #8]
    str     r6, [r4, #16]
    str     r8, [r4, #24]
    pair_rows r9, r10, r7, r8, lr
    add     r0, r0, r2, lsl #1
    add     r1, r1, r3, lsl #1
    str     r9, [r4, #40]
    str     r10, [r4, #48]
    str     r8, [r4, #56]
    str     lr, [r4, #32]
    add     r4, r4, #64
    cmp     r4, r12
    bne     1b
2:  lsls    r11, r11, #31
    beq     3f
    ldr     r5, [r0]
    ldr     r6, [r1]
    pair_rows r5, r6, r7, r8, lr
    str     lr, [r4]
    str     r5, [r4, #8]
    str     r6, [r4, #16]
    str     r8, [r4, #24]
3:  pop     {r4-r11, pc}
MCN_END mcn_depthwise_3x3_expand
#endif
