// Noise reduction by vectors of four, on cores with Helium, as dsp_noise.c does it: bit for bit.
//
// Counts are multiples of 4, and no signal is over DSP_MVE_NOISE_LOUDEST, which the block fft gives at most.

#ifndef DSP_MVE_NOISE_H
#define DSP_MVE_NOISE_H

#include <stdbool.h>

#include "dsp_mve.h"
#include "dsp_noise.h"

#ifdef DSP_HAS_MVE

#define DSP_MVE_NOISE_LOUDEST (65536)

// The range of signal-to-noise ratios.
typedef struct {
    uint32_t least;
    uint32_t most;
} dsp_mve_ratios_t;

bool dsp_mve_takes_noise(const uint32_t *signal, uint32_t count);

// Updates the estimates.
dsp_mve_ratios_t dsp_mve_update_noise(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count);

// The lowest logarithm becomes -128, and one that is `span` higher, which is above 0, 127.
void dsp_mve_scale_noise(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, int32_t lowest,
    int32_t span, int8_t *result);

#endif

#endif // DSP_MVE_NOISE_H
