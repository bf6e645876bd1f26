// Transforms on cores with Arm's M-profile vector extension (Helium).
//
// They give what the general ones give, bit for bit (dsp_fft_q15.h, dsp_fft_f32.h), for lengths from
// DSP_MVE_SHORTEST on. Only instructions that round as docs/dsp.md says are used, so none that multiplies
// and adds floats at once.

#ifndef DSP_MVE_H
#define DSP_MVE_H

#include <stdint.h>

#define DSP_MVE_SHORTEST (32)

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define DSP_HAS_MVE

void dsp_mve_rfft_q15(const int16_t *values, int16_t *out, uint32_t length);

#endif

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 2)
#define DSP_HAS_MVE_FLOAT

void dsp_mve_rfft_f32(const float *values, float *out, uint32_t length);
void dsp_mve_rfft_reordered_f32(float *values, uint32_t length);

#endif

#endif // DSP_MVE_H
