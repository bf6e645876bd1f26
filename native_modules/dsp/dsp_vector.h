// Plain vector operations: windows, real transform, power, logarithm.

#ifndef DSP_VECTOR_H
#define DSP_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#define DSP_RFFT_SHORTEST (32)

// The longest transform whose tables are in the firmware: 32 to 4096. A board
// short of flash sets it lower.
#ifndef DSP_RFFT_LONGEST
#define DSP_RFFT_LONGEST (4096)
#endif

typedef enum {
    DSP_RECTANGLE,
    DSP_HANN,
    DSP_HAMMING,
    DSP_BLACKMAN,
    DSP_WINDOW_COUNT,
} dsp_window_t;

// A symmetric window of length >= 1.
void dsp_window(float *window, uint32_t length, dsp_window_t kind);

// Real transform of length values by CMSIS-DSP: out = re 0, re length/2, re 1, im 1, re 2, …
// `values` is overwritten. False where there are no tables for that length.
bool dsp_rfft(float *values, float *out, uint32_t length);

// length / 2 + 1 squared magnitudes of what dsp_rfft gives.
void dsp_power(const float *spectrum, float *out, uint32_t length);

// Natural logarithm, values below `lowest` (> 0, also NaN) counted as it; in place allowed.
void dsp_log(const float *values, float *out, uint32_t count, float lowest);

// Sums of power over the triangular mel bands; edges as from dsp_mel_edges.
void dsp_mel_sums(const float *power, float *out, uint32_t mels, const uint16_t *edges, uint32_t bins);

#endif // DSP_VECTOR_H
