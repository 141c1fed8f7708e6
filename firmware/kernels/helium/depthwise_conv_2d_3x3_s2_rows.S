@ Depthwise 3x3, stride 2: a row of outputs, four at a time.
#include "macros.inc"
#include "depthwise_conv_2d.inc"

.macro LOAD_WINDOWS
.endm

.macro ROTATE
    strd    r11, r10, [r0, #WORDS]
    mov     r1, r10
.endm

@ r3: columns that are left.
.macro BLOCKS
4:
    vldrw.u32 q1, [r1], #8
    vmladav.s8 r0, q1, q0
    vldrw.u32 q2, [r1], #8
    vmladav.s8 r2, q2, q0
    vldrw.u32 q3, [r1], #8
    vmladav.s8 r4, q3, q0
    vldrw.u32 q4, [r1], #8
    vmladav.s8 r6, q4, q0
    vmov    q4[2], q4[0], r0, r4
    vmov    q4[3], q4[1], r2, r6
    vctp.32 r3
    DEPTHWISE_RESULTS q4
    subs    r3, #4
    bhi     4b
.endm

    DEPTHWISE_ROWS mcn_depthwise_3x3_s2_rows_helium
