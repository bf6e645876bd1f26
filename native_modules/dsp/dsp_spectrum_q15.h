// The same as dsp_spectrum.h in integers, for cores without floating point.
//
// Rules: equal to the host's numpy reference on every core; docs/blocks.md states each rounding. A frame is
// shifted up before it is transformed, so that quiet sound keeps its digits; its bands go with how far.

#ifndef DSP_SPECTRUM_Q15_H
#define DSP_SPECTRUM_Q15_H

#include "dsp_mel.h"

// How far a frame without a sound is shifted: the most that any is.
#define DSP_SHIFT_MOST (14)

typedef struct {
    uint32_t length;   // of the transform, a power of two
    uint32_t bins;     // samples in a frame, at most length
    uint16_t *edges;   // DSP_MELS + 2 rows
    int16_t *window;   // first half of a symmetric window in Q15: length / 2
    uint32_t *frame;   // working memory: length / 2 + 1
    int16_t *spectrum; // working memory: length
} dsp_spectrum_q15_t;

// Builds the window.
void dsp_spectrum_q15_init(const dsp_spectrum_q15_t *spectrum);

// Bands of a frame of which `present` samples, at most bins, are there; the others are zero. Returns
// by how many bits they are shifted up.
uint8_t dsp_spectrum_q15_bands(const dsp_spectrum_q15_t *spectrum, const int16_t *samples, uint32_t present,
    uint32_t *bands);

// All frames' bands with their shifts, the oldest frame's at index `oldest`, to integers of which the
// largest is 65536; zeros where all are equal. In place when `oldest` is 0.
void dsp_spectrum_q15_stretch(const uint32_t *bands, const uint8_t *shifts, uint32_t oldest, uint32_t *result);

#endif // DSP_SPECTRUM_Q15_H
