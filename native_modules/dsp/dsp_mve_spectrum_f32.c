// Frames to mel bands in single precision by vectors: see dsp_mve_spectrum.h.

#include "dsp_mve_spectrum.h"

#ifdef DSP_HAS_MVE_FLOAT

#include <arm_mve.h>

#include "dsp_mve_bins.h"

#define LANES (4u)

// One instruction for each of the four floats of a vector, which has none of its own.
#define ON_EACH(value, each) { \
    register float32x4_t in_q0 __asm__ ("q0") = value; \
    each; \
    value = in_q0; \
}

static inline mve_pred16_t those_below(uint32_t first, uint32_t end) {
    return vctp32q(first < end ? end - first : 0);
}

// Where both parts of two neighbours go, bit-reversed: the bit that becomes the lowest one tells parts, and a
// place in floats, reversed in two bits more, is one in bytes.
static inline uint32x4_t first_places(uint32_t length) {
    uint32x4_t each = vidupq_n_u32(0, 1);
    return vaddq_u32(vmulq_n_u32(vandq_u32(each, vdupq_n_u32(1)), length / 2), vshrq_n_u32(each, 1));
}

static inline uint32x4_t place_four(float *frame, uint32x4_t places, int32_t bits, int32x4_t samples,
    float32x4_t window) {
    float32x4_t windowed = vmulq_f32(vcvtq_f32_s32(samples), window);
    vstrwq_scatter_offset_f32(frame, vbrsrq_n_u32(places, bits + 2), windowed);
    return vaddq_n_u32(places, 2);
}

// The window of four samples, of which `last` is the last one's.
static inline float32x4_t mirrored(const float *last) {
    return vldrwq_gather_shifted_offset_f32(last, vsubq_u32(vdupq_n_u32(3), vidupq_n_u32(0, 1)));
}

void dsp_mve_load_frame_f32(const dsp_spectrum_t *spectrum, const int16_t *samples, uint32_t present) {
    const float *window = spectrum->window;
    float *frame = spectrum->frame;
    uint32_t length = spectrum->length, whole = present & ~(LANES - 1);
    uint32_t rising = whole < length / 2 ? whole : length / 2, n = 0;
    int32_t bits = __builtin_ctz(length);
    uint32x4_t places = first_places(length);
    for (; n < rising; n += LANES) {
        places = place_four(frame, places, bits, vldrhq_s32(samples + n), vldrwq_f32(window + n));
    }
    for (; n < whole; n += LANES) {
        places = place_four(frame, places, bits, vldrhq_s32(samples + n), mirrored(window + length - LANES - n));
    }
    for (; n < length; n += LANES) {
        int32x4_t four = vldrhq_z_s32(samples + n, those_below(n, present));
        float32x4_t by = n < length / 2 ? vldrwq_f32(window + n) : mirrored(window + length - LANES - n);
        places = place_four(frame, places, bits, four, by);
    }
}

// In place, since no row's bin, which takes two floats, stands before it.
void dsp_mve_take_power_f32(const dsp_spectrum_t *spectrum) {
    float *frame = spectrum->frame;
    uint32_t rows = spectrum->bins / 2 + 1;
    dsp_mve_bins_t at = dsp_mve_first_bins(spectrum->length / 2, rows);
    frame[1] = 0.0f; // the last bin, which no row shows
    for (uint32_t row = 0; row < rows; row += LANES) {
        mve_pred16_t there = those_below(row, rows);
        uint32x4_t bytes = vshlq_n_u32(at.bin, 3);
        float32x4_t re = vldrwq_gather_offset_z_f32(frame, bytes, there);
        float32x4_t im = vldrwq_gather_offset_z_f32(frame + 1, bytes, there);
        vstrwq_f32(frame + row, vaddq_f32(vmulq_f32(re, re), vmulq_f32(im, im)));
        dsp_mve_next_bins(&at);
    }
}

// Four bands, each in an element of its own: rows are added in their order.
typedef struct {
    uint32_t start[LANES];
    uint32_t width[LANES];
    uint32_t weights[LANES];
    uint32_t widest;
} bands_t;

// Takes as many weights as their first halves have.
static bands_t four_bands(const dsp_spectrum_t *spectrum, uint32_t mel, uint32_t *weights) {
    bands_t bands;
    bands.widest = 0;
    for (uint32_t i = 0; i < LANES; ++i) {
        bands.width[i] = dsp_band_rows(spectrum->edges, mel + i, spectrum->bins, &bands.start[i]);
        bands.weights[i] = *weights;
        *weights += (bands.width[i] + 1) / 2;
        bands.widest = bands.width[i] > bands.widest ? bands.width[i] : bands.widest;
    }
    return bands;
}

// What is behind a band's end counts as 0.
static float32x4_t weighted_sums(const dsp_spectrum_t *spectrum, const bands_t *bands) {
    uint32x4_t row = vldrwq_u32(bands->start), first = vldrwq_u32(bands->weights), up = first;
    int32x4_t left = (int32x4_t)vldrwq_u32(bands->width);
    uint32x4_t down = vaddq_u32(first, (uint32x4_t)left);
    float32x4_t sum = vdupq_n_f32(0.0f);
    for (uint32_t offset = 0; offset < bands->widest; ++offset) {
        mve_pred16_t there = vcmpgtq_n_s32(left, 0);
        down = vsubq_n_u32(down, 1);
        float32x4_t power = vldrwq_gather_shifted_offset_z_f32(spectrum->frame, row, there);
        float32x4_t weight = vldrwq_gather_shifted_offset_z_f32(spectrum->weights, vminq_u32(up, down), there);
        sum = vaddq_f32(sum, vmulq_f32(power, weight));
        row = vaddq_n_u32(row, 1);
        up = vaddq_n_u32(up, 1);
        left = vsubq_n_s32(left, 1);
    }
    return sum;
}

void dsp_mve_take_bands_f32(const dsp_spectrum_t *spectrum, uint32_t *bands) {
    uint32_t weights = 0;
    for (uint32_t mel = 0; mel < DSP_MELS; mel += LANES) {
        bands_t four = four_bands(spectrum, mel, &weights);
        float32x4_t root = weighted_sums(spectrum, &four);
        ON_EACH(root, __asm__ ("vsqrt.f32 s0, s0\n\tvsqrt.f32 s1, s1\n\tvsqrt.f32 s2, s2\n\tvsqrt.f32 s3, s3"
            : "+w" (in_q0)))
        vstrwq_u32(bands + mel, (uint32x4_t)root);
    }
}

void dsp_mve_stretch_f32(const uint32_t *bands, uint32_t count, float lowest, float span, uint32_t *result) {
    for (; count > 0; count -= LANES) {
        float32x4_t above = vsubq_n_f32((float32x4_t)vldrwq_u32(bands), lowest);
        above = vmulq_n_f32(above, 65536.0f);
        ON_EACH(above, __asm__ ("vdiv.f32 s0, s0, %1\n\tvdiv.f32 s1, s1, %1\n\tvdiv.f32 s2, s2, %1\n\t"
            "vdiv.f32 s3, s3, %1" : "+w" (in_q0) : "t" (span)))
        vstrwq_u32(result, vcvtq_u32_f32(above));
        bands += LANES;
        result += LANES;
    }
}

#endif
