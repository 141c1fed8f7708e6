@ Depthwise 3x3, stride 1: a row of blocks of 2x2 outputs.
#include "macros.inc"
#include "depthwise_conv_2d.inc"

.macro LOAD_WINDOWS
    vldrw.u32 q1, [r0, #WINDOWS + 16]
    vldrw.u32 q2, [r0, #WINDOWS + 32]
    vldrw.u32 q3, [r0, #WINDOWS + 48]
.endm

.macro ROTATE
    strd    r11, r10, [r0, #WORDS]
    mov     r1, r10
.endm

@ r2: predicate of the results that exist; r3: columns.
.macro BLOCKS
    vmsr    p0, r2
    lsr     lr, r3, #1
    wls     lr, lr, 5f
4:
    vldrw.u32 q4, [r1], #8
    vmladav.s8 r0, q4, q0
    vmladav.s8 r2, q4, q1
    vmladav.s8 r4, q4, q2
    vmladav.s8 r6, q4, q3
    vmov    q4[2], q4[0], r0, r4
    vmov    q4[3], q4[1], r2, r6
    DEPTHWISE_RESULTS q4
    le      lr, 4b
5:
    lsls    r3, r3, #31                 @ an odd column is the left half of a block
    beq     6f
    movs    r3, #0
    vmrs    r4, p0
    movw    r6, #0x0F0F
    and     r4, r4, r6
    vmsr    p0, r4
    mov     lr, #1
    b       4b
6:
.endm

    DEPTHWISE_ROWS mcn_depthwise_3x3_rows_helium
