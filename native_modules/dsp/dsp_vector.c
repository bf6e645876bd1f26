// Plain vector operations: see dsp_vector.h.

#include <math.h>

#include "dsp_exact.h"
#include "dsp_mel.h"
#include "dsp_vector.h"

static float cosine(uint32_t numerator, uint32_t denominator) {
    return (float)dsp_cosine_of_turn(numerator % denominator, denominator) * 0x1p-30f;
}

static float window_at(uint32_t n, uint32_t last, dsp_window_t kind) {
    switch (kind) {
        case DSP_HANN:
            return 0.5f - 0.5f * cosine(n, last);
        case DSP_HAMMING:
            return 0.54f - 0.46f * cosine(n, last);
        case DSP_BLACKMAN:
            return 0.42f - 0.5f * cosine(n, last) + 0.08f * cosine(2 * n, last);
        default:
            return 1.0f;
    }
}

void dsp_window(float *window, uint32_t length, dsp_window_t kind) {
    window[0] = 1.0f;
    for (uint32_t n = 0; n < length && length > 1; ++n) {
        window[n] = window_at(n, length - 1, kind);
    }
}

void dsp_power(const float *spectrum, float *out, uint32_t length) {
    out[0] = spectrum[0] * spectrum[0];
    for (uint32_t k = 1; k < length / 2; ++k) {
        out[k] = spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1];
    }
    out[length / 2] = spectrum[1] * spectrum[1];
}

void dsp_power_q15(const int16_t *spectrum, uint32_t *out, uint32_t length) {
    out[0] = (uint32_t)(spectrum[0] * spectrum[0]);
    for (uint32_t k = 1; k < length / 2; ++k) {
        out[k] = (uint32_t)(spectrum[2 * k] * spectrum[2 * k]) + (uint32_t)(spectrum[2 * k + 1] * spectrum[2 * k + 1]);
    }
    out[length / 2] = (uint32_t)(spectrum[1] * spectrum[1]);
}

void dsp_log(const float *values, float *out, uint32_t count, float lowest) {
    for (uint32_t i = 0; i < count; ++i) {
        out[i] = logf(values[i] > lowest ? values[i] : lowest);
    }
}

void dsp_mel_sums(const float *power, float *out, uint32_t mels, const uint16_t *edges, uint32_t bins) {
    for (uint32_t mel = 0; mel < mels; ++mel) {
        uint32_t start;
        uint32_t width = dsp_band_rows(edges, mel, bins, &start);
        float sum = 0.0f;
        for (uint32_t offset = 0; offset < width; ++offset) {
            sum = sum + power[start + offset] * dsp_band_weight(offset, width);
        }
        out[mel] = sum;
    }
}
