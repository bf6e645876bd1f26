// DEPTHWISE_CONV_2D by AVX2: eight channels at once.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_narrow.h"
#include "../nn_depthwise_rows.h"
#include "nn_avx2_steps.h"

// Channels `channel` to `channel` + 7.
AVX2 static inline void channels_8(const nn_conv_layer_t *layer, const int32_t *bias,
    const nn_taps_window_t *window, int32_t channel, int8_t *output) {
    __m256i sums = bias == NULL ? _mm256_setzero_si256() : load_sums(bias + channel);
    __m256i offset = _mm256_set1_epi32(layer->quant.input_offset);
    const int8_t *x_row = window->input + channel, *weights_row = window->filter + channel;
    for (int32_t row = window->rows; row > 0; --row) {
        const int8_t *x = x_row, *weights = weights_row;
        for (int32_t column = window->columns; column > 0; --column) {
            __m256i values = _mm256_add_epi32(load_8(x), offset);
            sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(values, load_8(weights)));
            x += window->input_column;
            weights += window->channels;
        }
        x_row += window->input_row;
        weights_row += window->filter_row;
    }
    const nn_scales_t *scales = &layer->quant.scales;
    __m256i values = finish_8(sums, load_sums(scales->multipliers + channel),
        load_8(scales->shifts + channel), 2 * layer->quant.output_offset + 1);
    store_4_and_4(values, output + channel, output + channel + 4);
}

AVX2 static void pixel(const nn_conv_layer_t *layer, const int32_t *bias,
    const nn_taps_window_t *window, int8_t *output) {
    int32_t all = window->channels;
    // The last eight overlap with those before, so that none is left over.
    for (int32_t channel = 0; channel < all; channel += 8) {
        channels_8(layer, bias, window, channel + 8 <= all ? channel : all - 8, output);
    }
}

AVX2 static void pixels(const nn_conv_layer_t *layer, const int32_t *bias,
    nn_taps_window_t *window, int32_t count, int8_t *output) {
    for (; count > 0; --count) {
        pixel(layer, bias, window, output);
        window->input += window->next;
        output += window->channels;
    }
}

void nn_avx2_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    nn_run_depthwise(layer, data, pixels);
    const nn_dims_t *dims = &layer->dims.output;
    nn_fast_narrow(&layer->params.clamp_s8, dims->n * dims->h * dims->w * dims->c, data->output);
}

#endif // NN_HAS_AVX2
