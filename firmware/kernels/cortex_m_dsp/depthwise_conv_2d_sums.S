/* The inner loop of depthwise_conv_2d.c: sums of 2 output rows x 3 output columns of one channel.
 *
 *       upper row    r4 r5 r6         a word of weights for each row in r10, r11; r0 -> the column of the first output,
 *       lower row    r7 r8 r9         r2 bytes from there to the second's, 2 * r2 to the third's
 *
 * A step is LDRD of weights, 3 LDR of row pairs and 6 SMLAD: 12 multiplications where both rows use all of a pair. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"

.set FRAME_WIDTH, 0
.set FRAME_SUMS, 4

@ void mcn_depthwise_sums(const uint32_t *columns, const window_t *window, int32_t sums[6])
MCN_FUNCTION mcn_depthwise_sums, 44
    push    {r2, r4-r11, lr}
    ldmia   r1, {r1-r4, lr}             @ weights, next output column, kernel width, bias, jumps
    push    {r3}
    mov     r5, r4
    mov     r6, r4
    mov     r7, r4
    mov     r8, r4
    mov     r9, r4
1:  ldrd    r10, r11, [r1], #8
    ldr     r12, [r0, r2]
    smlad   r5, r12, r10, r5
    smlad   r8, r12, r11, r8
    ldr     r12, [r0, r2, lsl #1]
    smlad   r6, r12, r10, r6
    smlad   r9, r12, r11, r9
    ldr     r12, [r0], #4
    smlad   r4, r12, r10, r4
    smlad   r7, r12, r11, r7
    subs    r3, r3, #1
    bne     1b
    ldr     r12, [lr], #4               @ bytes to the next pair, 0 after the last one
    ldr     r3, [sp, #FRAME_WIDTH]
    add     r0, r0, r12
    cmp     r12, #0
    bne     1b
    ldr     r12, [sp, #FRAME_SUMS]
    stmia   r12, {r4-r9}
    add     sp, sp, #8
    pop     {r4-r11, pc}
MCN_END mcn_depthwise_sums
#endif
