@ The loop of ADD for Cortex-M3 (see ../scalar/add.h): 22 instructions an element.
#include "macros.inc"

.set SUM_BITS, 19

MCN_FUNCTION mcn_add_run_m3, 40
    push    {r4, r5, r6, r7, r8, r9, r10, r11, lr}
    sub     sp, sp, #4
    ldmia   r0, {r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11}
    rsb     r10, r10, #0
    str     r11, [sp]                   @ zero point
    lsl     r5, r5, r6                  @ the other's zero, as its values are
    add     r3, r3, r2                  @ end of the output
.Lelement:
    ldrsb   r11, [r1], #1
    lsl     r11, r11, r6
    sub     r11, r11, r5
    smull   r12, lr, r11, r7            @ multiplier / 2^31, see MCN_REQUANTIZE
    adds    r12, r12, r12
    adc     lr, lr, r11
    add     lr, lr, lr, asr #31
    ldrsb   r11, [r0], #1
    rsb     r11, r4, r11, lsl #SUM_BITS
    asrs    lr, lr, r8
    adc     r11, r11, lr
    smull   r12, lr, r11, r9
    adds    r12, r12, r12
    adc     lr, lr, r11
    add     lr, lr, lr, asr #31
    ldr     r12, [sp]
    asrs    lr, lr, r10
    adc     lr, lr, r12
    ssat    lr, #8, lr
    strb    lr, [r2], #1
    cmp     r2, r3
    bne     .Lelement
    add     sp, sp, #4
    pop     {r4, r5, r6, r7, r8, r9, r10, r11, pc}
MCN_END mcn_add_run_m3
