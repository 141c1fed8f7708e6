@ Two output rows of one channel of a DEPTHWISE_CONV_2D for Cortex-M3 (see ../scalar/depthwise_conv_2d.h).
@
@ Every two weights w, v meet two words X, Y of a window:   S = X w + Y v + 2^15;  T += S;  H += S >> 16   (see pairs.S)
@ 3x3 is done in one piece, everything else in a loop over ten weights that is entered in its middle.
#include "macros.inc"

@ mcn_depthwise_rows_t
.set WINDOW, 0
.set WEIGHTS, 4
.set WEIGHTS_END, 8
.set UPPER, 12
.set LOWER, 16
.set COUNT, 20
.set OUTPUT_STEP, 24
.set WINDOW_STEP, 28
.set BIAS, 32
.set DOUBLED, 36
.set SHIFT, 40
.set G_ZERO_POINT, 44

@ The frame.
.set START, 0           @ of T and H
.set RESCALE, 8         @ doubled multiplier, exponent, zero point
.set PLACE, 20          @ upper output; from it to the lower; output step; last upper output
.set TAPS, 36           @ weights
.set ENTRY, 40          @ into the loop
.set ADVANCE, 44        @ from the end of a window to the next
.set END, 48            @ of the weights
.set FRAME, 52
.set STACK, FRAME + 36

T .req r0
H .req r1
S .req r2
round .req r3
x .req r12
weights .req lr

.macro PRODUCTS a, b, w, v
    mla     S, \a, \w, round
    mla     S, \b, \v, S
    add     T, T, S
    add     H, H, S, asr #16
.endm

.macro TWO_PRODUCTS
    ldmia   x!, {r4, r5}
    ldmia   weights!, {r8, r9}
    PRODUCTS r4, r5, r8, r9
.endm

.macro FOUR_PRODUCTS
    ldmia   x!, {r4, r5, r6, r7}
    ldmia   weights!, {r8, r9, r10, r11}
    PRODUCTS r4, r5, r8, r9
    PRODUCTS r6, r7, r10, r11
.endm

@ Requantises and writes the sums of two outputs, moves on; equal if these were the last.
.macro WRITE
    ldr     r4, [sp, #ADVANCE]
    add     x, x, r4
    sub     T, T, H, lsl #16
    add     r4, sp, #RESCALE
    ldmia   r4, {r4, r5, r6, r7, r8, r9, r10}
    MCN_REQUANTIZE r11, H, r4, r5, r6, S
    strb    r11, [r7, r8]
    MCN_REQUANTIZE r11, T, r4, r5, r6, S
    strb    r11, [r7]
    add     r7, r7, r9
    str     r7, [sp, #PLACE]
    cmp     r7, r10
.endm

MCN_FUNCTION mcn_run_rows_m3, STACK
    push    {r4, r5, r6, r7, r8, r9, r10, r11, lr}
    sub     sp, sp, #FRAME
    ldmia   r0!, {r4, r5, r6, r7, r8, r9, r10, r11}
    mov     x, r4                       @ window
    sub     r8, r8, r7                  @ from the upper to the lower output
    mla     r4, r9, r10, r7             @ behind the last upper output
    add     r9, sp, #PLACE
    stmia   r9, {r7, r8, r10}
    str     r4, [r9, #12]
    ldmia   r0, {r7, r8, r9, r10}       @ bias, doubled multiplier, shift, zero point
    rsb     r9, r9, #0
    add     r4, sp, #RESCALE
    stmia   r4, {r8, r9, r10}
    sub     r8, r6, r5                  @ bytes of weights: 8 for every two
    rsb     r9, r8, r11, lsl #2
    strd    r9, r6, [sp, #ADVANCE]
    str     r5, [sp, #TAPS]
    add     r10, r7, r7, lsl #16
    sub     r10, r10, r8, lsl #15 - 3
    strd    r10, r7, [sp, #START]
    mov     round, #1 << 15
    cmp     r8, #40
    bne     .Lany
    mov     weights, r5
    ldr     r10, [weights, #36]
    cmp     r10, #0
    bne     .Lany                       @ ten weights of another shape
.Lnine:
    ldrd    T, H, [sp, #START]
    ldr     weights, [sp, #TAPS]
    FOUR_PRODUCTS
    FOUR_PRODUCTS
    ldr     r4, [x], #8
    ldr     r8, [weights]
    mla     S, r4, r8, round
    add     T, T, S
    add     H, H, S, asr #16
    WRITE
    bne     .Lnine
    add     sp, sp, #FRAME
    pop     {r4, r5, r6, r7, r8, r9, r10, r11, pc}

.set UNROLL, 5
.Lany:
    lsr     r8, r8, #3
    add     r9, r8, #UNROLL - 1
    mov     r10, #UNROLL
    udiv    r9, r9, r10
    mls     r9, r9, r10, r8             @ minus the twos that the first round leaves out
    mov     r10, #.Lloop - .Lsecond
    mul     r9, r9, r10
    adr     r10, .Lloop + 1
    add     r9, r9, r10
    str     r9, [sp, #ENTRY]
.Loutput:
    ldrd    T, H, [sp, #START]
    ldr     weights, [sp, #TAPS]
    ldr     pc, [sp, #ENTRY]
    .balign 4
.Lloop:
    TWO_PRODUCTS
.Lsecond:
  .rept UNROLL - 1
    TWO_PRODUCTS
  .endr
    ldr     S, [sp, #END]
    cmp     weights, S
    bne     .Lloop
    WRITE
    bne     .Loutput
    add     sp, sp, #FRAME
    pop     {r4, r5, r6, r7, r8, r9, r10, r11, pc}
MCN_END mcn_run_rows_m3
