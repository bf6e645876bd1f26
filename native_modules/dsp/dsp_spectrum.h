// One frame of samples to mel bands in single precision, and bands to the integers that fft gives.
//
// Rules: equal on every IEEE machine. Each step is one correctly rounded operation, in the order of the
// host's numpy reference; compile without fused multiply-add (-ffp-contract=off). All memory is the
// caller's. Bands are kept as the words that their floats are.

#ifndef DSP_SPECTRUM_H
#define DSP_SPECTRUM_H

#include "dsp_mel.h"

typedef struct {
    uint32_t length; // of the transform, a power of two
    uint32_t bins;   // samples in a frame, at most length
    uint16_t *edges; // DSP_MELS + 2 rows
    float *window;   // first half of a symmetric window: length / 2
    float *weights;  // first half of each band's: dsp_band_weight_count
    float *frame;    // working memory: length
} dsp_spectrum_t;

// At most how many weights the first halves of all bands have.
uint32_t dsp_band_weight_count(uint32_t bins);

// Builds the tables; length, bins, edges and where the other memory is are given.
void dsp_spectrum_init(const dsp_spectrum_t *spectrum);

// Bands of a frame of which `present` samples, at most bins, are there; the others are zero.
void dsp_spectrum_bands(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t present, uint32_t *bands);

// All frames' bands, the oldest frame's at index `oldest`, to integers of which the largest is 65536; zeros
// where all are equal. In place when `oldest` is 0.
void dsp_spectrum_stretch(const uint32_t *bands, uint32_t oldest, uint32_t *result);

#endif // DSP_SPECTRUM_H
