/* The tile of 1x1 convolutions: ReLU. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "conv_2d_1x1.inc"
MCN_POINTS mcn_points_relu_dsp, relu=1
#endif
