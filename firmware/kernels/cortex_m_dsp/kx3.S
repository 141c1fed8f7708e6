/* The tiles of convolutions 3 columns wide: no ReLU, up to 438 weights a channel. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "kx3.inc"
MCN_KX3 "", relu=0, long=0
#endif
