// Pictures of 8-bit pixels, row after row, channels interleaved: size and format.

#ifndef DSP_IMAGE_H
#define DSP_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#define DSP_IMAGE_SIDE_MAX (16384)
#define DSP_IMAGE_CHANNELS_MAX (4)

typedef enum {
    DSP_BILINEAR,
    DSP_CATMULL_ROM,
    DSP_FILTER_COUNT,
} dsp_filter_t;

// The same codes as the IMAGE capability's pixel_format.
typedef enum {
    DSP_RGB = 0,
    DSP_BGR = 1,
    DSP_GRAY = 2,
    DSP_FORMAT_COUNT,
} dsp_pixel_format_t;

typedef struct {
    uint32_t height; // 1 .. DSP_IMAGE_SIDE_MAX, as is width
    uint32_t width;
    uint32_t channels; // 1 .. DSP_IMAGE_CHANNELS_MAX
} dsp_image_shape_t;

// Stretches a picture to the target's height and width exactly. Where it
// shrinks, the filter widens, so that every source pixel counts. `row` is
// working memory: from.width * channels floats.
void dsp_resize(const uint8_t *source, const dsp_image_shape_t *from, uint8_t *target, const dsp_image_shape_t *to,
    dsp_filter_t filter, float *row);

uint32_t dsp_format_channels(dsp_pixel_format_t format);

// Converts pixels; in place only between RGB and BGR. Gray is Rec. 709 luma.
void dsp_convert_pixels(const uint8_t *source, dsp_pixel_format_t from, uint8_t *target, dsp_pixel_format_t to,
    uint32_t pixels);

#endif // DSP_IMAGE_H
