// Plain vector operations: windows, power, logarithm, mel bands.

#ifndef DSP_VECTOR_H
#define DSP_VECTOR_H

#include <stdint.h>

typedef enum {
    DSP_RECTANGLE,
    DSP_HANN,
    DSP_HAMMING,
    DSP_BLACKMAN,
    DSP_WINDOW_COUNT,
} dsp_window_t;

// A symmetric window of length >= 1.
void dsp_window(float *window, uint32_t length, dsp_window_t kind);

// length / 2 + 1 squared magnitudes of what a real transform of length values gives.
void dsp_power(const float *spectrum, float *out, uint32_t length);

void dsp_power_q15(const int16_t *spectrum, uint32_t *out, uint32_t length);

// Natural logarithm, values below `lowest` (> 0, also NaN) counted as it; in place allowed.
void dsp_log(const float *values, float *out, uint32_t count, float lowest);

// Sums of power over the triangular mel bands; edges as from dsp_mel_edges.
void dsp_mel_sums(const float *power, float *out, uint32_t mels, const uint16_t *edges, uint32_t bins);

#endif // DSP_VECTOR_H
