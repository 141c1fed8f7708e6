/* FULLY_CONNECTED of any number of inputs. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "fully_connected.inc"
MCN_FULLY_CONNECTED mcn_fully_connected_long_dsp, long=1
#endif
