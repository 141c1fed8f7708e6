/* Four elements at a time of an ADD in which one input, or both, has half the scale that sums are kept in (see add.c).
 *
 * A sum is first * 2^19 + second * 2^20 * its multiplier * 2^shift; the zero points are folded into what both start from. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"

.macro ELEMENT_HALVES relu
    ldrsb   r11, [r1], #1
    ldrsb   r12, [r0], #1
    add     r12, r12, r11
    add     r12, r4, r12, lsl #19
    MCN_REQUANTIZE r12, r8, r9, r10, \relu
    strb    r12, [r2], #1
.endm

.macro ELEMENT relu
    ldrsb   r11, [r1], #1
    ldrsb   r12, [r0], #1
    add     r11, r5, r11, lsl #21   @ doubled, for SMMULR: x * m / 2^31, ties upwards
    add     r12, r4, r12, lsl #19
    smmulr  r11, r11, r6
    add     r11, r11, r11, asr #31  @ as in MCN_REQUANTIZE
    smmlsr  r12, r11, r7, r12
    MCN_REQUANTIZE r12, r8, r9, r10, \relu
    strb    r12, [r2], #1
.endm

@ void name(const int8_t *first, const int8_t *second, int8_t *output, const sums_t *sums)
.macro MCN_ADD name, element, relu
MCN_FUNCTION \name, 36
    push    {r4-r11, lr}
    ldmia   r3, {r3-r10}
1:  subs    r3, r3, #1
  .rept 4
    \element \relu
  .endr
    bne     1b
    pop     {r4-r11, pc}
MCN_END \name
.endm

MCN_ADD mcn_add_fours, ELEMENT, 0
MCN_ADD mcn_add_fours_relu, ELEMENT, 1
MCN_ADD mcn_add_fours_halves, ELEMENT_HALVES, 0
MCN_ADD mcn_add_fours_halves_relu, ELEMENT_HALVES, 1
#endif
