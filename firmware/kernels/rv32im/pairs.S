# A group of four pixels for RV32IM, four output channels at a time (see ../scalar/pairs.h).
#
#            X Y (0, 1)   X Y (2, 3)     w, v: weights k, k + 1 of a channel; X, Y: a pair of pixels, of k and k + 1
#          +------------+------------+
#   w v  0 |  T0  H0    |  T1  H1    |   S = X w + Y v + 2^15;  T += S;  H += S >> 16
#   w v  1 |  T2  H2    |  T3  H3    |
#   w v  2 |  T4  H4    |  T5  H5    |
#   w v  3 |  T6  H6    |  T7  H7    |
#          +------------+------------+
#
# 28 registers: a chunk of 32 multiplications is 4 loads of words, 8 of bytes and 56 others.
# Constants of four channels: 4 biases; weights [depth / 2][4][2]; 4 doubled multipliers; 4 shifts.

# mcn_group_t
.set PAIRS, 0
.set PAIRS_END, 4
.set CHANNELS, 8
.set G_OUTPUT, 16
.set G_ZERO_POINT, 40
.set ACT_MIN, 44
.set ACT_MAX, 48
.set COUNT, 52

# The frame.
.set OUTPUT, 0          # of four pixels
.set ROUNDING, 16       # 2 * zero point + 1
.set MIN, 20
.set MAX, 24
.set FIRST, 28          # pairs
.set ROUNDS, 32         # what rounding adds to T
.set LEFT, 36           # channels
.set END, 40
.set SAVED, 44
.set FRAME, 96

#define T0 s0
#define T1 s1
#define T2 s2
#define T3 s3
#define T4 s4
#define T5 s5
#define T6 s6
#define T7 s7
#define H0 s8
#define H1 s9
#define H2 s10
#define H3 s11
#define H4 a2
#define H5 a3
#define H6 a4
#define H7 a5
#define pairs a0
#define weights a1
#define end ra
#define X a6
#define Y a7
#define X1 t0
#define Y1 t1
#define w t2
#define v t3
#define S t4
#define U t5
#define round t6

.macro PRODUCTS total, high, x, y
    mul     S, \x, w
    mul     U, \y, v
    add     S, S, U
    add     S, S, round
    add     \total, \total, S
    srai    S, S, 16
    add     \high, \high, S
.endm

.macro CHANNEL offset, t0, h0, t1, h1
    lb      w, \offset(weights)
    lb      v, \offset + 1(weights)
    PRODUCTS \t0, \h0, X, Y
    PRODUCTS \t1, \h1, X1, Y1
.endm

.macro CHUNK index
    lw      X, 16 * \index(pairs)
    lw      Y, 16 * \index + 4(pairs)
    lw      X1, 16 * \index + 8(pairs)
    lw      Y1, 16 * \index + 12(pairs)
    CHANNEL 8 * \index, T0, H0, T1, H1
    CHANNEL 8 * \index + 2, T2, H2, T3, H3
    CHANNEL 8 * \index + 4, T4, H4, T5, H5
    CHANNEL 8 * \index + 6, T6, H6, T7, H7
.endm

# Sums of one channel from its bias.
.macro START index, t0, h0, t1, h1
    lw      \h0, 4 * \index(weights)
    slli    \t0, \h0, 16
    add     \t0, \t0, \h0
    sub     \t0, \t0, S
    mv      \t1, \t0
    mv      \h1, \h0
.endm

# What the loop's registers are afterwards.
#define doubled a6
#define exponent a7
#define rounding t0
#define min t1
#define max t2
#define low t3
#define result t4
#define output0 t5
#define output1 t6
#define output2 ra
#define output3 a0

# Writes `sum`, requantised; for |sum| < 2^31 - 2^15 (packing_scalar.py sees to that). exponent: of the shift to the
# right, less 1. The first shift leaves twice the result, the second halves it with rounding; ties away from zero need
# negative values 1 lower.
.macro WRITE sum, channel, output
    mul     low, \sum, doubled
    mulhsu  result, \sum, doubled
    srli    low, low, 31
    add     result, result, low
    srai    low, result, 31
    add     result, result, low
    sra     result, result, exponent
    add     result, result, rounding
    srai    result, result, 1
    bge     result, min, 1f
    mv      result, min
1:
    ble     result, max, 2f
    mv      result, max
2:
    sb      result, \channel(\output)
.endm

.macro WRITE_CHANNEL index, t0, h0, t1, h1
    lw      doubled, 4 * \index(weights)
    lw      exponent, 16 + 4 * \index(weights)
    not     exponent, exponent
    slli    low, \h0, 16
    sub     \t0, \t0, low
    WRITE   \t0, \index, output0
    WRITE   \h0, \index, output1
    slli    low, \h1, 16
    sub     \t1, \t1, low
    WRITE   \t1, \index, output2
    WRITE   \h1, \index, output3
.endm

.section .text.mcn_run_group_rv32im, "ax", %progbits
.balign 8
.global mcn_run_group_rv32im
.type mcn_run_group_rv32im, %function
.global mcn_stack_mcn_run_group_rv32im
.set mcn_stack_mcn_run_group_rv32im, FRAME
mcn_run_group_rv32im:
    addi    sp, sp, -FRAME
    sw      ra, SAVED(sp)
    sw      s0, SAVED + 4(sp)
    sw      s1, SAVED + 8(sp)
    sw      s2, SAVED + 12(sp)
    sw      s3, SAVED + 16(sp)
    sw      s4, SAVED + 20(sp)
    sw      s5, SAVED + 24(sp)
    sw      s6, SAVED + 28(sp)
    sw      s7, SAVED + 32(sp)
    sw      s8, SAVED + 36(sp)
    sw      s9, SAVED + 40(sp)
    sw      s10, SAVED + 44(sp)
    sw      s11, SAVED + 48(sp)
    lw      S, PAIRS(a0)
    lw      end, PAIRS_END(a0)
    sw      S, FIRST(sp)
    sw      end, END(sp)
    sub     S, end, S
    slli    S, S, 15 - 4                # 16 bytes a chunk
    sw      S, ROUNDS(sp)
    lw      S, G_ZERO_POINT(a0)
    slli    S, S, 1
    addi    S, S, 1
    sw      S, ROUNDING(sp)
    lw      S, ACT_MIN(a0)
    sw      S, MIN(sp)
    lw      S, ACT_MAX(a0)
    sw      S, MAX(sp)
    lw      S, COUNT(a0)
    sw      S, LEFT(sp)
    lw      S, G_OUTPUT(a0)
    sw      S, OUTPUT(sp)
    lw      S, G_OUTPUT + 4(a0)
    sw      S, OUTPUT + 4(sp)
    lw      S, G_OUTPUT + 8(a0)
    sw      S, OUTPUT + 8(sp)
    lw      S, G_OUTPUT + 12(a0)
    sw      S, OUTPUT + 12(sp)
    lw      weights, CHANNELS(a0)
    li      round, 1 << 15
.Lchannels:
    lw      S, ROUNDS(sp)
    lw      pairs, FIRST(sp)
    START   0, T0, H0, T1, H1
    START   1, T2, H2, T3, H3
    START   2, T4, H4, T5, H5
    START   3, T6, H6, T7, H7
    addi    weights, weights, 16
.Lloop:
    CHUNK   0
    CHUNK   1
    addi    pairs, pairs, 32
    addi    weights, weights, 16
    bne     pairs, end, .Lloop
    lw      rounding, ROUNDING(sp)
    lw      min, MIN(sp)
    lw      max, MAX(sp)
    lw      output0, OUTPUT(sp)
    lw      output1, OUTPUT + 4(sp)
    lw      output2, OUTPUT + 8(sp)
    lw      output3, OUTPUT + 12(sp)
    WRITE_CHANNEL 0, T0, H0, T1, H1
    lw      T0, LEFT(sp)                # the last four may be fewer
    li      T1, 2
    blt     T0, T1, .Ldone
    WRITE_CHANNEL 1, T2, H2, T3, H3
    beq     T0, T1, .Ldone
    WRITE_CHANNEL 2, T4, H4, T5, H5
    addi    T0, T0, -4
    bltz    T0, .Ldone
    WRITE_CHANNEL 3, T6, H6, T7, H7
    beqz    T0, .Ldone
    sw      T0, LEFT(sp)
    addi    output0, output0, 4
    addi    output1, output1, 4
    addi    output2, output2, 4
    addi    output3, output3, 4
    sw      output0, OUTPUT(sp)
    sw      output1, OUTPUT + 4(sp)
    sw      output2, OUTPUT + 8(sp)
    sw      output3, OUTPUT + 12(sp)
    addi    weights, weights, 32
    lw      end, END(sp)
    li      round, 1 << 15
    j       .Lchannels
.Ldone:
    lw      ra, SAVED(sp)
    lw      s0, SAVED + 4(sp)
    lw      s1, SAVED + 8(sp)
    lw      s2, SAVED + 12(sp)
    lw      s3, SAVED + 16(sp)
    lw      s4, SAVED + 20(sp)
    lw      s5, SAVED + 24(sp)
    lw      s6, SAVED + 28(sp)
    lw      s7, SAVED + 32(sp)
    lw      s8, SAVED + 36(sp)
    lw      s9, SAVED + 40(sp)
    lw      s10, SAVED + 44(sp)
    lw      s11, SAVED + 48(sp)
    addi    sp, sp, FRAME
    ret
.size mcn_run_group_rv32im, . - mcn_run_group_rv32im
