// FULLY_CONNECTED by four outputs at once, with weights where they lie.

#include "nn_fast_steps.h"

#ifdef NN_HAS_FAST

static inline void finish_one(const nn_dense_layer_t *layer, int32_t place, int32_t sum,
    int8_t *output) {
    const nn_dense_quant_t *quant = &layer->quant;
    bool is_each = quant->scales.multipliers != NULL;
    int32_t multiplier = is_each ? quant->scales.multipliers[place] : quant->scale.multiplier;
    int32_t shift = is_each ? quant->scales.shifts[place] : -1 - quant->scale.shift;
    int32_t rounding = 2 * quant->output_offset + 1;
    output[place] = nn_finish(sum, multiplier, shift, nn_shift_left(rounding, shift));
}

static void row(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data,
    const int8_t *input, int8_t *output) {
    const nn_dense_dims_t *dims = &layer->dims;
    const int8_t *filter = data->filter;
    int32_t place = 0;
    for (; place + 4 <= dims->outputs; place += 4) {
        int32_t sums[4] = { 0, 0, 0, 0 };
        if (data->bias != NULL) {
            memcpy(sums, data->bias + place, sizeof(sums));
        }
        nn_dot_1_by_4(input, filter, dims->depth, layer->quant.input_offset, sums);
        for (int32_t i = 0; i < 4; ++i) {
            finish_one(layer, place + i, sums[i], output);
        }
        filter += 4 * dims->depth;
    }
    for (; place < dims->outputs; ++place) {
        int32_t sum = data->bias == NULL ? 0 : data->bias[place];
        sum = nn_dot_1_by_1(input, filter, dims->depth, layer->quant.input_offset, sum);
        finish_one(layer, place, sum, output);
        filter += dims->depth;
    }
}

void nn_fast_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    const int8_t *input = data->input;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        row(layer, data, input, output);
        input += dims->depth;
        output += dims->outputs;
    }
    nn_fast_narrow(&layer->clamp_s8, dims->n * dims->outputs, data->output);
}

#endif // NN_HAS_FAST
