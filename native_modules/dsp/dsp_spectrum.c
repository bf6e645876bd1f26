// A frame to mel bands in single precision: see dsp_spectrum.h.

#include <math.h>
#include <string.h>

#include "dsp_exact.h"
#include "dsp_fft_f32.h"
#include "dsp_mve_spectrum.h"
#include "dsp_reversed.h"
#include "dsp_spectrum.h"

#define OUTPUT_SCALE (65536.0f)

// The first half of 0.5 * (1 - cos(2*pi*n / (length - 1))), length even.
static void build_window(float *window, uint32_t length) {
    for (uint32_t n = 0; n < length / 2; ++n) {
        uint32_t value = (UINT32_C(1) << 30) - (uint32_t)dsp_cosine_of_turn(n, length - 1);
        window[n] = (float)value * 0x1p-31f;
    }
}

// A symmetric band's first half includes the middle row.
static uint32_t half_width(uint32_t width) {
    return (width + 1) / 2;
}

// Bands overlap by halves, and each may have an odd row or, where it is empty, one row all the same.
uint32_t dsp_band_weight_count(uint32_t bins) {
    return bins / 2 + 1 + DSP_MELS;
}

void dsp_spectrum_init(const dsp_spectrum_t *spectrum) {
    float *weight = spectrum->weights;
    for (uint32_t mel = 0; mel < DSP_MELS; ++mel) {
        uint32_t start;
        uint32_t width = dsp_band_rows(spectrum->edges, mel, spectrum->bins, &start);
        for (uint32_t offset = 0; offset < half_width(width); ++offset) {
            *weight++ = dsp_band_weight(offset, width);
        }
    }
    build_window(spectrum->window, spectrum->length);
}

#ifdef DSP_HAS_MVE_FLOAT
#define load_frame dsp_mve_load_frame_f32
#define take_power dsp_mve_take_power_f32
#define take_bands dsp_mve_take_bands_f32
#define stretch dsp_mve_stretch_f32
#define widen_range(bands, count, lowest, highest) dsp_mve_range(bands, count, 0, lowest, highest)

#else

// The frame, windowed, in the order that the transform takes. The window's second half mirrors its
// first; `present` samples are there, and zeros follow.
static void load_frame(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t present) {
    uint32_t length = spectrum->length, shift = dsp_reversed_shift(length / 2);
    const int16_t *sample = samples;
    uint32_t n = 0;
    for (; 2 * n + 1 < present && n < length / 4; ++n) {
        float *place = spectrum->frame + 2 * (dsp_reversed(n) >> shift);
        place[0] = (float)*sample++ * spectrum->window[2 * n];
        place[1] = (float)*sample++ * spectrum->window[2 * n + 1];
    }
    for (const float *window = spectrum->window + length - 2 * n; 2 * n + 1 < present; ++n) {
        float *place = spectrum->frame + 2 * (dsp_reversed(n) >> shift);
        place[0] = (float)*sample++ * *--window;
        place[1] = (float)*sample++ * *--window;
    }
    for (; n < length / 2; ++n) {
        float *place = spectrum->frame + 2 * (dsp_reversed(n) >> shift);
        uint32_t mirrored = 2 * n < length / 2 ? 2 * n : length - 1 - 2 * n;
        place[0] = 2 * n < present ? (float)*sample * spectrum->window[mirrored] : 0.0f;
        place[1] = 0.0f;
    }
}

// From the transform, in place, to the power of each row: row y shows the bin at the same place of
// the spectrum. Values are read before they are overwritten, since a row's bin is at most one before it.
static void take_power(const dsp_spectrum_t *spectrum) {
    float *frame = spectrum->frame;
    uint32_t rows = spectrum->bins / 2 + 1, half = spectrum->length / 2;
    uint32_t bin = 0, rest = 0;
    float zeroth = frame[0] * frame[0];
    frame[0] = zeroth;
    for (uint32_t row = 1; row < rows; ++row) {
        for (rest += half; rest >= rows; rest -= rows) {
            ++bin;
        }
        const float *at = frame + 2 * bin;
        frame[row] = bin == 0 ? zeroth : at[0] * at[0] + at[1] * at[1];
    }
}

// Weighted sums, added in the order of the rows.
static void take_bands(const dsp_spectrum_t *spectrum, uint32_t *bands) {
    const float *weights = spectrum->weights;
    for (uint32_t mel = 0; mel < DSP_MELS; ++mel) {
        uint32_t start;
        uint32_t width = dsp_band_rows(spectrum->edges, mel, spectrum->bins, &start);
        uint32_t half = half_width(width);
        const float *row = spectrum->frame + start;
        float sum = 0.0f;
        for (uint32_t offset = 0; offset < half; ++offset) {
            sum = sum + *row++ * weights[offset];
        }
        for (uint32_t offset = width - half; offset > 0; --offset) {
            sum = sum + *row++ * weights[offset - 1];
        }
        weights += half;
        float band = sqrtf(sum);
        memcpy(bands + mel, &band, sizeof(band));
    }
}

static inline float load_float(const uint32_t *place) {
    float value;
    memcpy(&value, place, sizeof(value));
    return value;
}

static void stretch(const uint32_t *bands, uint32_t count, float lowest, float span, uint32_t *result) {
    for (uint32_t i = 0; i < count; ++i) {
        result[i] = (uint32_t)((load_float(bands + i) - lowest) * OUTPUT_SCALE / span);
    }
}

static void widen_range(const uint32_t *bands, uint32_t count, uint32_t *lowest, uint32_t *highest) {
    for (uint32_t i = 0; i < count; ++i) {
        *lowest = bands[i] < *lowest ? bands[i] : *lowest;
        *highest = bands[i] > *highest ? bands[i] : *highest;
    }
}

#endif

void dsp_spectrum_bands(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t present, uint32_t *bands) {
    load_frame(spectrum, samples, present);
    dsp_rfft_reordered_f32(spectrum->frame, spectrum->length);
    take_power(spectrum);
    take_bands(spectrum, bands);
}

// Bands are roots, so none is below zero, and their words are in the order of the numbers.
void dsp_spectrum_stretch(const uint32_t *bands, uint32_t oldest, uint32_t *result) {
    uint32_t lowest = UINT32_MAX, highest = 0;
    widen_range(bands, DSP_FRAMES * DSP_MELS, &lowest, &highest);
    if (lowest == highest) {
        memset(result, 0, DSP_FRAMES * DSP_MELS * sizeof(*result));
        return;
    }
    float least, most;
    memcpy(&least, &lowest, sizeof(least));
    memcpy(&most, &highest, sizeof(most));
    float span = most - least;
    uint32_t later = (DSP_FRAMES - oldest) * DSP_MELS;
    stretch(bands + oldest * DSP_MELS, later, least, span, result);
    stretch(bands, oldest * DSP_MELS, least, span, result + later);
}
