// Samples to mel bands in single precision, equal on every IEEE machine.
//
// Rules: each step is one correctly rounded operation, in the order of the
// host's numpy reference; compile without fused multiply-add
// (-ffp-contract=off). All memory is the caller's.

#ifndef DSP_SPECTRUM_H
#define DSP_SPECTRUM_H

#include <stdint.h>

#define DSP_FRAMES (49)
#define DSP_MELS (40)

typedef struct {
    uint32_t length;       // of the transform, a power of two
    uint32_t bins;         // samples in a frame, at most length
    uint32_t hop;          // samples from one chunk to the next
    const uint16_t *edges; // DSP_MELS + 2 rows
    const float *window;   // first half of a symmetric window: length / 2
    const float *weights;  // first half of each band's, as many as dsp_band_weight_count says
    float *frame;          // working memory: length
} dsp_spectrum_t;

// The power of two that a frame of bins samples is padded to.
uint32_t dsp_transform_length(uint32_t bins);

uint32_t dsp_hop_samples(uint32_t bins, float window_overlap);

// The first half of 0.5 * (1 - cos(2*pi*n / (length - 1))), length even.
void dsp_hann_half(float *window, uint32_t length);

// Spectrum rows of the edges of `mels` bands: mels + 2 of them, over bins / 2 + 1 rows.
void dsp_mel_edges(uint16_t *edges, uint32_t mels, uint32_t sample_rate, uint32_t bins);

// Weight of row `offset` of a triangular band of `width` rows.
float dsp_band_weight(uint32_t offset, uint32_t width);

// Rows of band `mel`: from *start, as many as returned.
uint32_t dsp_band_rows(const uint16_t *edges, uint32_t mel, uint32_t bins, uint32_t *start);

// At most how many weights the first halves of all bands have.
uint32_t dsp_band_weight_count(uint32_t bins);

// The first halves of the bands' weights, one band after the other; the second halves mirror them.
void dsp_band_weights(float *weights, const uint16_t *edges, uint32_t bins);

// DSP_FRAMES * DSP_MELS values into `result`, the loudest being 65536; zeros for silence.
void dsp_mel_spectrogram(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t count, uint32_t *result);

#endif // DSP_SPECTRUM_H
