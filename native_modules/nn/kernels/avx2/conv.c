// CONV_2D by AVX2: two pixels and four channels at once.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_narrow.h"
#include "../nn_span.h"
#include "nn_avx2_steps.h"

// Channels `channel` to `channel` + 3 of two pixels, whose windows lie one behind the other.
AVX2 static inline void channels_4(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data,
    const int16_t *x, int32_t channel, int8_t *output, int8_t *second) {
    const nn_dims_t *filter = &layer->dims.filter;
    const nn_scales_t *scales = &layer->quant.scales;
    int32_t count = filter->h * filter->w * filter->c;
    __m256i sums = dot_2_by_4(x, x + count, data->filter + channel * count, count, count);
    if (data->bias != NULL) {
        sums = _mm256_add_epi32(sums, both_halves(data->bias + channel));
    }
    __m256i values = finish_8(sums, both_halves(scales->multipliers + channel),
        four_shifts(scales->shifts + channel), 2 * layer->quant.output_offset + 1);
    store_4_and_4(values, output + channel, second + channel);
}

// All channels of two pixels, the second of which may be the first.
AVX2 static void channels(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data,
    const int16_t *x, int8_t *output, int8_t *second) {
    int32_t all = layer->dims.output.c;
    // The last four overlap with those before, so that none is left over.
    for (int32_t channel = 0; channel < all; channel += 4) {
        channels_4(layer, data, x, channel + 4 <= all ? channel : all - 4, output, second);
    }
}

AVX2 static inline int16_t *widen(const int8_t *from, int32_t count, int32_t offset,
    int16_t *to) {
    for (int32_t i = 0; i < count; ++i) {
        to[i] = (int16_t)(from[i] + offset);
    }
    return to + count;
}

// Padding is 0, its offset added.
static inline int16_t *pad(int32_t count, int16_t *to) {
    memset(to, 0, (size_t)count * sizeof(*to));
    return to + count;
}

// Lays out what the window of the pixel `place` of the output sees.
AVX2 static void window(const nn_conv_layer_t *layer, const int8_t *input, int32_t place,
    int16_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t x = place % dims->output.w, y = place / dims->output.w % dims->output.h;
    int32_t n = place / dims->output.w / dims->output.h, depth = dims->input.c;
    nn_span_t rows = nn_span(y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    nn_span_t columns = nn_span(x * params->stride.w - params->padding.w, params->dilation.w,
        dims->filter.w, dims->input.w);
    for (int32_t tap = 0; tap < dims->filter.h; ++tap) {
        if (tap < rows.first || tap >= rows.last || columns.first >= columns.last) {
            to = pad(dims->filter.w * depth, to);
            continue;
        }
        int32_t row = n * dims->input.h + rows.origin + tap * params->dilation.h;
        int32_t column = columns.origin + columns.first * params->dilation.w;
        const int8_t *from = input + (row * dims->input.w + column) * depth;
        // Neighbouring columns are one run.
        int32_t taps = columns.last - columns.first;
        int32_t runs = params->dilation.w == 1 ? 1 : taps, run = taps / runs * depth;
        to = pad(columns.first * depth, to);
        for (int32_t i = 0; i < runs; ++i) {
            to = widen(from, run, layer->quant.input_offset, to);
            from += params->dilation.w * depth;
        }
        to = pad((dims->filter.w - columns.last) * depth, to);
    }
}

AVX2 void nn_avx2_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    int16_t *laid_out = layer->scratch;
    int32_t count = dims->filter.h * dims->filter.w * dims->filter.c;
    int32_t pixels = dims->output.n * dims->output.h * dims->output.w;
    int8_t *output = data->output;
    for (int32_t place = 0; place < pixels; place += 2) {
        bool is_last = place + 1 == pixels;
        window(layer, data->input, place, laid_out);
        window(layer, data->input, is_last ? place : place + 1, laid_out + count);
        channels(layer, data, laid_out, output, is_last ? output : output + dims->output.c);
        output += 2 * dims->output.c;
    }
    nn_fast_narrow(&layer->params.clamp_s8, pixels * dims->output.c, data->output);
}

#endif // NN_HAS_AVX2
