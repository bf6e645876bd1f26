// FULLY_CONNECTED by AVX2, which the compiler makes of plain C.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_narrow.h"
#include "../nn_rounding.h"
#include "nn_avx2_steps.h"

// What a sum becomes; fast/nn_fast.h says for which scales this is nn_requantise.
static int8_t finish(const nn_dense_layer_t *layer, int32_t place, int32_t sum) {
    const nn_dense_quant_t *quant = &layer->quant;
    bool is_each = quant->scales.multipliers != NULL;
    int32_t multiplier = is_each ? quant->scales.multipliers[place] : quant->scale.multiplier;
    int32_t shift = is_each ? -1 - quant->scales.shifts[place] : quant->scale.shift;
    int32_t value = nn_requantise(sum, multiplier, shift) + quant->output_offset;
    return (int8_t)nn_clamp(value, INT8_MIN, INT8_MAX);
}

AVX2 static void row(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data,
    const int8_t *input, int8_t *output) {
    int32_t depth = layer->dims.depth, offset = layer->quant.input_offset;
    const int8_t *weights = data->filter;
    for (int32_t place = 0; place < layer->dims.outputs; ++place) {
        int32_t sum = data->bias == NULL ? 0 : data->bias[place];
        for (int32_t i = 0; i < depth; ++i) {
            int16_t value = (int16_t)(input[i] + offset), weight = weights[i];
            sum += value * weight;
        }
        output[place] = finish(layer, place, sum);
        weights += depth;
    }
}

void nn_avx2_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    for (int32_t n = 0; n < dims->n; ++n) {
        row(layer, data, data->input + n * dims->depth, data->output + n * dims->outputs);
    }
    nn_fast_narrow(&layer->clamp_s8, dims->n * dims->outputs, data->output);
}

#endif // NN_HAS_AVX2
