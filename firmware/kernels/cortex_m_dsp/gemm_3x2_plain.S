/* The convolution tile for constants that the others cannot take: weights not in pairs, multipliers of 1/2 and more, any K. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "tile.inc"

@                channel A   channel B
@      pixel 0       r2          r5         r0 -> activations, int16 pairs, interleaved pixel by pixel: r10 r11 r12
@      pixel 1       r3          r6         r1 -> weights: a word of 4 of A, a word of 4 of B: r8 r9
@      pixel 2       r4          r7
@
@ Four inputs are 2 LDM of activations, 1 LDRD of weights, 4 SXTB16 and 12 SMLAD for 24 multiplications. K / 4 = 1 + b + 3 a
@ words, b = 0..2, are run as the pairs of steps of gemm_3x2.inc.
@
@ A channel pair in the stream: bias A, bias B, words of A and B in turn, doubled multiplier and scale of A, of B. A scale above
@ 0 is 1 more than the bits of a shift to the left; else as in MCN_REQUANTIZE.

.set UNROLL, 5          @ blocks of three words in the loop

.macro WORDS count
  .rept \count
    ldrd    r8, r9, [r1], #8
    ldmia   r0!, {r10, r11, r12}
    sxtb16  lr, r8
    smlad   r2, r10, lr, r2
    smlad   r3, r11, lr, r3
    smlad   r4, r12, lr, r4
    sxtb16  lr, r9
    smlad   r5, r10, lr, r5
    smlad   r6, r11, lr, r6
    smlad   r7, r12, lr, r7
    ldmia   r0!, {r10, r11, r12}
    sxtb16  r8, r8, ror #8
    smlad   r2, r10, r8, r2
    smlad   r3, r11, r8, r3
    smlad   r4, r12, r8, r4
    sxtb16  r9, r9, ror #8
    smlad   r5, r10, r9, r5
    smlad   r6, r11, r9, r6
    smlad   r7, r12, r9, r7
  .endr
.endm

.macro REQUANTIZE_LEFT acc, doubled, left
    lsl     \acc, \acc, \left
    smmlar  \acc, \acc, \doubled, \acc
    add     \acc, \acc, lr
    ssat    \acc, #8, \acc
.endm

@ A channel's three sums.
.macro REQUANTIZE_ALL x, y, z, doubled, scale
    cmp     \scale, #0
    bgt     .Lleft\@
    MCN_REQUANTIZE \x, \doubled, \scale, lr, 0
    MCN_REQUANTIZE \y, \doubled, \scale, lr, 0
    MCN_REQUANTIZE \z, \doubled, \scale, lr, 0
    b       .Lrequantized\@
.Lleft\@:
    sub     \scale, #1
    REQUANTIZE_LEFT \x, \doubled, \scale
    REQUANTIZE_LEFT \y, \doubled, \scale
    REQUANTIZE_LEFT \z, \doubled, \scale
.Lrequantized\@:
.endm

MCN_FUNCTION mcn_gemm_3x2_plain_dsp, 76
    TILE_ENTER 0
    str     lr, [sp, #STOP]     @ there is nothing to rescue before the end
.Lpair:
    ldmia   r1!, {r2, r5}
    mov     r3, r2
    mov     r4, r2
    mov     r6, r5
    mov     r7, r5
    WORDS   1
    ldr     pc, [sp, #FIRST]
    .balign 4
.Lfour:
    WORDS   1
.Ltwo:
    WORDS   1
    ldr     pc, [sp, #SECOND]
    .balign 4
.Lbody:
    WORDS   3 * UNROLL
.Lbody_end:
    ldr     pc, [sp, #EXIT]     @ straight on if the loop runs but once
    .balign 4
.Lloop:
    TILE_LOOP .Lbody, 0, 0
.Ldone:
    ldrd    r0, lr, [sp, #OUT]
    ldmia   r1!, {r8-r11}
    REQUANTIZE_ALL r2, r3, r4, r8, r9
    REQUANTIZE_ALL r5, r6, r7, r10, r11
    ldmia   sp, {r8, r9, r10}   @ pixels 1 and 2, end of the outputs
    strb    r4, [r0, r9]
    strb    r3, [r0, r8]
    strb    r2, [r0], #1
    strb    r7, [r0, r9]
    strb    r6, [r0, r8]
    strb    r5, [r0], #1
    str     r0, [sp, #OUT]
    cmp     r0, r10
    ldr     r0, [sp, #ACTIVATIONS]
    bne     .Lpair
    add     sp, #40
    pop     {r4-r11, pc}
MCN_END mcn_gemm_3x2_plain_dsp

    .section .rodata.mcn_gemm_3x2_plain_dsp, "a", %progbits
    .balign 4
    .global mcn_gemm_3x2_plain_dsp_code
    .type mcn_gemm_3x2_plain_dsp_code, %object
mcn_gemm_3x2_plain_dsp_code:   @ mcn_gemm_t
    .word   mcn_gemm_3x2_plain_dsp, .Lfour + 1, .Ltwo + 1, .Lbody + 1, .Lloop + 1, .Ldone + 1, (.Lbody_end - .Lbody) / UNROLL
    .size mcn_gemm_3x2_plain_dsp_code, . - mcn_gemm_3x2_plain_dsp_code
#endif
