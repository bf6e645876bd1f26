// FULLY_CONNECTED: every output looks at the whole input row.

#include "nn_dot.h"
#include "nn_kernels.h"
#include "nn_rounding.h"

// Weights with a zero point of their own are rare; kept out of the fast loop.
static inline uint32_t dot_offset_s8(const int8_t *input, const int8_t *filter, int32_t count,
    const nn_dense_quant_t *quant) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < count; ++i) {
        sum += (uint32_t)((input[i] + quant->input_offset) * (filter[i] + quant->filter_offset));
    }
    return sum;
}

static void row_s8(const nn_range_s8_t *clamp, const nn_dense_quant_t *quant,
    const nn_dense_dims_t *dims, const nn_conv_data_s8_t *data, const int8_t *input,
    int8_t *output) {
    const int8_t *filter = data->filter;
    nn_scale_t scale = quant->scale;
    for (int32_t i = 0; i < dims->outputs; ++i) {
        uint32_t sum = quant->filter_offset == 0
            ? nn_dot_s8(input, filter, dims->depth, (int16_t)quant->input_offset)
            : dot_offset_s8(input, filter, dims->depth, quant);
        sum += data->bias == NULL ? 0 : (uint32_t)data->bias[i];
        if (quant->scales.multipliers != NULL) {
            scale.multiplier = quant->scales.multipliers[i];
            scale.shift = quant->scales.shifts[i];
        }
        int32_t value = nn_wrapping_add(
            nn_requantise((int32_t)sum, scale.multiplier, scale.shift), quant->output_offset);
        output[i] = (int8_t)nn_clamp(value, clamp->low, clamp->high);
        filter += dims->depth;
    }
}

void nn_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    const int8_t *input = data->input;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        row_s8(&layer->clamp_s8, &layer->quant, dims, data, input, output);
        input += dims->depth;
        output += dims->outputs;
    }
}

void nn_dense_f32(const nn_range_f32_t *clamp, const nn_dense_dims_t *dims,
    const nn_conv_data_f32_t *data) {
    const float *input = data->input;
    float *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        const float *filter = data->filter;
        for (int32_t i = 0; i < dims->outputs; ++i) {
            float sum = nn_dot_f32(input, filter, dims->depth);
            sum += data->bias == NULL ? 0.0f : data->bias[i];
            *output++ = nn_clamp_one_f32(sum, clamp);
            filter += dims->depth;
        }
        input += dims->depth;
    }
}
