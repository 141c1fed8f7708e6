/* The tiles of convolutions 3 columns wide: ReLU, up to 438 weights a channel. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "kx3.inc"
MCN_KX3 _relu, relu=1, long=0
#endif
