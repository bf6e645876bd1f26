// Samples to mel bands: see dsp_spectrum.h.

#include <math.h>
#include <string.h>

#include "dsp_exact.h"
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

void dsp_twiddle_factors(float *cosines, uint32_t length) {
    for (uint32_t k = 0; k < length / 2; ++k) {
        cosines[k] = (float)dsp_cosine_of_turn(k, length) * 0x1p-30f;
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

// sin(2*pi*k/length) from the table of cosines a quarter turn away.
static float sine_at(const float *cosines, uint32_t k, uint32_t quarter) {
    return cosines[k > quarter ? k - quarter : quarter - k];
}

static void swap_bit_reversed(float *values, uint32_t count) {
    uint32_t reversed = 0;
    for (uint32_t i = 0; i < count; ++i) {
        if (i < reversed) {
            for (uint32_t part = 0; part < 2; ++part) {
                float saved = values[2 * i + part];
                values[2 * i + part] = values[2 * reversed + part];
                values[2 * reversed + part] = saved;
            }
        }
        uint32_t bit = count >> 1;
        while ((reversed & bit) != 0) {
            reversed ^= bit;
            bit >>= 1;
        }
        reversed |= bit;
    }
}

static void butterfly(float *upper, float *lower, float cosine, float sine) {
    float real = lower[0] * cosine + lower[1] * sine;
    float imaginary = lower[1] * cosine - lower[0] * sine;
    lower[0] = upper[0] - real;
    lower[1] = upper[1] - imaginary;
    upper[0] = upper[0] + real;
    upper[1] = upper[1] + imaginary;
}

// Radix-2 decimation in time of `count` interleaved complex values; cosines
// are those of twice that length.
static void complex_transform(float *values, const float *cosines, uint32_t count) {
    swap_bit_reversed(values, count);
    for (uint32_t span = 1; span < count; span *= 2) {
        uint32_t stride = count / span;
        for (uint32_t k = 0; k < span; ++k) {
            float cosine = cosines[k * stride];
            float sine = sine_at(cosines, k * stride, count / 2);
            for (uint32_t start = k; start < count; start += 2 * span) {
                butterfly(values + 2 * start, values + 2 * (start + span), cosine, sine);
            }
        }
    }
}

static float bin_power(const float *values, const float *cosines, uint32_t k, uint32_t half) {
    const float *own = values + 2 * k;
    const float *mirror = values + 2 * ((half - k) & (half - 1));
    float even_real = (own[0] + mirror[0]) * 0.5f;
    float even_imaginary = (own[1] - mirror[1]) * 0.5f;
    float odd_real = (own[1] + mirror[1]) * 0.5f;
    float odd_imaginary = (mirror[0] - own[0]) * 0.5f;
    float cosine = cosines[k];
    float sine = sine_at(cosines, k, half / 2);
    float real = even_real + (cosine * odd_real + sine * odd_imaginary);
    float imaginary = even_imaginary + (cosine * odd_imaginary - sine * odd_real);
    return real * real + imaginary * imaginary;
}

// Bins k and half - k need each other's values, so both are taken before either is overwritten.
void dsp_power_spectrum(float *frame, const float *cosines, uint32_t length) {
    uint32_t half = length / 2;
    complex_transform(frame, cosines, half);
    for (uint32_t k = 0; k <= half / 2; ++k) {
        uint32_t mirror = (half - k) & (half - 1);
        float own_power = bin_power(frame, cosines, k, half);
        float mirror_power = bin_power(frame, cosines, mirror, half);
        frame[2 * k] = own_power;
        frame[2 * mirror] = mirror_power;
    }
}

// One chunk, windowed; samples beyond the signal and beyond the frame are zero.
static void load_frame(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t count, uint64_t start) {
    for (uint32_t n = 0; n < spectrum->length; ++n) {
        float sample = 0.0f;
        if (n < spectrum->bins && start + n < count) {
            sample = (float)samples[start + n];
        }
        uint32_t mirrored = n < spectrum->length / 2 ? n : spectrum->length - 1 - n;
        spectrum->frame[n] = sample * spectrum->window[mirrored];
    }
}

// Row y shows the bin at the same place of the spectrum.
static float band_amplitude(const dsp_spectrum_t *spectrum, uint32_t mel) {
    uint32_t rows = spectrum->bins / 2 + 1;
    uint32_t start;
    uint32_t width = dsp_band_rows(spectrum->edges, mel, spectrum->bins, &start);
    float sum = 0.0f;
    for (uint32_t offset = 0; offset < width; ++offset) {
        uint32_t bin = (start + offset) * (spectrum->length / 2) / rows;
        sum = sum + spectrum->frame[2 * bin] * dsp_band_weight(offset, width);
    }
    return sqrtf(sum);
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
        dsp_power_spectrum(spectrum->frame, spectrum->cosines, spectrum->length);
        for (uint32_t mel = 0; mel < DSP_MELS; ++mel) {
            float amplitude = band_amplitude(spectrum, mel);
            memcpy(result + frame * DSP_MELS + mel, &amplitude, sizeof(amplitude));
        }
    }
    scale_in_place(result, DSP_FRAMES * DSP_MELS);
}
