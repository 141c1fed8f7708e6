@ A group of four pixels for Cortex-M3, one output channel at a time (see ../scalar/pairs.h).
@
@            X0 Y0   X1 Y1        w, v: weights k, k + 1; X, Y: pixels (0, 1) and (2, 3) of k, k + 1
@          +-------+-------+
@     w v  | T0 H0 | T1 H1 |      S = X w + Y v + 2^15;  T += S;  H += S >> 16
@          +-------+-------+
@
@ A chunk of 8 multiplications is 1 LDM, 2 LDRSB, 4 MLA and 4 ADD. MLA takes 2 cycles, so that this costs 12 + 5 + 3
@ cycles; one MLA for each multiplication would need 16, and twice the loads of activations. (SMLAL could add up pairs
@ in half the instructions, yet takes 4 to 7 cycles.)
#include "macros.inc"

@ mcn_group_t
.set PAIRS, 0
.set G_END, 4
.set CHANNELS, 8
.set CHANNELS_END, 12
.set G_OUTPUT, 16
.set G_ZERO_POINT, 40

@ The frame.
.set OUTPUT, 0          @ of four pixels
.set ENTRY, 16          @ into the loop
.set ROUNDS, 20         @ what rounding adds to T
.set FIRST, 24          @ pairs
.set END, 28
.set LAST, 32           @ end of the channels
.set ZERO_POINT, 36
.set FRAME, 44
.set STACK, FRAME + 36

T0 .req r0
T1 .req r1
H0 .req r2
H1 .req r3
w .req r8
v .req r9
S .req r10
round .req r11
x .req r12
weights .req lr

.macro CHUNK
    ldmia   x!, {r4, r5, r6, r7}
    ldrsb   w, [weights], #1
    ldrsb   v, [weights], #1
    mla     S, r4, w, round
    mla     S, r5, v, S
    add     T0, T0, S
    add     H0, H0, S, asr #16
    mla     S, r6, w, round
    mla     S, r7, v, S
    add     T1, T1, S
    add     H1, H1, S, asr #16
.endm

.set UNROLL, 4          @ times 4 weights in the loop

MCN_FUNCTION mcn_run_group_m3, STACK
    push    {r4, r5, r6, r7, r8, r9, r10, r11, lr}
    sub     sp, sp, #FRAME
    ldmia   r0!, {r4, r5, lr}           @ pairs, end, channels
    ldmia   r0!, {r6, r8, r9, r10, r12} @ channels' end, outputs
    ldr     r7, [r0, #G_ZERO_POINT - G_OUTPUT - 16]
    stmia   sp, {r8, r9, r10, r12}
    str     r7, [sp, #ZERO_POINT]
    str     r6, [sp, #LAST]
    strd    r4, r5, [sp, #FIRST]
    sub     r5, r5, r4
    lsl     r6, r5, #15 - 4             @ 16 bytes a chunk
    rsb     r5, r5, #0
    ubfx    r5, r5, #5, #2              @ blocks of 4 weights that the first round leaves out
    mov     r7, #(.Lhalf - .Lloop) / 2
    mul     r5, r5, r7
    adr     r7, .Lloop + 1
    add     r7, r7, r5
    strd    r7, r6, [sp, #ENTRY]
.Lchannel:
    ldr     H0, [weights], #4           @ bias
    ldrd    r10, r11, [sp, #ENTRY]
    ldr     x, [sp, #FIRST]
    sub     T0, H0, r11
    add     T0, T0, H0, lsl #16
    mov     T1, T0
    mov     H1, H0
    mov     round, #1 << 15
    bx      r10
    .balign 4
.Lloop:
    CHUNK
    CHUNK
    CHUNK
    CHUNK
.Lhalf:
    CHUNK
    CHUNK
    CHUNK
    CHUNK
    ldr     S, [sp, #END]
    cmp     x, S
    bne     .Lloop
    sub     T0, T0, H0, lsl #16         @ sums of pixels 0 and 2; H0, H1: of 1 and 3
    sub     T1, T1, H1, lsl #16
    ldmia   weights!, {r4, r5}          @ doubled multiplier, shift
    ldr     r6, [sp, #ZERO_POINT]
    rsb     r5, r5, #0
    ldmia   sp, {r9, r10, r11, r12}
    MCN_REQUANTIZE r8, T0, r4, r5, r6, r7
    strb    r8, [r9], #1
    MCN_REQUANTIZE r8, H0, r4, r5, r6, r7
    strb    r8, [r10], #1
    MCN_REQUANTIZE r8, T1, r4, r5, r6, r7
    strb    r8, [r11], #1
    MCN_REQUANTIZE r8, H1, r4, r5, r6, r7
    strb    r8, [r12], #1
    stmia   sp, {r9, r10, r11, r12}
    ldr     r7, [sp, #LAST]
    cmp     weights, r7
    bne     .Lchannel
    add     sp, sp, #FRAME
    pop     {r4, r5, r6, r7, r8, r9, r10, r11, pc}
MCN_END mcn_run_group_m3
