/* The convolution tile: no ReLU, K <= 492. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "gemm_3x2.inc"
MCN_GEMM_3X2 mcn_gemm_3x2_dsp, relu=0, long=0
#endif
