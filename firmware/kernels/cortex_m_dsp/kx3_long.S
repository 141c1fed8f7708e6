/* The tiles of convolutions 3 columns wide: no ReLU, any number of weights. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "kx3.inc"
MCN_KX3 _long, relu=0, long=1
#endif
