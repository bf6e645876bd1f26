// Real transform in single precision, equal on every IEEE machine.
//
// Rules: each step is one correctly rounded operation, in the order of the host's numpy reference
// (runicd.blocks.transforms); compile without fused multiply-add (-ffp-contract=off). Two stages of
// radix 2 are done at once, in registers, with the operations and the results of two passes. Two
// neighbours, the first one's index even, are a complex value. All memory is the caller's. Lengths are powers of two from 16 to DSP_RFFT_LONGEST.

#ifndef DSP_FFT_F32_H
#define DSP_FFT_F32_H

#include <stdint.h>

// The real transform, in place, of values whose pairs stand in the order that dsp_reversed.h gives:
// re 0, re length/2, re 1, im 1, re 2, …
void dsp_rfft_reordered_f32(float *values, uint32_t length);

// The real transform of values, which do not overlap `out`.
void dsp_rfft_f32(const float *values, float *out, uint32_t length);

#endif // DSP_FFT_F32_H
