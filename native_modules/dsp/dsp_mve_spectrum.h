// What frames take besides their transform, on cores with Helium.
//
// The steps are those of dsp_spectrum.c and dsp_spectrum_q15.c, and so are their results, bit for bit.

#ifndef DSP_MVE_SPECTRUM_H
#define DSP_MVE_SPECTRUM_H

#include "dsp_mve.h"
#include "dsp_spectrum.h"
#include "dsp_spectrum_q15.h"

#ifdef DSP_HAS_MVE

// Of `count` words, a multiple of 4, that are shifted down first.
void dsp_mve_range(const uint32_t *words, uint32_t count, uint32_t down, uint32_t *lowest, uint32_t *highest);

uint32_t dsp_mve_load_frame_q15(const dsp_spectrum_q15_t *spectrum, const int16_t *samples, uint32_t present);
void dsp_mve_take_power_q15(const dsp_spectrum_q15_t *spectrum);
uint64_t dsp_mve_weighted_sum(const uint32_t *row, uint32_t width);

// ((band >> down) - lowest) >> coarser << 16, divided by `divisor`, of DSP_MELS bands. No quotient is over 65536.
void dsp_mve_stretch_q15(const uint32_t *bands, uint32_t down, uint32_t lowest, uint32_t coarser, uint32_t divisor,
    uint32_t *result);

#endif

#ifdef DSP_HAS_MVE_FLOAT

void dsp_mve_load_frame_f32(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t present);
void dsp_mve_take_power_f32(const dsp_spectrum_t *spectrum);
void dsp_mve_take_bands_f32(const dsp_spectrum_t *spectrum, uint32_t *bands);
void dsp_mve_stretch_f32(const uint32_t *bands, uint32_t count, float lowest, float span, uint32_t *result);

#endif

#endif // DSP_MVE_SPECTRUM_H
