/* What a kernel is: one function that runs one operation, and the const records that describe operations to it.
 *
 * Every activation lies in the arena and is named by its byte offset; every constant lies in flash and is named by
 * its address. Activations are int8 [H, W, C] unless a field says otherwise. A real value is
 * scale * (q - zero_point). Requantisation is TensorFlow Lite's: multiplier is Q31, shift > 0 is to the left,
 * both roundings as in TensorFlow Lite Micro (see requantize.h).
 */
#ifndef MCUNAS_KERNEL_H
#define MCUNAS_KERNEL_H

#include <stdint.h>

/* Runs the operation that `args` describes (one of the mcn_*_t records below). */
typedef void (*mcn_kernel_t)(const void *args, uint8_t *arena);

/* CONV_2D, DEPTHWISE_CONV_2D (out_c = in_c * depth multiplier), and TRANSPOSE_CONV: what comes from input pixel y, x
 * and weight row and column ky, kx adds to output pixel y * stride_h - pad_top + ky, x * stride_w - pad_left + kx. */
typedef struct {
    uint32_t input;             /* arena offset, in_h * in_w * in_c bytes */
    uint32_t output;            /* arena offset, out_h * out_w * out_c bytes */
    uint32_t scratch;           /* arena offset of the variant's scratch, 0 if it needs none */
    const int8_t *weights;      /* layout of the variant; ref: [out_c, kernel_h, kernel_w, in_c / groups],
                                   depthwise [kernel_h, kernel_w, out_c] */
    const int32_t *bias;        /* [out_c] */
    const int32_t *multiplier;  /* [out_c] */
    const int8_t *shift;        /* [out_c], -31..30 */
    uint16_t in_h, in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint8_t kernel_h, kernel_w; /* 1..255 */
    uint8_t stride_h, stride_w; /* 1..255 */
    uint8_t dilation_h, dilation_w;
    uint8_t pad_top, pad_left; /* rows and columns of input_zero_point before the input */
    int16_t input_zero_point;  /* -128..127 */
    int16_t output_zero_point; /* -128..127 */
    int8_t act_min, act_max;   /* fused activation, in output units */
    uint16_t groups;           /* runs of input channels; output channel c reads run c / (out_c / groups) */
} mcn_conv_t;

/* FULLY_CONNECTED: output[rows, out_c] = input[rows, in_c] * weights[out_c, in_c]'. */
typedef struct {
    uint32_t input, output, scratch;
    const int8_t *weights; /* layout of the variant; ref: [out_c, in_c] */
    const int32_t *bias;   /* [out_c] */
    const int32_t *multiplier; /* [out_c] */
    const int8_t *shift;       /* [out_c] */
    uint16_t rows, in_c, out_c;
    int16_t input_zero_point, output_zero_point;
    int8_t act_min, act_max;
} mcn_fully_connected_t;

/* ADD of two tensors of the same shape; element by element, so the output may be either input. */
typedef struct {
    uint32_t input[2], output;
    uint32_t count; /* elements */
    int32_t multiplier[2], output_multiplier;
    int8_t shift[2], output_shift; /* <= 0 */
    int16_t zero_point[2], output_zero_point;
    int8_t act_min, act_max;
} mcn_add_t;

/* SUB, MUL, PRELU, and ADD of operands that differ in shape or of which one is constant:
 * output[out_h, out_w, out_c] from two operands [h, w, c]; along an axis of size 1 an operand is repeated.
 * The output may be an input that is as large. */
typedef struct {
    uint32_t input[2];            /* arena offset of each operand that is computed */
    const int8_t *first, *second; /* the operand that is constant, NULL if it is computed */
    uint32_t output;
    int32_t multiplier[2];     /* ADD, SUB: of the operands; PRELU: of inputs from 0 up, and of those below */
    int32_t output_multiplier; /* ADD, SUB, MUL */
    uint16_t h[2], w[2], c[2];
    uint16_t out_h, out_w, out_c;
    int16_t zero_point[2], output_zero_point;
    int8_t shift[2], output_shift; /* of the multipliers */
    int8_t act_min, act_max;
} mcn_binary_t;

/* LOGISTIC, TANH, HARD_SWISH, RELU, RELU6, LEAKY_RELU: element by element, so the output may be the input. */
typedef struct {
    uint32_t input, output;
    uint32_t count;      /* elements */
    const int8_t *table; /* [256], output for inputs 0..127, -128..-1 */
} mcn_lookup_t;

/* CONCATENATION: `runs` times, bytes[i] bytes of each input i in turn. */
typedef struct {
    const uint32_t *input; /* [count] arena offsets */
    const uint32_t *bytes; /* [count] */
    uint32_t output;
    uint32_t runs;
    uint32_t count;
} mcn_concatenation_t;

/* STRIDED_SLICE, and one output of a SPLIT. */
typedef struct {
    uint32_t input, output;
    int32_t first;                  /* bytes from the input's start to the first element */
    int32_t step_h, step_w, step_c; /* bytes between elements that become neighbours along that axis */
    uint16_t out_h, out_w, out_c;
} mcn_slice_t;

/* RESIZE_NEAREST_NEIGHBOR. */
typedef struct {
    uint32_t input, output;
    const uint16_t *row;    /* [out_h] input row of each output row */
    const uint16_t *column; /* [out_w] */
    uint16_t in_w, out_h, out_w, channels;
} mcn_resize_t;

/* AVERAGE_POOL_2D and MAX_POOL_2D; padding is left out of the mean, as in TensorFlow Lite. */
typedef struct {
    uint32_t input, output;
    uint16_t in_h, in_w, channels;
    uint16_t out_h, out_w;
    uint16_t kernel_h, kernel_w;
    uint8_t stride_h, stride_w;
    uint16_t pad_top, pad_left;
    int8_t act_min, act_max;
} mcn_pool_t;

/* MEAN that keeps the last axes: output[channels] from input[positions, channels]. */
typedef struct {
    uint32_t input, output;
    uint32_t scratch; /* arena offset of int32_t[channels] */
    uint32_t positions;
    uint16_t channels;
    int16_t input_zero_point, output_zero_point;
    int8_t shift;
    int32_t multiplier; /* input scale / output scale / positions; 1 / positions may take it below 2^30 */
} mcn_mean_t;

/* MEAN over any of H, W, C: each output is that of over_h x over_w x over_c inputs; where an axis is reduced its out_ is
 * 1 and its over_ the input's size, elsewhere the other way round. */
typedef struct {
    uint32_t input, output;
    int32_t multiplier; /* as in mcn_mean_t */
    uint16_t in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint16_t over_h, over_w, over_c;
    int16_t input_zero_point, output_zero_point;
    int8_t shift;
} mcn_mean_over_axes_t;

/* SOFTMAX over the last axis, int8 to int8 (output scale 1/256, zero point -128). */
typedef struct {
    uint32_t input, output;
    uint32_t rows, depth;
    int32_t multiplier; /* beta * input scale as Q31 with `shift` bits to the left */
    int8_t shift;
    int32_t diff_min; /* differences below it contribute nothing */
} mcn_softmax_t;

/* PAD of [H, W, C] with a constant. */
typedef struct {
    uint32_t input, output;
    uint16_t in_h, in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint16_t before_h, before_w, before_c;
    int8_t value;
} mcn_pad_t;

/* QUANTIZE and DEQUANTIZE. A float tensor lies in the arena 4-byte aligned. */
typedef struct {
    uint32_t input, output;
    uint32_t count; /* elements */
    float scale;    /* float to int8, int8 to float: of the int8 side */
    int32_t multiplier; /* int8 to int8: input scale / output scale */
    int8_t shift;
    int16_t input_zero_point, output_zero_point; /* of the int8 sides, else 0 */
} mcn_quantize_t;

#endif
