// Real transform of 16-bit integers, equal to the bit on every core.
//
// Rules: docs/dsp.md states each rounding; runicd.blocks.transforms is the same in numpy. Cores with
// the DSP extension work on both halves of a word at once, others one after the other. Nothing
// overflows, so nothing saturates. All memory is the caller's. Lengths are powers
// of two from 16 to DSP_RFFT_LONGEST.

#ifndef DSP_FFT_Q15_H
#define DSP_FFT_Q15_H

#include <stdint.h>

// The real transform of values, divided by length: re 0, re length/2, re 1, im 1, re 2, … Both are aligned
// to 4 bytes and do not overlap.
void dsp_rfft_q15(const int16_t *values, int16_t *out, uint32_t length);

#endif // DSP_FFT_Q15_H
