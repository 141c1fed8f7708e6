/* im2col for three output pixels: rows of int8 bytes in; int16 pairs, interleaved by pixel, out (as gemm_3x2.inc reads them).
 *
 * void mcn_conv_tiles_dsp(const mcn_patches_t *patches, const mcn_tile_t *tile, const uint32_t *stream, int8_t *output)
 *
 * Goes on to tile->run(tile, stream, output), which computes all channels of these pixels.
 *
 * A word of 4 bytes k0..k3 of each pixel becomes 6 words: (k0, k2) of the three pixels, then (k1, k3). The bytes that are left
 * over at the end of each row are gathered first and expanded after the last row. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"

.set REST_BYTES, -16     @ offsets from GAP on in mcn_patches_t
.set GAP, 0
.set REST_STRIDE, 12
.set REST, 16
.set RUN, 40            @ in mcn_tile_t

@ Expands a word of each pixel from r1, r2, r3 to r10.
.macro EXPAND_WORD
    ldr     r4, [r1], #4
    ldr     r5, [r2], #4
    ldr     r6, [r3], #4
    sxtb16  r7, r4, ror #8
    sxtb16  r8, r5, ror #8
    sxtb16  r9, r6, ror #8
    sxtb16  r4, r4
    sxtb16  r5, r5
    sxtb16  r6, r6
    stmia   r10!, {r4-r9}
.endm

@ Expands \words words; r11 is lost.
.macro EXPAND words
    lsrs    r11, \words, #1
    bcc     .Leven\@
    EXPAND_WORD
.Leven\@:
    beq     .Lexpanded\@
.Lwords\@:
    EXPAND_WORD
    EXPAND_WORD
    subs    r11, r11, #1
    bne     .Lwords\@
.Lexpanded\@:
.endm

@ On to the next row; \last if there is none.
.macro NEXT_ROW last
    subs    r12, r12, #1
    beq     \last
    ldmia   r0, {r4, r5, r6}
    add     r1, r1, r4
    add     r2, r2, r5
    add     r3, r3, r6
.endm

MCN_FUNCTION mcn_conv_tiles_dsp, 96         @ of gemm_3x2.inc; 52 here
    push    {r1-r11, lr}
    ldmia   r0!, {r1-r4, r10, r12, lr}      @ sources, bytes of rests, to, rows, words
    cbz     r4, .Lrow
    b       .Lwith_rests
.Lrow:
    EXPAND  lr
    NEXT_ROW .Lrun
    b       .Lrow

.Lwith_rests:
    ldr     r4, [r0, #REST]
    push    {r4}
.Lrest_row:
    EXPAND  lr
    ldr     r7, [r0, #REST_BYTES]
    ldr     r9, [r0, #REST_STRIDE]
    ldr     r8, [sp]
.Lbyte:
    ldrb    r4, [r1], #1
    ldrb    r5, [r2], #1
    ldrb    r6, [r3], #1
    strb    r6, [r8, r9, lsl #1]
    strb    r5, [r8, r9]
    strb    r4, [r8], #1
    subs    r7, r7, #1
    bne     .Lbyte
    str     r8, [sp]
    NEXT_ROW .Lexpand_rests
    b       .Lrest_row
.Lexpand_rests:
    ldr     r1, [r0, #REST]
    add     r2, r1, r9
    add     r3, r2, r9
    lsr     lr, r9, #2
    EXPAND  lr
    add     sp, #4
.Lrun:
    pop     {r0-r2, r4-r11, lr}
    ldr     pc, [r0, #RUN]
MCN_END mcn_conv_tiles_dsp
#endif
