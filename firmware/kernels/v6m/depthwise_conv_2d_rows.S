@ Two output rows of one channel of a DEPTHWISE_CONV_2D for Armv6-M (see ../scalar/depthwise_conv_2d.h).
@
@ Every two weights w, v meet two words X, Y of a window:   X = X w + Y v;  T += X;  H += X >> 16 + bit 15 of X
@ (see pairs.S).
@ The loop over ten weights is entered in its middle where their number is no multiple of ten.
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
.set ACT_MIN, 48
.set ACT_MAX, 52

@ The frame.
.set RESCALE, 0         @ high and low half of the multiplier, exponent, zero point
.set PLACE, 16          @ upper output
.set DOWN, 20           @ from it to the lower
.set STEP, 24
.set LAST, 28           @ behind the last upper output
.set TAPS, 32           @ weights
.set ENTRY, 36          @ into the loop
.set ADVANCE, 40        @ from one window to the next
.set FIRST_HIGH, 44     @ bias
.set FRAME, 44 + 8

X .req r0
Y .req r1
w .req r2
v .req r3
H .req r4
words .req r5
weights .req r6
T .req r8
end .req r9
start .req r10
window .req r11
min .req r12
max .req lr

.macro TWO_PRODUCTS
    ldmia   words!, {X, Y}
    ldmia   weights!, {w, v}
    muls    X, w, X
    muls    Y, v, Y
    adds    X, X, Y
    add     T, T, X
    asrs    X, X, #16
    adcs    H, H, X
.endm

@ The rescaled sum in r0.
.macro RESCALE_SUM
    MCN_REQUANTIZE r0, r4, r5, r6, r7, r1, r2
    MCN_CLAMP r0, min, max
.endm

.set UNROLL, 5

MCN_FUNCTION mcn_run_rows_v6m, FRAME + 36
    MCN_ENTER FRAME
    ldmia   r0!, {r1, r2, r3, r4, r5, r6, r7}
    mov     window, r1
    mov     end, r3
    str     r2, [sp, #TAPS]
    str     r4, [sp, #PLACE]
    subs    r5, r5, r4
    str     r5, [sp, #DOWN]
    str     r7, [sp, #STEP]
    muls    r6, r7, r6
    adds    r6, r6, r4
    str     r6, [sp, #LAST]
    subs    r3, r3, r2                  @ bytes of weights, 8 for every two
    ldmia   r0!, {r1, r2, r4}           @ window step, bias, doubled multiplier
    lsls    r1, r1, #2
    str     r1, [sp, #ADVANCE]
    str     r2, [sp, #FIRST_HIGH]
    lsls    r1, r2, #16
    adds    r1, r1, r2
    mov     start, r1
    MCN_SPLIT r4, r1, r2
    ldmia   r0!, {r4, r5, r6, r7}       @ shift, zero point, activation
    mov     min, r6
    mov     max, r7
    rsbs    r4, r4, #0
    str     r1, [sp, #RESCALE]
    str     r2, [sp, #RESCALE + 4]
    str     r4, [sp, #RESCALE + 8]
    str     r5, [sp, #RESCALE + 12]
    movs    r1, #8 * UNROLL             @ minus what the first round leaves out
.Lrounds:
    subs    r3, r3, r1
    bgt     .Lrounds
    asrs    r3, r3, #3
    movs    r1, #.Lsecond - .Lloop
    muls    r3, r1, r3
    adr     r1, .Lloop
    adds    r1, r1, #1
    subs    r1, r1, r3
    str     r1, [sp, #ENTRY]
.Loutput:
    mov     T, start
    mov     words, window
    ldr     H, [sp, #FIRST_HIGH]
    ldr     weights, [sp, #TAPS]
    ldr     r0, [sp, #ENTRY]
    bx      r0
    .balign 4
.Lloop:
    TWO_PRODUCTS
.Lsecond:
  .rept UNROLL - 1
    TWO_PRODUCTS
  .endr
    cmp     weights, end
    bne     .Lloop
    ldr     r0, [sp, #ADVANCE]
    add     window, window, r0
    mov     r0, T
    lsls    r1, H, #16
    subs    r0, r0, r1
    mov     T, r0                       @ now the sum of the upper output
    mov     r0, H
    mov     r3, sp
    ldmia   r3!, {r4, r5, r6, r7}
    RESCALE_SUM
    ldr     r1, [sp, #PLACE]
    ldr     r2, [sp, #DOWN]
    strb    r0, [r1, r2]
    mov     r0, T
    RESCALE_SUM
    ldr     r1, [sp, #PLACE]
    strb    r0, [r1]
    ldr     r2, [sp, #STEP]
    adds    r1, r1, r2
    str     r1, [sp, #PLACE]
    ldr     r2, [sp, #LAST]
    cmp     r1, r2
    bne     .Loutput
    MCN_LEAVE FRAME
MCN_END mcn_run_rows_v6m
