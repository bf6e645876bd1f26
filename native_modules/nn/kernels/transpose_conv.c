// TRANSPOSE_CONV: every output pixel from the input pixels whose windows reach it.
//
// The reference spreads each input pixel over the outputs, which takes an int32
// for every output; gathering gives the same sums and takes nothing.

#include "nn_rounding.h"
#include "nn_group_kernels.h"

// Which taps of the filter reach one output position, along one axis: those
// that lie a whole number of strides from an input position.
typedef struct _taps_t {
    int32_t first, step, end; // taps
    int32_t place; // input position under the first; one less for each further
} taps_t;

static taps_t taps_of(int32_t output, int32_t padding, int32_t stride, int32_t filter,
    int32_t input) {
    int32_t reach = output + padding; // = place * stride + tap
    taps_t taps = { reach % stride, stride, filter < reach + 1 ? filter : reach + 1, 0 };
    taps.place = (reach - taps.first) / stride;
    if (taps.place >= input) {
        taps.first += (taps.place - input + 1) * stride;
        taps.place = input - 1;
    }
    return taps;
}

// Runs `body` for every pair of an input pixel and a tap that meet in the output
// pixel (y, x); in it, `pixel` and `weights` index their first channels.
#define FOR_EACH_TAP(conv, y, x, channel, body) \
    do { \
        const nn_dims_t *in = &(conv)->input, *filter = &(conv)->filter; \
        taps_t down = taps_of(y, (conv)->padding.h, (conv)->stride.h, filter->h, in->h); \
        for (int32_t tap_y = down.first, row = down.place; tap_y < down.end; \
             tap_y += down.step, --row) { \
            taps_t across = taps_of(x, (conv)->padding.w, (conv)->stride.w, filter->w, in->w); \
            for (int32_t tap_x = across.first, place = across.place; tap_x < across.end; \
                 tap_x += across.step, --place) { \
                int32_t pixel = (row * in->w + place) * in->c; \
                int32_t weights = (((channel) * filter->h + tap_y) * filter->w + tap_x) * in->c; \
                body; \
            } \
        } \
    } while (0)

static int8_t pixel_s8(const nn_transpose_conv_t *conv, const nn_conv_data_s8_t *data,
    const int8_t *image, int32_t y, int32_t x, int32_t channel) {
    int32_t sum = data->bias == NULL ? 0 : data->bias[channel];
    FOR_EACH_TAP(conv, y, x, channel, {
        for (int32_t i = 0; i < in->c; ++i) {
            sum = nn_wrapping_add(sum,
                (image[pixel + i] + conv->input_offset) * data->filter[weights + i]);
        }
    });
    int32_t value = nn_requantise(sum, conv->scales.multipliers[channel],
        conv->scales.shifts[channel]);
    return (int8_t)nn_clamp(nn_wrapping_add(value, conv->output_offset), conv->clamp_s8.low,
        conv->clamp_s8.high);
}

static float pixel_f32(const nn_transpose_conv_t *conv, const nn_conv_data_f32_t *data,
    const float *image, int32_t y, int32_t x, int32_t channel) {
    float sum = 0.0f;
    FOR_EACH_TAP(conv, y, x, channel, {
        for (int32_t i = 0; i < in->c; ++i) {
            sum += image[pixel + i] * data->filter[weights + i];
        }
    });
    sum += data->bias == NULL ? 0.0f : data->bias[channel];
    return nn_clamp_one_f32(sum, &conv->clamp_f32);
}

#define FOR_EACH_PIXEL(conv, data, result) \
    do { \
        const nn_dims_t *out = &(conv)->output; \
        int32_t image_elements = (conv)->input.h * (conv)->input.w * (conv)->input.c; \
        for (int32_t n = 0; n < out->n; ++n) { \
            for (int32_t y = 0; y < out->h; ++y) { \
                for (int32_t x = 0; x < out->w; ++x) { \
                    for (int32_t channel = 0; channel < out->c; ++channel) { \
                        *output++ = result(conv, data, (data)->input + n * image_elements, y, x, \
                            channel); \
                    } \
                } \
            } \
        } \
    } while (0)

void nn_transpose_conv_f32(const nn_transpose_conv_t *conv, const nn_conv_data_f32_t *data) {
    float *output = data->output;
    FOR_EACH_PIXEL(conv, data, pixel_f32);
}

void nn_transpose_conv_s8(const nn_transpose_conv_t *conv, const nn_conv_data_s8_t *data) {
    int8_t *output = data->output;
    FOR_EACH_PIXEL(conv, data, pixel_s8);
}
