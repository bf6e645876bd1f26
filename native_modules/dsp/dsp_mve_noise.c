// Noise reduction by vectors of four: see dsp_mve_noise.h.

#include "dsp_mve_noise.h"

#ifdef DSP_HAS_MVE

#include <arm_mve.h>

#include "dsp_exact.h"
#include "dsp_mve_spectrum.h"

#define LANES (4u)
#define SMOOTHING_ONE (1u << 14)

bool dsp_mve_takes_noise(const uint32_t *signal, uint32_t count) {
    uint32_t lowest = UINT32_MAX, highest = 0;
    if (count % LANES != 0) {
        return false;
    }
    dsp_mve_range(signal, count, 0, &lowest, &highest);
    return highest <= DSP_MVE_NOISE_LOUDEST;
}

// What is the same for all elements, in registers.
typedef struct {
    const int32_t *gains;
    uint32_t remaining;
    int32_t smoothing_bits;
    int32_t ratio_bits;
} same_t;

static inline same_t same_of(const dsp_noise_t *noise) {
    return (same_t) {
        noise->gains, noise->min_signal_remaining, (int32_t)noise->smoothing_bits, (int32_t)noise->gain_bits - 11
    };
}

static inline uint32x4_t upper_half(uint32x4_t value) {
    return vshrq_n_u32(value, 16);
}

static inline uint32x4_t lower_half(uint32x4_t value) {
    return vandq_u32(value, vdupq_n_u32(UINT16_MAX));
}

// A sum of products of 46 bits, given in halves, without its 14 fraction bits.
static inline uint32x4_t without_fraction(uint32x4_t upper, uint32x4_t lower) {
    return vaddq_u32(vshlq_n_u32(upper, 2), vshrq_n_u32(lower, 14));
}

static inline uint32x4_t smoothed(uint32x4_t scaled, uint32x4_t estimate, uint32x4_t smoothing) {
    uint32x4_t kept = vsubq_u32(vdupq_n_u32(SMOOTHING_ONE), smoothing);
    uint32x4_t upper = vmulq_u32(upper_half(scaled), smoothing), lower = vmulq_u32(lower_half(scaled), smoothing);
    upper = vaddq_u32(upper, vmulq_u32(upper_half(estimate), kept));
    lower = vaddq_u32(lower, vmulq_u32(lower_half(estimate), kept));
    return without_fraction(upper, lower);
}

// As interpolate_gain: the product of 38 bits is that of the upper bits and of the lower 15. Less than 2^16, since no
// parabola through numbers from 0 to 2^15 gets higher than 1.125 times that.
static inline uint32x4_t gain_of(const int32_t *gains, uint32x4_t level) {
    int32x4_t interval = vsubq_s32(vdupq_n_s32(32), (int32x4_t)vclzq_u32(level));
    uint32x4_t piece = (uint32x4_t)vmaxq_s32(vsubq_n_s32(vshlq_n_s32(interval, 2), 6), vdupq_n_s32(0));
    uint32x4_t shifted = vshlq_u32(level, vsubq_s32(vdupq_n_s32(11), interval));
    int32x4_t fraction = (int32x4_t)vandq_u32(shifted, vdupq_n_u32(0x3ff));
    int32x4_t bend = vldrwq_gather_shifted_offset_s32(gains + 2, piece);
    int32x4_t value = vshrq_n_s32(vmulq_s32(bend, fraction), 5);
    value = vaddq_s32(value, vshlq_n_s32(vldrwq_gather_shifted_offset_s32(gains + 1, piece), 5));
    int32x4_t lower = vmulq_s32(vandq_s32(value, vdupq_n_s32(0x7fff)), fraction);
    value = vaddq_s32(vmulq_s32(vshrq_n_s32(value, 15), fraction), vrshrq_n_s32(lower, 15));
    value = vaddq_s32(value, vldrwq_gather_shifted_offset_s32(gains, piece));
    value = vmaxq_s32(value, vdupq_n_s32(0));
    uint32x4_t least = vminq_u32(level, vdupq_n_u32(2));
    int32x4_t single = vldrwq_gather_shifted_offset_s32(gains, least);
    return (uint32x4_t)vpselq_s32(single, value, vcmpeqq_u32(level, least));
}

static inline uint32x4_t ratio_of(same_t same, uint32x4_t signal, uint32x4_t estimate) {
    uint32x4_t remaining = vqsubq_u32(vqshlq_r_u32(signal, same.smoothing_bits), estimate);
    remaining = vshlq_r_u32(remaining, -same.smoothing_bits);
    uint32x4_t upper = vmulq_n_u32(upper_half(signal), same.remaining);
    uint32x4_t floor = without_fraction(upper, vmulq_n_u32(lower_half(signal), same.remaining));
    uint32x4_t ratio = vmulq_u32(vmaxq_u32(remaining, floor), gain_of(same.gains, estimate));
    return vshlq_r_u32(ratio, -same.ratio_bits);
}

dsp_mve_ratios_t dsp_mve_update_noise(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count) {
    const uint32_t each[] = {
        noise->even_smoothing, noise->odd_smoothing, noise->even_smoothing, noise->odd_smoothing
    };
    uint32x4_t smoothing = vldrwq_u32(each);
    same_t same = same_of(noise);
    uint32_t *estimates = noise->estimate, least = UINT32_MAX, most = 0;
    for (uint32_t i = 0; i < count; i += LANES) {
        uint32x4_t four = vldrwq_u32(signal + i), scaled = vqshlq_r_u32(four, same.smoothing_bits);
        uint32x4_t estimate = smoothed(scaled, vldrwq_u32(estimates + i), smoothing);
        vstrwq_u32(estimates + i, estimate);
        uint32x4_t ratio = ratio_of(same, four, estimate);
        least = vminvq_u32(least, ratio);
        most = vmaxvq_u32(most, ratio);
    }
    return (dsp_mve_ratios_t) { least, most };
}

// Square below 2, linear above, and 1 more.
static inline uint32x4_t shrunk(uint32x4_t ratio) {
    uint32x4_t square = vshrq_n_u32(vmulq_u32(ratio, ratio), 20);
    uint32x4_t linear = vsubq_n_u32(vshrq_n_u32(ratio, 6), 64);
    return vaddq_n_u32(vpselq_u32(linear, square, vcmpcsq_n_u32(ratio, 8192)), 1);
}

static int32x4_t each_logarithm(uint32x4_t value) {
    uint32_t values[LANES];
    int32_t logarithms[LANES];
    vstrwq_u32(values, value);
    for (uint32_t i = 0; i < LANES; ++i) {
        logarithms[i] = dsp_log2_q16(values[i]);
    }
    return vldrwq_s32(logarithms);
}

// As dsp_log2_q16.
static inline int32x4_t logarithm(uint32x4_t value) {
    uint32x4_t zeros = vclzq_u32(value), mantissa = vshlq_u32(value, (int32x4_t)zeros);
    uint32x4_t piece = vandq_u32(vshrq_n_u32(mantissa, 26), vdupq_n_u32(31)), x = vshlq_n_u32(mantissa, 6);
    piece = vmulq_n_u32(piece, 3);
    const uint32_t *parabolas = &dsp_logarithm[0].start;
    uint32x4_t bend = vmulhq_u32(vldrwq_gather_shifted_offset_u32(parabolas + 2, piece), x);
    uint32x4_t slope = vsubq_u32(vldrwq_gather_shifted_offset_u32(parabolas + 1, piece), bend);
    uint32x4_t fraction = vmulhq_u32(slope, x);
    fraction = vaddq_u32(fraction, vldrwq_gather_shifted_offset_u32(parabolas, piece));
    uint32x4_t digit = vandq_u32(vaddq_n_u32(fraction, DSP_LOGARITHM_UNSURE), vdupq_n_u32(0x3ff));
    // Powers of two are sure.
    digit = vpselq_u32(vdupq_n_u32(UINT32_MAX), digit, vcmpeqq_n_u32(vshlq_n_u32(mantissa, 1), 0));
    if (vminvq_u32(UINT32_MAX, digit) < 2 * DSP_LOGARITHM_UNSURE) {
        return each_logarithm(value);
    }
    uint32x4_t whole = vshlq_n_u32(vsubq_u32(vdupq_n_u32(31), zeros), 16);
    return (int32x4_t)vorrq_u32(whole, vshrq_n_u32(fraction, 10));
}

// Truncated towards zero. By the divisor's inverse a quotient is right or one less.
static inline int32x4_t quotient_of(int32x4_t dividend, uint32_t divisor, uint32_t inverse) {
    uint32x4_t size = (uint32x4_t)vabsq_s32(dividend), quotient = vmulhq_u32(size, vdupq_n_u32(inverse));
    uint32x4_t rest = vsubq_u32(size, vmulq_n_u32(quotient, divisor));
    quotient = vaddq_m_n_u32(quotient, quotient, 1, vcmpcsq_n_u32(rest, divisor));
    int32x4_t sign = vshrq_n_s32(dividend, 31);
    return vsubq_s32(veorq_s32((int32x4_t)quotient, sign), sign);
}

void dsp_mve_scale_noise(const dsp_noise_t *noise, const uint32_t *signal, uint32_t count, int32_t lowest,
    int32_t span, int8_t *result) {
    const uint32_t *estimates = noise->estimate;
    uint32_t inverse = UINT32_MAX / (uint32_t)span;
    same_t same = same_of(noise);
    for (uint32_t i = 0; i < count; i += LANES) {
        uint32x4_t ratio = ratio_of(same, vldrwq_u32(signal + i), vldrwq_u32(estimates + i));
        int32x4_t above = vsubq_n_s32(logarithm(shrunk(ratio)), lowest);
        above = vsubq_n_s32(vmulq_n_s32(above, 255), 128 * span);
        vstrbq_s32(result + i, quotient_of(above, (uint32_t)span, inverse));
    }
}

#endif
