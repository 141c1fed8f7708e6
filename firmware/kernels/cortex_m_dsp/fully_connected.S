/* FULLY_CONNECTED of rows of up to 452 inputs. */
#if defined(__ARM_FEATURE_DSP)
#include "macros.inc"
#include "fully_connected.inc"
MCN_FULLY_CONNECTED mcn_fully_connected_dsp, long=0
#endif
