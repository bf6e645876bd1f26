// Pictures of 8-bit pixels: see dsp_image.h.

#include <math.h>

#include "dsp_image.h"

// The source pixels [first, end) that one target pixel is made of, in one direction.
typedef struct {
    uint32_t first;
    uint32_t end;
    float centre; // in source pixels, whose middles are whole
    float widening; // of the filter, at least 1
    float weight_sum;
} taps_t;

static float triangle(float distance) {
    return distance < 1.0f ? 1.0f - distance : 0.0f;
}

// The cubic with a = -1/2, which goes through the samples.
static float catmull_rom(float distance) {
    if (distance < 1.0f) {
        return (1.5f * distance - 2.5f) * distance * distance + 1.0f;
    }
    return distance < 2.0f ? ((-0.5f * distance + 2.5f) * distance - 4.0f) * distance + 2.0f : 0.0f;
}

static float weight_at(const taps_t *taps, uint32_t pixel, dsp_filter_t filter) {
    float distance = fabsf((float)pixel - taps->centre) / taps->widening;
    return filter == DSP_BILINEAR ? triangle(distance) : catmull_rom(distance);
}

static taps_t find_taps(uint32_t position, uint32_t from, uint32_t to, dsp_filter_t filter) {
    float ratio = (float)from / (float)to;
    taps_t taps = { .widening = ratio > 1.0f ? ratio : 1.0f };
    float support = (filter == DSP_BILINEAR ? 1.0f : 2.0f) * taps.widening;
    float middle = ((float)position + 0.5f) * ratio;
    float first = floorf(middle - support), end = ceilf(middle + support);
    taps.centre = middle - 0.5f;
    taps.first = first > 0.0f ? (uint32_t)first : 0;
    taps.first = taps.first < from ? taps.first : from - 1;
    taps.end = end < (float)from ? (uint32_t)end : from;
    taps.end = taps.end > taps.first ? taps.end : taps.first + 1;
    for (uint32_t pixel = taps.first; pixel < taps.end; ++pixel) {
        taps.weight_sum += weight_at(&taps, pixel, filter);
    }
    return taps;
}

// One row as high as the target, still as wide as the source.
static void blend_rows(const uint8_t *source, uint32_t row_bytes, const taps_t *taps, dsp_filter_t filter, float *row) {
    for (uint32_t i = 0; i < row_bytes; ++i) {
        row[i] = 0.0f;
    }
    for (uint32_t y = taps->first; y < taps->end; ++y) {
        float weight = weight_at(taps, y, filter) / taps->weight_sum;
        const uint8_t *line = source + (uint64_t)y * row_bytes;
        for (uint32_t i = 0; i < row_bytes; ++i) {
            row[i] += weight * (float)line[i];
        }
    }
}

static uint8_t to_byte(float value) {
    if (!(value > 0.0f)) {
        return 0;
    }
    return value < 255.0f ? (uint8_t)(value + 0.5f) : 255;
}

static void blend_columns(const float *row, uint32_t channels, const taps_t *taps, dsp_filter_t filter, uint8_t *pixel) {
    float sums[DSP_IMAGE_CHANNELS_MAX] = { 0.0f };
    for (uint32_t x = taps->first; x < taps->end; ++x) {
        float weight = weight_at(taps, x, filter) / taps->weight_sum;
        for (uint32_t channel = 0; channel < channels; ++channel) {
            sums[channel] += weight * row[x * channels + channel];
        }
    }
    for (uint32_t channel = 0; channel < channels; ++channel) {
        pixel[channel] = to_byte(sums[channel]);
    }
}

void dsp_resize(const uint8_t *source, const dsp_image_shape_t *from, uint8_t *target, const dsp_image_shape_t *to,
    dsp_filter_t filter, float *row) {
    uint32_t channels = from->channels;
    for (uint32_t y = 0; y < to->height; ++y) {
        taps_t rows = find_taps(y, from->height, to->height, filter);
        blend_rows(source, from->width * channels, &rows, filter, row);
        for (uint32_t x = 0; x < to->width; ++x) {
            taps_t columns = find_taps(x, from->width, to->width, filter);
            blend_columns(row, channels, &columns, filter, target);
            target += channels;
        }
    }
}

uint32_t dsp_format_channels(dsp_pixel_format_t format) {
    return format == DSP_GRAY ? 1 : 3;
}

static uint8_t luma(const uint8_t *pixel, dsp_pixel_format_t format) {
    uint32_t red = pixel[format == DSP_BGR ? 2 : 0];
    uint32_t blue = pixel[format == DSP_BGR ? 0 : 2];
    return (uint8_t)((2126 * red + 7152 * pixel[1] + 722 * blue) / 10000);
}

void dsp_convert_pixels(const uint8_t *source, dsp_pixel_format_t from, uint8_t *target, dsp_pixel_format_t to,
    uint32_t pixels) {
    uint32_t from_channels = dsp_format_channels(from), to_channels = dsp_format_channels(to);
    for (uint32_t i = 0; i < pixels; ++i) {
        const uint8_t first = source[0], middle = source[from_channels / 2], last = source[from_channels - 1];
        if (to == DSP_GRAY) {
            target[0] = from == DSP_GRAY ? first : luma(source, from);
        } else {
            target[0] = from == to ? first : last;
            target[1] = middle;
            target[2] = from == to ? last : first;
        }
        source += from_channels;
        target += to_channels;
    }
}
