// DEPTHWISE_CONV_2D: every output channel looks at one input channel.

#include "nn_kernels.h"
#include "nn_rounding.h"
#include "nn_taps.h"

// Channels are worked on in blocks: the sums of a block stay in registers or in
// the first-level cache while the window slides over it.
#define BLOCK (64)

// Sums of `count` output channels from `first` on, when outputs and inputs
// match one to one.
static inline void sum_plain_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_taps_t *site, const nn_conv_data_s8_t *data, int16_t input_offset, int32_t first,
    int32_t count, uint32_t *sums) {
    NN_FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) {
        const int8_t *input = data->input + input_pixel * dims->input.c + first;
        const int8_t *filter = data->filter + filter_pixel * dims->output.c + first;
        for (int32_t i = 0; i < count; ++i) {
            sums[i] += (uint32_t)((int16_t)(input[i] + input_offset) * (int16_t)filter[i]);
        }
    }
}

static inline void sum_multiplied_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_taps_t *site, const nn_conv_data_s8_t *data, int16_t input_offset, int32_t first,
    int32_t count, uint32_t *sums) {
    NN_FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) {
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
    const nn_conv_dims_t *dims, const nn_conv_data_s8_t *data, const nn_taps_t *site,
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
                nn_taps_t site = nn_make_taps(params, dims, n, y, x);
                pixel_s8(params, &layer->quant, dims, data, &site, output);
                output += dims->output.c;
            }
        }
    }
}

static inline void sum_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_taps_t *site, const nn_conv_data_f32_t *data, int32_t first, int32_t count,
    float *sums) {
    NN_FOR_EACH_TAP(params, dims, site, input_pixel, filter_pixel) {
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
    const nn_conv_data_f32_t *data, const nn_taps_t *site, float *output) {
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
                nn_taps_t site = nn_make_taps(params, dims, n, y, x);
                pixel_f32(params, dims, data, &site, output);
                output += dims->output.c;
            }
        }
    }
}
