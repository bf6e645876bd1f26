// A frame to mel bands in integers: see dsp_spectrum_q15.h.

#include <string.h>

#include "dsp_exact.h"
#include "dsp_fft_q15.h"
#include "dsp_mve_spectrum.h"
#include "dsp_spectrum_q15.h"

// Amplitudes have 6 fraction bits, powers twice as many.
#define POWER_FRACTION_BITS (12)
#define OUTPUT_BITS (16)

void dsp_spectrum_q15_init(const dsp_spectrum_q15_t *spectrum) {
    for (uint32_t n = 0; n < spectrum->length / 2; ++n) {
        uint32_t value = (UINT32_C(1) << 30) - (uint32_t)dsp_cosine_of_turn(n, spectrum->length - 1);
        uint32_t rounded = (value + (1 << 15)) >> 16;
        spectrum->window[n] = (int16_t)(rounded < INT16_MAX ? rounded : INT16_MAX);
    }
}

#ifdef DSP_HAS_MVE
#define load_frame dsp_mve_load_frame_q15
#define take_power dsp_mve_take_power_q15
#define weighted_sum dsp_mve_weighted_sum
#define widen_range dsp_mve_range
#define stretch dsp_mve_stretch_q15

#else

// By how many bits the samples can be shifted up and stay within 16.
static uint32_t room_of(const int16_t *samples, uint32_t count) {
    int32_t used = 1;
    for (uint32_t n = 0; n < count; ++n) {
        used |= samples[n] ^ (samples[n] >> 15);
    }
    return (uint32_t)__builtin_clz((uint32_t)used) - 17;
}

// The frame, shifted up and windowed, with zeros after it. The window's second half mirrors its first.
static uint32_t load_frame(const dsp_spectrum_q15_t *spectrum, const int16_t *samples, uint32_t present) {
    int16_t *frame = (int16_t *)spectrum->frame;
    uint32_t shift = room_of(samples, present), down = 15 - shift;
    int32_t half = 1 << (down - 1);
    const int16_t *window = spectrum->window;
    uint32_t n = 0;
    for (; n < present && n < spectrum->length / 2; ++n) {
        frame[n] = (int16_t)((samples[n] * *window++ + half) >> down);
    }
    for (; n < present; ++n) {
        frame[n] = (int16_t)((samples[n] * *--window + half) >> down);
    }
    memset(frame + n, 0, (spectrum->length - n) * sizeof(int16_t));
    return shift;
}

// The power of each row: row y shows the bin at the same place of the spectrum.
static void take_power(const dsp_spectrum_q15_t *spectrum) {
    uint32_t rows = spectrum->bins / 2 + 1, half = spectrum->length / 2;
    uint32_t bin = 0, rest = 0;
    uint32_t zeroth = (uint32_t)(spectrum->spectrum[0] * spectrum->spectrum[0]);
    spectrum->frame[0] = zeroth;
    for (uint32_t row = 1; row < rows; ++row) {
        for (rest += half; rest >= rows; rest -= rows) {
            ++bin;
        }
        int32_t re = spectrum->spectrum[2 * bin], im = spectrum->spectrum[2 * bin + 1];
        spectrum->frame[row] = bin == 0 ? zeroth : (uint32_t)(re * re) + (uint32_t)(im * im);
    }
}

// Weights rise from 1 by twos to the middle and fall again; their sum is half the square of the width.
static uint64_t weighted_sum(const uint32_t *row, uint32_t width) {
    uint64_t sum = 0;
    uint32_t weight = 1;
    for (uint32_t offset = 0; offset < width / 2; ++offset) {
        sum += (uint64_t)*row++ * weight;
        weight += 2;
    }
    if (width % 2 != 0) {
        sum += (uint64_t)*row++ * weight;
    }
    for (uint32_t offset = 0; offset < width / 2; ++offset) {
        weight -= 2;
        sum += (uint64_t)*row++ * weight;
    }
    return sum;
}

static void widen_range(const uint32_t *bands, uint32_t count, uint32_t down, uint32_t *lowest, uint32_t *highest) {
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t value = bands[i] >> down;
        *lowest = value < *lowest ? value : *lowest;
        *highest = value > *highest ? value : *highest;
    }
}

static void stretch(const uint32_t *bands, uint32_t down, uint32_t lowest, uint32_t coarser, uint32_t divisor,
    uint32_t *result) {
    for (uint32_t mel = 0; mel < DSP_MELS; ++mel) {
        uint32_t above = (bands[mel] >> down) - lowest;
        result[mel] = (above >> coarser << OUTPUT_BITS) / divisor;
    }
}

#endif

uint8_t dsp_spectrum_q15_bands(const dsp_spectrum_q15_t *spectrum, const int16_t *samples, uint32_t present,
    uint32_t *bands) {
    uint32_t shift = load_frame(spectrum, samples, present);
    dsp_rfft_q15((const int16_t *)spectrum->frame, spectrum->spectrum, spectrum->length);
    take_power(spectrum);
    for (uint32_t mel = 0; mel < DSP_MELS; ++mel) {
        uint32_t start;
        uint32_t width = dsp_band_rows(spectrum->edges, mel, spectrum->bins, &start);
        uint64_t sum = weighted_sum(spectrum->frame + start, width);
        bands[mel] = dsp_square_root(sum << POWER_FRACTION_BITS) / width;
    }
    return (uint8_t)shift;
}

typedef struct {
    uint32_t lowest;
    uint32_t highest;
    uint32_t least_shift;
} range_t;

static range_t range_of(const uint32_t *bands, const uint8_t *shifts) {
    range_t range = { UINT32_MAX, 0, DSP_SHIFT_MOST };
    for (uint32_t frame = 0; frame < DSP_FRAMES; ++frame) {
        range.least_shift = shifts[frame] < range.least_shift ? shifts[frame] : range.least_shift;
    }
    for (uint32_t frame = 0; frame < DSP_FRAMES; ++frame) {
        uint32_t down = shifts[frame] - range.least_shift;
        widen_range(bands, DSP_MELS, down, &range.lowest, &range.highest);
        bands += DSP_MELS;
    }
    return range;
}

void dsp_spectrum_q15_stretch(const uint32_t *bands, const uint8_t *shifts, uint32_t oldest, uint32_t *result) {
    range_t range = range_of(bands, shifts);
    uint32_t span = range.highest - range.lowest;
    // So that the quotient of two numbers of 16 bits is taken.
    uint32_t coarser = span >> OUTPUT_BITS != 0 ? 32 - OUTPUT_BITS - (uint32_t)__builtin_clz(span) : 0;
    uint32_t divisor = span > 0 ? span >> coarser : 1;
    for (uint32_t frame = 0; frame < DSP_FRAMES; ++frame) {
        uint32_t at = oldest + frame < DSP_FRAMES ? oldest + frame : oldest + frame - DSP_FRAMES;
        uint32_t down = shifts[at] - range.least_shift;
        stretch(bands + at * DSP_MELS, down, range.lowest, coarser, divisor, result);
        result += DSP_MELS;
    }
}
