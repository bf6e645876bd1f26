// DEPTHWISE_CONV_2D: every output channel looks at one input channel.

#include "nn_kernels.h"
#include "nn_rounding.h"
#include "nn_span.h"

// Channels are worked on in blocks: the sums of a block stay in registers or in
// the first-level cache while the window slides over it.
#define BLOCK (64)

typedef struct _site_t {
    nn_span_t rows, columns;
    int32_t n;
} site_t;

// Walks the taps of the window with the pixels they read: the loop that all
// sums share.
#define FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) \
    for (int32_t row = (site)->rows.first; row < (site)->rows.last; ++row) \
    for (int32_t column = (site)->columns.first, \
         input_pixel = (((site)->n * (dims)->input.h + (site)->rows.origin \
                         + row * (params)->dilation.h) * (dims)->input.w \
                        + (site)->columns.origin + column * (params)->dilation.w), \
         filter_pixel = row * (dims)->filter.w + column; \
         column < (site)->columns.last; \
         ++column, ++filter_pixel, input_pixel += (params)->dilation.w)

static site_t make_site(const nn_conv_params_t *params, const nn_conv_dims_t *dims, int32_t n,
    int32_t y, int32_t x) {
    site_t site;
    site.n = n;
    site.rows = nn_span(y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    site.columns = nn_span(x * params->stride.w - params->padding.w, params->dilation.w,
        dims->filter.w, dims->input.w);
    if (site.columns.last <= site.columns.first) {
        site.rows.last = site.rows.first; // a dilated window can miss the input
    }
    return site;
}

// Sums of `count` output channels from `first` on, when outputs and inputs
// match one to one.
static inline void sum_plain_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const site_t *site, const nn_conv_data_s8_t *data, int16_t input_offset, int32_t first,
    int32_t count, uint32_t *sums) {
    FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) {
        const int8_t *input = data->input + input_pixel * dims->input.c + first;
        const int8_t *filter = data->filter + filter_pixel * dims->output.c + first;
        for (int32_t i = 0; i < count; ++i) {
            sums[i] += (uint32_t)((int16_t)(input[i] + input_offset) * (int16_t)filter[i]);
        }
    }
}

static inline void sum_multiplied_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const site_t *site, const nn_conv_data_s8_t *data, int16_t input_offset, int32_t first,
    int32_t count, uint32_t *sums) {
    FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) {
        const int8_t *input = data->input + input_pixel * dims->input.c
            + first / params->depth_multiplier;
        const int8_t *filter = data->filter + filter_pixel * dims->output.c + first;
        int32_t left = params->depth_multiplier - first % params->depth_multiplier;
        for (int32_t i = 0; i < count; ++i) {
            sums[i] += (uint32_t)((*input + input_offset) * filter[i]);
            if (--left == 0) {
                left = params->depth_multiplier;
                ++input;
            }
        }
    }
}

static inline void finish_s8(const nn_conv_params_t *params, const nn_conv_quant_t *quant,
    int32_t first, int32_t count, const uint32_t *sums, int8_t *output) {
    for (int32_t i = 0; i < count; ++i) {
        int32_t value = nn_wrapping_add(nn_requantise((int32_t)sums[i],
            quant->scales.multipliers[first + i], quant->scales.shifts[first + i]),
            quant->output_offset);
        output[i] = (int8_t)nn_clamp(value, params->clamp_s8.low, params->clamp_s8.high);
    }
}

static void pixel_s8(const nn_conv_params_t *params, const nn_conv_quant_t *quant,
    const nn_conv_dims_t *dims, const nn_conv_data_s8_t *data, const site_t *site,
    int8_t *output) {
    uint32_t sums[BLOCK];
    for (int32_t first = 0; first < dims->output.c; first += BLOCK) {
        int32_t count = dims->output.c - first < BLOCK ? dims->output.c - first : BLOCK;
        for (int32_t i = 0; i < count; ++i) {
            sums[i] = data->bias == NULL ? 0 : (uint32_t)data->bias[first + i];
        }
        if (params->depth_multiplier == 1) {
            sum_plain_s8(params, dims, site, data, (int16_t)quant->input_offset, first, count,
                sums);
        } else {
            sum_multiplied_s8(params, dims, site, data, (int16_t)quant->input_offset, first,
                count, sums);
        }
        finish_s8(params, quant, first, count, sums, output + first);
    }
}

void nn_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_params_t *params = &layer->params;
    const nn_conv_dims_t *dims = &layer->dims;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->output.n; ++n) {
        for (int32_t y = 0; y < dims->output.h; ++y) {
            for (int32_t x = 0; x < dims->output.w; ++x) {
                site_t site = make_site(params, dims, n, y, x);
                pixel_s8(params, &layer->quant, dims, data, &site, output);
                output += dims->output.c;
            }
        }
    }
}

static inline void sum_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const site_t *site, const nn_conv_data_f32_t *data, int32_t first, int32_t count,
    float *sums) {
    FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) {
        const float *input = data->input + input_pixel * dims->input.c
            + first / params->depth_multiplier;
        const float *filter = data->filter + filter_pixel * dims->output.c + first;
        int32_t left = params->depth_multiplier - first % params->depth_multiplier;
        for (int32_t i = 0; i < count; ++i) {
            sums[i] += *input * filter[i];
            if (--left == 0) {
                left = params->depth_multiplier;
                ++input;
            }
        }
    }
}

static void pixel_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_conv_data_f32_t *data, const site_t *site, float *output) {
    float sums[BLOCK];
    for (int32_t first = 0; first < dims->output.c; first += BLOCK) {
        int32_t count = dims->output.c - first < BLOCK ? dims->output.c - first : BLOCK;
        for (int32_t i = 0; i < count; ++i) {
            sums[i] = 0.0f;
        }
        sum_f32(params, dims, site, data, first, count, sums);
        for (int32_t i = 0; i < count; ++i) {
            float value = sums[i] + (data->bias == NULL ? 0.0f : data->bias[first + i]);
            output[first + i] = nn_clamp_one_f32(value, &params->clamp_f32);
        }
    }
}

void nn_depthwise_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_conv_data_f32_t *data) {
    float *output = data->output;
    for (int32_t n = 0; n < dims->output.n; ++n) {
        for (int32_t y = 0; y < dims->output.h; ++y) {
            for (int32_t x = 0; x < dims->output.w; ++x) {
                site_t site = make_site(params, dims, n, y, x);
                pixel_f32(params, dims, data, &site, output);
                output += dims->output.c;
            }
        }
    }
}
