// Images made larger or smaller: nearest neighbour and bilinear.
//
// Positions are computed anew for every row and column, which a pixel's channels
// share: no table of them is kept.

#include <math.h>
#include <string.h>

#include "nn_group_kernels.h"
#include "nn_rounding.h"

// --- nearest

// Input positions per output position.
static float real_scale(const nn_resize_t *resize, int32_t input, int32_t output) {
    return resize->align_corners && output > 1 ? (float)(input - 1) / (float)(output - 1)
        : (float)input / (float)output;
}

static int32_t nearest(const nn_resize_t *resize, int32_t place, int32_t input, float scale) {
    float position = ((float)place + (resize->half_pixel_centers ? 0.5f : 0.0f)) * scale;
    position = resize->align_corners ? roundf(position) : floorf(position);
    return nn_clamp((int32_t)position, 0, input - 1);
}

void nn_resize_nearest(const nn_resize_t *resize, int32_t element_bytes, const void *input,
    void *output) {
    const nn_dims_t *in = &resize->input, *out = &resize->output;
    size_t pixel_bytes = (size_t)in->c * (size_t)element_bytes;
    float scale_h = real_scale(resize, in->h, out->h), scale_w = real_scale(resize, in->w, out->w);
    const uint8_t *image = input;
    uint8_t *to = output;
    for (int32_t n = 0; n < out->n; ++n) {
        for (int32_t y = 0; y < out->h; ++y) {
            const uint8_t *row = image
                + (size_t)nearest(resize, y, in->h, scale_h) * (size_t)in->w * pixel_bytes;
            for (int32_t x = 0; x < out->w; ++x) {
                memcpy(to, row + (size_t)nearest(resize, x, in->w, scale_w) * pixel_bytes,
                    pixel_bytes);
                to += pixel_bytes;
            }
        }
        image += (size_t)in->h * (size_t)in->w * pixel_bytes;
    }
}

// --- bilinear: the two neighbours along one axis, and how far from the first

typedef struct _between_t {
    int32_t low, high;
    float share; // of high
} between_t;

static between_t between(const nn_resize_t *resize, int32_t place, int32_t input, float scale) {
    float position = resize->half_pixel_centers ? ((float)place + 0.5f) * scale - 0.5f
        : (float)place * scale;
    between_t found;
    found.low = nn_clamp((int32_t)floorf(position), 0, input - 1);
    found.high = nn_clamp((int32_t)ceilf(position), 0, input - 1);
    found.share = position - (float)found.low;
    return found;
}

void nn_resize_bilinear_f32(const nn_resize_t *resize, const float *input, float *output) {
    const nn_dims_t *in = &resize->input, *out = &resize->output;
    float scale_h = real_scale(resize, in->h, out->h), scale_w = real_scale(resize, in->w, out->w);
    for (int32_t n = 0; n < out->n; ++n) {
        for (int32_t y = 0; y < out->h; ++y) {
            between_t down = between(resize, y, in->h, scale_h);
            const float *top = input + (size_t)down.low * (size_t)in->w * (size_t)in->c;
            const float *bottom = input + (size_t)down.high * (size_t)in->w * (size_t)in->c;
            for (int32_t x = 0; x < out->w; ++x) {
                between_t across = between(resize, x, in->w, scale_w);
                size_t left = (size_t)across.low * (size_t)in->c;
                size_t right = (size_t)across.high * (size_t)in->c;
                for (int32_t c = 0; c < in->c; ++c) {
                    float upper = top[left + (size_t)c] * (1.0f - across.share)
                        + top[right + (size_t)c] * across.share;
                    float lower = bottom[left + (size_t)c] * (1.0f - across.share)
                        + bottom[right + (size_t)c] * across.share;
                    *output++ = upper * (1.0f - down.share) + lower * down.share;
                }
            }
        }
        input += (size_t)in->h * (size_t)in->w * (size_t)in->c;
    }
}

// The same with 10 bits of fraction.
#define FRACTION_BITS (10)
#define ONE (INT32_C(1) << FRACTION_BITS)

static int32_t integer_scale(const nn_resize_t *resize, int32_t input, int32_t output) {
    if (resize->align_corners && output > 1) {
        --input;
        --output;
    }
    return (ONE * input + output / 2) / output;
}

typedef struct _between_s8_t {
    int32_t low, high, share;
} between_s8_t;

static between_s8_t between_s8(const nn_resize_t *resize, int32_t place, int32_t input,
    int32_t scale) {
    int32_t position = place * scale;
    if (resize->half_pixel_centers) {
        position += scale / 2 - ONE / 2;
    }
    between_s8_t found;
    found.low = nn_clamp(position / ONE, 0, input - 1);
    found.high = nn_clamp((position + ONE - 1) / ONE, 0, input - 1);
    found.share = position - found.low * ONE;
    return found;
}

// Halves away from zero.
static int8_t finish_s8(int64_t sum) {
    const int64_t one = (int64_t)ONE * ONE;
    return (int8_t)((sum + (sum > 0 ? one / 2 : -(one / 2))) / one);
}

void nn_resize_bilinear_s8(const nn_resize_t *resize, const int8_t *input, int8_t *output) {
    const nn_dims_t *in = &resize->input, *out = &resize->output;
    int32_t scale_h = integer_scale(resize, in->h, out->h);
    int32_t scale_w = integer_scale(resize, in->w, out->w);
    for (int32_t n = 0; n < out->n; ++n) {
        for (int32_t y = 0; y < out->h; ++y) {
            between_s8_t down = between_s8(resize, y, in->h, scale_h);
            const int8_t *top = input + (size_t)down.low * (size_t)in->w * (size_t)in->c;
            const int8_t *bottom = input + (size_t)down.high * (size_t)in->w * (size_t)in->c;
            for (int32_t x = 0; x < out->w; ++x) {
                between_s8_t across = between_s8(resize, x, in->w, scale_w);
                size_t left = (size_t)across.low * (size_t)in->c;
                size_t right = (size_t)across.high * (size_t)in->c;
                for (int32_t c = 0; c < in->c; ++c) {
                    int64_t upper = (int64_t)top[left + (size_t)c] * (ONE - across.share)
                        + (int64_t)top[right + (size_t)c] * across.share;
                    int64_t lower = (int64_t)bottom[left + (size_t)c] * (ONE - across.share)
                        + (int64_t)bottom[right + (size_t)c] * across.share;
                    *output++ = finish_s8(upper * (ONE - down.share) + lower * down.share);
                }
            }
        }
        input += (size_t)in->h * (size_t)in->w * (size_t)in->c;
    }
}
