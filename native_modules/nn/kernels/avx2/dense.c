// FULLY_CONNECTED by AVX2: eight outputs at once, a few by what the compiler makes of plain C.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_narrow.h"
#include "../nn_rounding.h"
#include "nn_avx2_steps.h"

#define OUTPUTS (8)

// One row of inputs; of those behind the last whole vector there is a copy, zeros after it.
typedef struct _row_t {
    const int8_t *input;
    __m256i offset, last;
} row_t;

AVX2 static row_t make_row(const nn_dense_layer_t *layer, const int8_t *input) {
    int32_t depth = layer->dims.depth, whole = depth & ~(NN_AVX2_VECTOR - 1);
    int16_t last[NN_AVX2_VECTOR] = { 0 };
    for (int32_t i = whole; i < depth; ++i) {
        last[i - whole] = (int16_t)(input[i] + layer->quant.input_offset);
    }
    return (row_t) {
        input, _mm256_set1_epi16((int16_t)layer->quant.input_offset), load_laid_out(last),
    };
}

AVX2 static inline void multiply_4(__m256i x, const __m256i *weights, __m256i *sums) {
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(x, weights[i]));
    }
}

// Four outputs' vectors of sums.
AVX2 static inline void dot_1_by_4(const row_t *row, const weights_t *weights, int32_t place,
    __m256i *sums) {
    __m256i four[4];
    for (int32_t i = 0; i < 4; ++i) {
        sums[i] = _mm256_setzero_si256();
    }
    int32_t at = 0;
    for (; at + NN_AVX2_VECTOR <= weights->count; at += NN_AVX2_VECTOR) {
        load_4(weights, place, at, false, four);
        multiply_4(_mm256_add_epi16(load_weights(row->input + at), row->offset), four, sums);
    }
    if (at < weights->count) {
        load_4(weights, place, at, true, four);
        multiply_4(row->last, four, sums);
    }
}

AVX2 static inline void run_8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data,
    const row_t *row, int32_t place, int8_t *output) {
    const nn_dense_quant_t *quant = &layer->quant;
    const weights_t weights = { data->filter, layer->dims.depth };
    __m256i one[4], other[4];
    dot_1_by_4(row, &weights, place, one);
    dot_1_by_4(row, &weights, place + 4, other);
    __m256i sums = add_up(one, other);
    if (data->bias != NULL) {
        sums = _mm256_add_epi32(sums, load_sums(data->bias + place));
    }
    bool is_each = quant->scales.multipliers != NULL;
    __m256i values = finish_8(sums, is_each ? load_sums(quant->scales.multipliers + place)
        : _mm256_set1_epi32(quant->scale.multiplier), is_each ? load_8(quant->scales.shifts + place)
        : _mm256_set1_epi32(-1 - quant->scale.shift), 2 * quant->output_offset + 1);
    store_4_and_4(values, output + place, output + place + 4);
}

// What a sum becomes; fast/nn_fast.h says for which scales this is nn_requantise.
static int8_t finish(const nn_dense_layer_t *layer, int32_t place, int32_t sum) {
    const nn_dense_quant_t *quant = &layer->quant;
    bool is_each = quant->scales.multipliers != NULL;
    int32_t multiplier = is_each ? quant->scales.multipliers[place] : quant->scale.multiplier;
    int32_t shift = is_each ? -1 - quant->scales.shifts[place] : quant->scale.shift;
    int32_t value = nn_requantise(sum, multiplier, shift) + quant->output_offset;
    return (int8_t)nn_clamp(value, INT8_MIN, INT8_MAX);
}

AVX2 static void run_few(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data,
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

AVX2 void nn_avx2_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    const int8_t *input = data->input;
    int8_t *output = data->output;
    bool is_few = dims->outputs < OUTPUTS || dims->outputs * dims->depth < NN_AVX2_LEAST_WEIGHTS;
    for (int32_t n = 0; n < dims->n; ++n) {
        if (is_few) {
            run_few(layer, data, input, output);
        } else {
            const row_t row = make_row(layer, input);
            // The last eight overlap with those before, so that none is left over.
            for (int32_t place = 0; place < dims->outputs; place += OUTPUTS) {
                int32_t first = dims->outputs - OUTPUTS;
                run_8(layer, data, &row, place < first ? place : first, output);
            }
        }
        input += dims->depth;
        output += dims->outputs;
    }
    nn_fast_narrow(&layer->clamp_s8, dims->n * dims->outputs, data->output);
}

#endif // NN_HAS_AVX2
