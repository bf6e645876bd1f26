// Samples to mel bands: see dsp_spectrum.h.

#include <math.h>
#include <string.h>

#include "dsp_exact.h"
#include "dsp_fft_f32.h"
#include "dsp_spectrum.h"

#define MEL_BITS (27)
#define MEL_ONE (UINT64_C(1) << MEL_BITS)
#define MEL_BREAK_HZ (700)
#define MEL_RATIO_LIMIT (UINT64_C(9) << MEL_BITS)
#define OUTPUT_SCALE (65536.0f)

uint32_t dsp_transform_length(uint32_t bins) {
    uint32_t length = 2;
    while (length < bins) {
        length *= 2;
    }
    return length;
}

uint32_t dsp_hop_samples(uint32_t bins, float window_overlap) {
    float kept = 1.0f - window_overlap;
    uint32_t hop = (uint32_t)((float)bins * kept);
    return hop > 0 ? hop : 1;
}

void dsp_hann_half(float *window, uint32_t length) {
    for (uint32_t n = 0; n < length / 2; ++n) {
        uint32_t value = (UINT32_C(1) << 30) - (uint32_t)dsp_cosine_of_turn(n, length - 1);
        window[n] = (float)value * 0x1p-31f;
    }
}

// The largest ratio whose `steps` truncating products of `first` do not exceed `last`.
static uint64_t geometric_ratio(uint64_t first, uint64_t last, uint32_t steps) {
    uint64_t low = MEL_ONE, high = MEL_RATIO_LIMIT;
    while (high - low > 1) {
        uint64_t middle = (low + high) / 2;
        uint64_t point = first;
        for (uint32_t step = 0; step < steps && point <= last; ++step) {
            point = (point * middle) >> MEL_BITS;
        }
        if (point > last) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return low;
}

// Equal steps in mel = 2595 log10(1 + f/700) are equal ratios of 1 + f/700.
void dsp_mel_edges(uint16_t *edges, uint32_t mels, uint32_t sample_rate, uint32_t bins) {
    uint32_t rows = bins / 2 + 1;
    uint64_t rate = (uint64_t)sample_rate << MEL_BITS;
    uint64_t point = MEL_ONE + rate / ((uint64_t)bins * MEL_BREAK_HZ);
    uint64_t ratio = geometric_ratio(point, MEL_ONE + rate / (2 * MEL_BREAK_HZ), mels + 1);
    for (uint32_t i = 0; i < mels + 1; ++i) {
        edges[i] = (uint16_t)((point - MEL_ONE) * (2 * MEL_BREAK_HZ * (uint64_t)rows) / rate);
        point = (point * ratio) >> MEL_BITS;
    }
    edges[mels + 1] = (uint16_t)rows;
}

uint32_t dsp_band_rows(const uint16_t *edges, uint32_t mel, uint32_t bins, uint32_t *start) {
    uint32_t width = (uint32_t)edges[mel + 2] - edges[mel];
    *start = edges[mel] < bins / 2 ? edges[mel] : bins / 2;
    return width > 0 ? width : 1;
}

float dsp_band_weight(uint32_t offset, uint32_t width) {
    uint32_t twice = 2 * offset;
    uint32_t distance = twice > width - 1 ? twice - (width - 1) : width - 1 - twice;
    return (float)(width - distance) / (float)(width * width);
}

// A symmetric band's first half includes the middle row.
static uint32_t half_width(uint32_t width) {
    return (width + 1) / 2;
}

// Bands overlap by halves, and each may have an odd row or, where it is empty, one row all the same.
uint32_t dsp_band_weight_count(uint32_t bins) {
    return bins / 2 + 1 + DSP_MELS;
}

void dsp_band_weights(float *weights, const uint16_t *edges, uint32_t bins) {
    for (uint32_t mel = 0; mel < DSP_MELS; ++mel) {
        uint32_t start;
        uint32_t width = dsp_band_rows(edges, mel, bins, &start);
        for (uint32_t offset = 0; offset < half_width(width); ++offset) {
            *weights++ = dsp_band_weight(offset, width);
        }
    }
}

// One chunk, windowed, in the order that the transform takes; samples beyond the signal and beyond
// the frame are zero.
static void load_frame(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t count, uint64_t start) {
    uint32_t present = start >= count ? 0 : count - start < spectrum->bins ? (uint32_t)(count - start) : spectrum->bins;
    memset(spectrum->frame, 0, spectrum->length * sizeof(float));
    for (uint32_t n = 0; n < present; ++n) {
        uint32_t mirrored = n < spectrum->length / 2 ? n : spectrum->length - 1 - n;
        uint32_t place = 2 * dsp_fft_place(n / 2, spectrum->length) + (n & 1);
        spectrum->frame[place] = (float)samples[start + n] * spectrum->window[mirrored];
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

// One frame's bands: weighted sums, added in the order of the rows.
static void take_bands(const dsp_spectrum_t *spectrum, float *bands) {
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
        bands[mel] = sqrtf(sum);
    }
}

static float load_float(const uint32_t *place) {
    float value;
    memcpy(&value, place, sizeof(value));
    return value;
}

// Turns the floats kept in `result` into integers from 0 to 65536.
static void scale_in_place(uint32_t *result, uint32_t count) {
    float lowest = load_float(result), highest = lowest;
    for (uint32_t i = 1; i < count; ++i) {
        float value = load_float(result + i);
        lowest = value < lowest ? value : lowest;
        highest = value > highest ? value : highest;
    }
    float span = highest - lowest;
    for (uint32_t i = 0; i < count; ++i) {
        float value = load_float(result + i);
        result[i] = span > 0.0f ? (uint32_t)((value - lowest) * OUTPUT_SCALE / span) : 0;
    }
}

// Amplitudes stand as floats in `result` until the loudest is known.
void dsp_mel_spectrogram(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t count, uint32_t *result) {
    uint32_t beyond = count > spectrum->bins ? count - spectrum->bins : 0;
    uint32_t chunks = 1 + beyond / spectrum->hop + (beyond % spectrum->hop != 0);
    for (uint32_t frame = 0; frame < DSP_FRAMES; ++frame) {
        uint64_t chunk = (uint64_t)frame * chunks / DSP_FRAMES;
        load_frame(spectrum, samples, count, chunk * spectrum->hop);
        dsp_rfft_reordered_f32(spectrum->frame, spectrum->length);
        take_power(spectrum);
        float bands[DSP_MELS];
        take_bands(spectrum, bands);
        memcpy(result + frame * DSP_MELS, bands, sizeof(bands));
    }
    scale_in_place(result, DSP_FRAMES * DSP_MELS);
}
