// Noise reduction, gain control and logarithm: see dsp_noise.h.

#include <string.h>

#include "dsp_exact.h"
#include "dsp_mve_noise.h"
#include "dsp_noise.h"

#define SMOOTHING_BITS (14)
#define SMOOTHING_ONE (1u << SMOOTHING_BITS)
#define SNR_BITS (12)
#define OUTPUT_BITS (6)
#define CORRECTION_BITS (-1)
#define GAIN_MAX (0x7FFF)
#define ARGUMENT_BITS (20)
#define EXPONENT_BITS (24)
#define STRENGTH_BITS (16)

uint32_t dsp_to_smoothing(float fraction) {
    return (uint32_t)(fraction * (float)SMOOTHING_ONE);
}

// 2**gain_bits * (noise / 2**input_bits + offset) ** -strength, rounded, at
// most GAIN_MAX. Negative numbers are shifted arithmetically, as every compiler
// in use does.
static int32_t gain_at(const dsp_noise_t *noise, uint32_t level, int64_t offset, int64_t strength) {
    uint32_t input_bits = noise->smoothing_bits - CORRECTION_BITS;
    uint64_t base = (((uint64_t)level << ARGUMENT_BITS) >> input_bits) + (uint64_t)offset;
    if (base == 0) {
        return GAIN_MAX;
    }
    int64_t logarithm = dsp_log2_fixed(base, EXPONENT_BITS) - ((int64_t)ARGUMENT_BITS << EXPONENT_BITS);
    int64_t exponent = ((int64_t)noise->gain_bits << EXPONENT_BITS) - ((logarithm * strength) >> STRENGTH_BITS);
    int64_t whole = exponent >> EXPONENT_BITS;
    uint64_t fraction = (uint64_t)exponent & ((1u << EXPONENT_BITS) - 1);
    if (whole >= 15) {
        return GAIN_MAX;
    }
    if (whole < -1) {
        return 0;
    }
    uint64_t mantissa = dsp_exp2_fraction(fraction << (30 - EXPONENT_BITS));
    uint64_t gain = (mantissa + (UINT64_C(1) << (29 - whole))) >> (30 - whole);
    return gain < GAIN_MAX ? (int32_t)gain : GAIN_MAX;
}

// A quadratic through the gain at the start, middle and end of each power of two.
void dsp_noise_build_gains(dsp_noise_t *noise, float strength, float offset) {
    int64_t offset_fixed = (int64_t)(offset * (float)(1 << ARGUMENT_BITS));
    int64_t strength_fixed = (int64_t)(strength * (float)(1 << STRENGTH_BITS));
    noise->gains[0] = gain_at(noise, 0, offset_fixed, strength_fixed);
    noise->gains[1] = gain_at(noise, 1, offset_fixed, strength_fixed);
    for (unsigned interval = 2; interval <= 32; ++interval) {
        uint32_t start = UINT32_C(1) << (interval - 1);
        uint32_t end = interval == 32 ? UINT32_MAX : 2 * start;
        int32_t first = gain_at(noise, start, offset_fixed, strength_fixed);
        int32_t middle = gain_at(noise, start + (start >> 1), offset_fixed, strength_fixed);
        int32_t last = gain_at(noise, end, offset_fixed, strength_fixed);
        int32_t slope = 4 * (middle - first) - (last - first);
        int32_t *piece = noise->gains + 4 * interval - 6;
        piece[0] = first;
        piece[1] = slope;
        piece[2] = last - first - slope;
    }
}

// Never below 0, where the quadratic is for a gain that falls steeply.
static uint32_t interpolate_gain(const int32_t *gains, uint32_t level) {
    if (level <= 2) {
        return (uint32_t)gains[level];
    }
    uint32_t interval = 32 - (uint32_t)__builtin_clz(level);
    const int32_t *piece = gains + 4 * interval - 6;
    uint32_t shifted = interval < 11 ? level << (11 - interval) : level >> (interval - 11);
    int32_t fraction = shifted & 0x3FF;
    int32_t value = ((piece[2] * fraction) >> 5) + piece[1] * 32;
    int32_t gain = (int32_t)(((int64_t)value * fraction + (1 << 14)) >> 15) + piece[0];
    return gain > 0 ? (uint32_t)gain : 0;
}

// Square below 2, linear above, with OUTPUT_BITS fraction bits.
static uint64_t shrink(uint64_t snr) {
    if (snr < (2u << SNR_BITS)) {
        return ((uint32_t)snr * (uint32_t)snr) >> (2 + 2 * SNR_BITS - OUTPUT_BITS);
    }
    return (snr >> (SNR_BITS - OUTPUT_BITS)) - (1u << OUTPUT_BITS);
}

static uint32_t scale_up(const dsp_noise_t *noise, uint32_t signal) {
    return signal <= UINT32_MAX >> noise->smoothing_bits ? signal << noise->smoothing_bits : UINT32_MAX;
}

static uint32_t update_estimate(const dsp_noise_t *noise, uint32_t signal, uint32_t index) {
    uint32_t smoothing = (index & 1) == 0 ? noise->even_smoothing : noise->odd_smoothing;
    uint64_t sum = (uint64_t)scale_up(noise, signal) * smoothing
        + (uint64_t)noise->estimate[index] * (SMOOTHING_ONE - smoothing);
    return (uint32_t)(sum >> SMOOTHING_BITS);
}

static uint64_t signal_to_noise(const dsp_noise_t *noise, uint32_t signal, uint32_t estimate) {
    uint32_t scaled = scale_up(noise, signal);
    uint32_t remaining = (scaled - (estimate < scaled ? estimate : scaled)) >> noise->smoothing_bits;
    uint32_t floor = (uint32_t)(((uint64_t)signal * noise->min_signal_remaining) >> SMOOTHING_BITS);
    uint32_t reduced = remaining > floor ? remaining : floor;
    uint64_t snr = (uint64_t)reduced * interpolate_gain(noise->gains, estimate);
    return snr >> (noise->gain_bits - CORRECTION_BITS - SNR_BITS);
}

// At most 2^22, and no less for a larger one.
static int32_t logarithm(uint64_t snr) {
    return dsp_log2_q16(shrink(snr) + 1);
}

// Updates the estimates.
static void take_ratios(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, uint64_t *least,
    uint64_t *most) {
    for (uint32_t i = 0; i < count; ++i) {
        noise->estimate[i] = update_estimate(noise, signal[i], i);
        uint64_t snr = signal_to_noise(noise, signal[i], noise->estimate[i]);
        *least = snr < *least ? snr : *least;
        *most = snr > *most ? snr : *most;
    }
}

static void scale(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, int32_t lowest, int32_t span,
    int8_t *result) {
    for (uint32_t i = 0; i < count; ++i) {
        int32_t above = logarithm(signal_to_noise(noise, signal[i], noise->estimate[i])) - lowest;
        result[i] = (int8_t)((255 * above - 128 * span) / span);
    }
}

#ifdef DSP_HAS_MVE
static bool filter_by_vectors(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, int8_t *result) {
    if (!dsp_mve_takes_noise(signal, count)) {
        return false;
    }
    dsp_mve_ratios_t ratios = dsp_mve_update_noise(noise, signal, count);
    int32_t lowest = logarithm(ratios.least), span = logarithm(ratios.most) - lowest;
    if (span == 0) {
        memset(result, 0, count);
    } else {
        dsp_mve_scale_noise(noise, signal, count, lowest, span, result);
    }
    return true;
}
#endif

// Of the logarithms only the lowest and the highest are needed before all others. Ratios are computed twice rather
// than kept: eight bytes an element are dearer on a board than the time.
void dsp_noise_filter(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, int8_t *result) {
    #ifdef DSP_HAS_MVE
    if (filter_by_vectors(noise, signal, count, result)) {
        return;
    }
    #endif
    uint64_t least = UINT64_MAX, most = 0;
    take_ratios(noise, signal, count, &least, &most);
    int32_t lowest = logarithm(least), span = logarithm(most) - lowest;
    if (span == 0) {
        memset(result, 0, count);
    } else {
        scale(noise, signal, count, lowest, span, result);
    }
}
