// Frames to mel bands in integers by vectors: see dsp_mve_spectrum.h.

#include "dsp_mve_spectrum.h"

#ifdef DSP_HAS_MVE

#include <arm_mve.h>

#include "dsp_mve_bins.h"

#define HALVES (8u) // in a vector
#define LANES (4u)

static inline mve_pred16_t halves_below(uint32_t first, uint32_t end) {
    return vctp16q(first < end ? end - first : 0);
}

void dsp_mve_range(const uint32_t *words, uint32_t count, uint32_t down, uint32_t *lowest, uint32_t *highest) {
    uint32_t least = *lowest, most = *highest;
    for (; count > 0; count -= LANES) {
        uint32x4_t four = vshlq_r_u32(vldrwq_u32(words), -(int32_t)down);
        least = vminvq_u32(least, four);
        most = vmaxvq_u32(most, four);
        words += LANES;
    }
    *lowest = least;
    *highest = most;
}

static inline uint16x8_t bits_of(int16x8_t samples) {
    return (uint16x8_t)veorq_s16(samples, vshrq_n_s16(samples, 15));
}

// By how many bits the samples can be shifted up and stay within 16.
static uint32_t room_of(const int16_t *samples, uint32_t count) {
    uint16x8_t used = vdupq_n_u16(1);
    uint32_t n = 0;
    for (; n + HALVES <= count; n += HALVES) {
        used = vorrq_u16(used, bits_of(vldrhq_s16(samples + n)));
    }
    used = vorrq_u16(used, bits_of(vldrhq_z_s16(samples + n, halves_below(n, count))));
    return (uint32_t)__builtin_clz(vmaxvq_u16(0, used)) - 17;
}

// Eight samples, windowed and rounded.
static inline int16x8_t windowed(int16x8_t samples, int16x8_t window, int32_t up) {
    int32x4_t even = vrshlq_n_s32(vmullbq_int_s16(samples, window), up);
    int32x4_t odd = vrshlq_n_s32(vmulltq_int_s16(samples, window), up);
    return vmovntq_s32((int16x8_t)even, odd);
}

// The window of eight samples, of which `last` is the last one's.
static inline int16x8_t mirrored(const int16_t *last) {
    return vldrhq_gather_shifted_offset_s16(last, vsubq_u16(vdupq_n_u16(7), vidupq_n_u16(0, 1)));
}

uint32_t dsp_mve_load_frame_q15(const dsp_spectrum_q15_t *spectrum, const int16_t *samples, uint32_t present) {
    const int16_t *window = spectrum->window;
    int16_t *frame = (int16_t *)spectrum->frame;
    uint32_t length = spectrum->length, whole = present & ~(HALVES - 1);
    uint32_t rising = whole < length / 2 ? whole : length / 2, n = 0;
    uint32_t shift = room_of(samples, present);
    int32_t up = (int32_t)shift - 15;
    for (; n < rising; n += HALVES) {
        vstrhq_s16(frame + n, windowed(vldrhq_s16(samples + n), vldrhq_s16(window + n), up));
    }
    for (; n < whole; n += HALVES) {
        vstrhq_s16(frame + n, windowed(vldrhq_s16(samples + n), mirrored(window + length - HALVES - n), up));
    }
    for (; n < length; n += HALVES) {
        int16x8_t eight = vldrhq_z_s16(samples + n, halves_below(n, present));
        int16x8_t by = n < length / 2 ? vldrhq_s16(window + n) : mirrored(window + length - HALVES - n);
        vstrhq_s16(frame + n, windowed(eight, by, up));
    }
    return shift;
}

void dsp_mve_take_power_q15(const dsp_spectrum_q15_t *spectrum) {
    uint32_t rows = spectrum->bins / 2 + 1;
    dsp_mve_bins_t at = dsp_mve_first_bins(spectrum->length / 2, rows);
    spectrum->spectrum[1] = 0; // the last bin, which no row shows
    const uint32_t *bins = (const uint32_t *)(const void *)spectrum->spectrum;
    uint32_t *powers = spectrum->frame;
    for (uint32_t row = 0; row < rows; row += LANES) {
        mve_pred16_t there = vctp32q(rows - row);
        int16x8_t four = (int16x8_t)vldrwq_gather_shifted_offset_z_u32(bins, at.bin, there);
        uint32x4_t power = (uint32x4_t)vaddq_s32(vmullbq_int_s16(four, four), vmulltq_int_s16(four, four));
        vstrwq_p_u32(powers + row, power, there);
        dsp_mve_next_bins(&at);
    }
}

uint64_t dsp_mve_weighted_sum(const uint32_t *row, uint32_t width) {
    uint32x4_t twice = vidupq_n_u32(0, 2);
    uint32x4_t up = vaddq_n_u32(twice, 1), down = vsubq_u32(vdupq_n_u32(2 * width - 1), twice);
    uint64_t sum = 0;
    for (uint32_t offset = 0; offset < width; offset += LANES) {
        mve_pred16_t there = vctp32q(width - offset);
        sum = vmlaldavaq_p_u32(sum, vldrwq_z_u32(row + offset, there), vminq_u32(up, down), there);
        up = vaddq_n_u32(up, 2 * LANES);
        down = vsubq_n_u32(down, 2 * LANES);
    }
    return sum;
}

// A quotient by the divisor's inverse is right or one less.
void dsp_mve_stretch_q15(const uint32_t *bands, uint32_t down, uint32_t lowest, uint32_t coarser, uint32_t divisor,
    uint32_t *result) {
    uint32_t inverse = UINT32_MAX / divisor;
    for (uint32_t mel = 0; mel < DSP_MELS; mel += LANES) {
        uint32x4_t above = vsubq_n_u32(vshlq_r_u32(vldrwq_u32(bands + mel), -(int32_t)down), lowest);
        above = vshlq_n_u32(vshlq_r_u32(above, -(int32_t)coarser), 16);
        uint32x4_t quotient = vmulhq_u32(above, vdupq_n_u32(inverse));
        uint32x4_t rest = vsubq_u32(above, vmulq_n_u32(quotient, divisor));
        quotient = vaddq_m_n_u32(quotient, quotient, 1, vcmpcsq_n_u32(rest, divisor));
        vstrwq_u32(result + mel, quotient);
    }
}

#endif
