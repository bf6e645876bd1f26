// How a signal is cut into frames, and a spectrum into mel bands.

#ifndef DSP_MEL_H
#define DSP_MEL_H

#include <stdbool.h>
#include <stdint.h>

#define DSP_FRAMES (49)
#define DSP_MELS (40)

// The power of two that a frame of bins samples is padded to.
uint32_t dsp_transform_length(uint32_t bins);

// Samples from one chunk to the next.
uint32_t dsp_hop_samples(uint32_t bins, float window_overlap);

// How many chunks a signal has; DSP_FRAMES of them are taken, evenly.
uint32_t dsp_chunks(uint32_t count, uint32_t bins, uint32_t hop);

// Whether the frames of a window are all equally far apart and none is cut off, so that they are
// frames of the next window, too; then how far.
bool dsp_spacing(uint32_t window, uint32_t bins, uint32_t hop, uint32_t *spacing);

// Spectrum rows of the edges of `mels` bands: mels + 2 of them, over bins / 2 + 1 rows.
void dsp_mel_edges(uint16_t *edges, uint32_t mels, uint32_t sample_rate, uint32_t bins);

// Weight of row `offset` of a triangular band of `width` rows.
float dsp_band_weight(uint32_t offset, uint32_t width);

// Rows of band `mel`: from *start, as many as returned.
uint32_t dsp_band_rows(const uint16_t *edges, uint32_t mel, uint32_t bins, uint32_t *start);

#endif // DSP_MEL_H
