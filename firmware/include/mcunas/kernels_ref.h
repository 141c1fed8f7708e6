/* The reference kernels: clear rather than fast, they define what every other kernel of an operation must compute. */
#ifndef MCUNAS_KERNELS_REF_H
#define MCUNAS_KERNELS_REF_H

#include "mcunas/kernel.h"

void mcn_add_broadcast_ref(const void *args, uint8_t *arena);          /* mcn_binary_t */
void mcn_add_ref(const void *args, uint8_t *arena);                    /* mcn_add_t */
void mcn_average_pool_2d_ref(const void *args, uint8_t *arena);        /* mcn_pool_t */
void mcn_concatenation_ref(const void *args, uint8_t *arena);          /* mcn_concatenation_t */
void mcn_conv_2d_grouped_ref(const void *args, uint8_t *arena);        /* mcn_conv_t */
void mcn_conv_2d_ref(const void *args, uint8_t *arena);                /* mcn_conv_t */
void mcn_depthwise_conv_2d_ref(const void *args, uint8_t *arena);      /* mcn_conv_t */
void mcn_dequantize_ref(const void *args, uint8_t *arena);             /* mcn_quantize_t, int8 to float */
void mcn_fully_connected_ref(const void *args, uint8_t *arena);        /* mcn_fully_connected_t */
void mcn_lookup_ref(const void *args, uint8_t *arena);                 /* mcn_lookup_t */
void mcn_max_pool_2d_ref(const void *args, uint8_t *arena);            /* mcn_pool_t */
void mcn_mean_over_axes_ref(const void *args, uint8_t *arena);         /* mcn_mean_over_axes_t */
void mcn_mean_ref(const void *args, uint8_t *arena);                   /* mcn_mean_t */
void mcn_mul_ref(const void *args, uint8_t *arena);                    /* mcn_binary_t */
void mcn_pad_ref(const void *args, uint8_t *arena);                    /* mcn_pad_t */
void mcn_prelu_ref(const void *args, uint8_t *arena);                  /* mcn_binary_t */
void mcn_quantize_ref(const void *args, uint8_t *arena);               /* mcn_quantize_t, float to int8 */
void mcn_requantize_ref(const void *args, uint8_t *arena);             /* mcn_quantize_t, int8 to int8 */
void mcn_resize_nearest_neighbor_ref(const void *args, uint8_t *arena); /* mcn_resize_t */
void mcn_slice_ref(const void *args, uint8_t *arena);                  /* mcn_slice_t */
void mcn_softmax_ref(const void *args, uint8_t *arena);                /* mcn_softmax_t */
void mcn_sub_ref(const void *args, uint8_t *arena);                    /* mcn_binary_t */
void mcn_transpose_conv_ref(const void *args, uint8_t *arena);         /* mcn_conv_t */

#endif
