@ A group of four pixels for Armv6-M, one output channel at a time (see ../scalar/pairs.h).
@
@            X Y (0, 1)   X Y (2, 3)     w, v: weights k, k + 1; X, Y: a pair of pixels, of k and k + 1
@          +------------+------------+
@     w v  |   T0  H0   |   T1  H1   |   X = X w + Y v;  T += X;  H += X >> 16 + bit 15 of X
@          +------------+------------+
@
@ ASRS leaves bit 15 in the carry, and ADCS adds it, so that nothing need be added to round. A chunk of 8 multiplications
@ is 18 instructions; one MULS and one ADDS for each would be 16, and their operands must be copied or loaded.
#include "macros.inc"

@ mcn_group_t
.set PAIRS, 0
.set PAIRS_END, 4
.set CHANNELS, 8
.set CHANNELS_END, 12
.set G_OUTPUT, 16
.set G_ZERO_POINT, 40
.set ACT_MIN, 44
.set ACT_MAX, 48

@ The frame.
.set OUTPUT, 0          @ of four pixels
.set FIRST, 16          @ pairs
.set ENTRY, 20          @ into the loop
.set SKIP, 24           @ bytes of weights before the entry
.set ZERO_POINT, 28
.set LAST, 32           @ end of the channels
.set PIXEL3, 36
.set FRAME, 44

X .req r0
Y .req r1
w .req r2
v .req r3
H0 .req r4
H1 .req r5
pairs .req r6
weights .req r7
T0 .req r8
T1 .req r9
end .req r10
channel .req r11
min .req r12
max .req lr

.macro PAIR total, high
    ldmia   pairs!, {X, Y}
    muls    X, w, X
    muls    Y, v, Y
    adds    X, X, Y
    add     \total, \total, X
    asrs    X, X, #16
    adcs    \high, \high, X
.endm

.macro CHUNK offset
    ldrb    w, [weights, #\offset]
    ldrb    v, [weights, #\offset + 1]
    sxtb    w, w
    sxtb    v, v
    PAIR    T0, H0
    PAIR    T1, H1
.endm

@ Of the sum in r0.
.macro WRITE pixel
    MCN_REQUANTIZE r0, r3, r4, r5, r6, r1, r2
    MCN_CLAMP r0, min, max
    ldr     r1, [sp, #OUTPUT + 4 * \pixel]
    add     r1, r1, channel
    strb    r0, [r1]
.endm

MCN_FUNCTION mcn_run_group_v6m, FRAME + 36
    MCN_ENTER FRAME
    ldr     weights, [r0, #CHANNELS]
    ldr     r1, [r0, #CHANNELS_END]
    str     r1, [sp, #LAST]
    ldr     r1, [r0, #G_ZERO_POINT]
    str     r1, [sp, #ZERO_POINT]
    ldr     r1, [r0, #ACT_MIN]
    mov     min, r1
    ldr     r1, [r0, #ACT_MAX]
    mov     max, r1
    ldr     r1, [r0, #PAIRS]
    ldr     r2, [r0, #PAIRS_END]
    str     r1, [sp, #FIRST]
    mov     end, r2
    adds    r0, r0, #G_OUTPUT
    ldmia   r0!, {r3, r4, r5, r6}
    mov     r0, sp
    stmia   r0!, {r3, r4, r5, r6}
    movs    r0, #0
    mov     channel, r0
    subs    r2, r2, r1                  @ 32 bytes of pairs for 4 weights
    lsls    r2, r2, #31 - 5
    lsrs    r2, r2, #31                 @ 1 if the first round of the loop is half a one
    lsls    r0, r2, #2
    str     r0, [sp, #SKIP]
    movs    r1, #.Lhalf - .Lloop
    muls    r2, r1, r2
    adr     r1, .Lloop
    adds    r1, r1, #1
    adds    r1, r1, r2
    str     r1, [sp, #ENTRY]
.Lchannel:
    ldmia   weights!, {H0}              @ bias
    movs    H1, H0
    lsls    r0, H0, #16
    adds    r0, r0, H0
    mov     T0, r0
    mov     T1, r0
    ldr     pairs, [sp, #FIRST]
    ldr     r0, [sp, #SKIP]
    subs    weights, weights, r0
    ldr     r0, [sp, #ENTRY]
    bx      r0
    .balign 4
.Lloop:
    CHUNK   0
    CHUNK   2
.Lhalf:
    CHUNK   4
    CHUNK   6
    adds    weights, weights, #8
    cmp     pairs, end
    bne     .Lloop
    str     H1, [sp, #PIXEL3]
    mov     r2, T1
    lsls    r1, H1, #16
    subs    r2, r2, r1
    mov     T1, r2                      @ now the sum of pixel 2
    mov     r0, T0
    lsls    r1, H0, #16
    subs    r0, r0, r1                  @ of pixel 0
    mov     T0, H0                      @ of pixel 1
    ldmia   weights!, {r2, r5}
    MCN_SPLIT r2, r3, r4
    rsbs    r5, r5, #0
    ldr     r6, [sp, #ZERO_POINT]
    WRITE   0
    mov     r0, T0
    WRITE   1
    mov     r0, T1
    WRITE   2
    ldr     r0, [sp, #PIXEL3]
    WRITE   3
    movs    r0, #1
    add     channel, channel, r0
    ldr     r0, [sp, #LAST]
    cmp     weights, r0
    beq     .Ldone
    b       .Lchannel
.Ldone:
    MCN_LEAVE FRAME
MCN_END mcn_run_group_v6m
