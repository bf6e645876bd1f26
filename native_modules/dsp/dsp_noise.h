// Noise reduction, gain control and logarithm of a spectrogram, in integers.
//
// The first two steps are those of the TensorFlow Lite Micro audio front end.

#ifndef DSP_NOISE_H
#define DSP_NOISE_H

#include <stdint.h>

#define DSP_GAIN_ENTRIES (4 * 32 - 3)

typedef struct {
    uint32_t gain_bits;      // 11 .. 31
    uint32_t smoothing_bits; // 0 .. 16
    uint32_t even_smoothing; // this and the next two: scaled by 2**14
    uint32_t odd_smoothing;
    uint32_t min_signal_remaining;
    uint32_t *estimate;      // one for each element, 0 at first
    int32_t gains[DSP_GAIN_ENTRIES]; // 2 single values, then (value, slope, bend) every 4 entries
} dsp_noise_t;

// A fraction of [0, 1] as dsp_noise_t holds it.
uint32_t dsp_to_smoothing(float fraction);

// Fills `gains` for the gain 2**gain_bits * (noise + offset) ** -strength.
void dsp_noise_build_gains(dsp_noise_t *noise, float strength, float offset);

// Remembers `count` estimates; the result's range is that of the signal's logarithms.
void dsp_noise_filter(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, int8_t *result);

#endif // DSP_NOISE_H
