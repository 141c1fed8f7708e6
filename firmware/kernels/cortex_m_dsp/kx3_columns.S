/* For 2 or 3 adjacent output pixels under kernels 3 columns wide: rows of 4 or 5 columns of int8 channels in; int16 pairs,
 * interleaved by column, out (as kx3.inc reads them).
 *
 * void mcn_kx3_columns_dsp(const mcn_columns_t *columns, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output)
 *
 * Goes on to tile->run(tile, stream, output), which computes all channels of these pixels. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"

.set FIVE, 20           @ in mcn_columns_t
.set GAP, 24
.set RUN, 40            @ in mcn_tile_t

@ Expands channels from r1 on to r0, until r1 is the end of the row's channels in the frame. r2: from column to column,
@ r3: column 3.
.macro EXPAND_COLUMNS five
.Lword\@:
    ldr     r5, [r1, r2]
    ldr     r6, [r1, r2, lsl #1]
  .if \five
    ldr     r8, [r3, r2]
  .endif
    ldr     r7, [r3], #4
    ldr     r4, [r1], #4
    sxtb16  r9, r4
    sxtb16  r10, r5
    sxtb16  r11, r6
    sxtb16  r12, r7
  .if \five
    sxtb16  lr, r8
    stmia   r0!, {r9-r12, lr}
    sxtb16  r8, r8, ror #8
  .else
    stmia   r0!, {r9-r12}
  .endif
    ldr     r9, [sp]
    sxtb16  r4, r4, ror #8
    sxtb16  r5, r5, ror #8
    sxtb16  r6, r6, ror #8
    sxtb16  r7, r7, ror #8
  .if \five
    stmia   r0!, {r4-r8}
  .else
    stmia   r0!, {r4-r7}
  .endif
    cmp     r1, r9
    bne     .Lword\@
.endm

@ To the next row, or on if it was the last.
.macro NEXT_ROW loop
    ldrd    r4, r5, [sp, #4]    @ columns, rows left
    subs    r5, r5, #1
    str     r5, [sp, #8]
    ldr     r6, [r4, #GAP]
    add     r1, r1, r6
    add     r3, r3, r6
    add     r9, r1, r2
    str     r9, [sp]
    bne     \loop
.endm

MCN_FUNCTION mcn_kx3_columns_dsp, 96        @ of tile.inc; 60 here
    push    {r1-r11, lr}
    mov     r11, r0
    ldmia   r0, {r1, r2, r3, r4, r5}        @ source, channels, column 3, to, rows
    ldr     r6, [r0, #FIVE]
    mov     r0, r4
    add     r10, r1, r2                     @ frame: end of the row's channels, columns, rows left
    mov     r12, r5
    push    {r10, r11, r12}
    cbz     r6, .Lfour
.Lfive_row:
    EXPAND_COLUMNS 1
    NEXT_ROW .Lfive_row
    b       .Lrun
.Lfour:
    EXPAND_COLUMNS 0
    NEXT_ROW .Lfour
.Lrun:
    add     sp, #12
    pop     {r0-r2, r4-r11, lr}
    ldr     pc, [r0, #RUN]
MCN_END mcn_kx3_columns_dsp
#endif
