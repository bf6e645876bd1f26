// CONV_2D by AVX2: two pixels and four channels at once.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_narrow.h"
#include "../nn_cursor.h"
#include "../nn_span.h"
#include "nn_avx2_steps.h"

// From one window to the next: what is laid out ends with zeros.
static inline int32_t padded(int32_t count) {
    return (count + NN_AVX2_VECTOR - 1) & ~(NN_AVX2_VECTOR - 1);
}

// Channels `channel` to `channel` + 3 of two pixels, whose windows lie one behind the other.
AVX2 static inline void channels_4(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data,
    const weights_t *weights, const int16_t *x, int32_t channel, int8_t *output,
    int8_t *second) {
    const nn_scales_t *scales = &layer->quant.scales;
    __m256i sums = dot_2_by_4(x, x + padded(weights->count), weights, channel);
    if (data->bias != NULL) {
        sums = _mm256_add_epi32(sums, both_halves(data->bias + channel));
    }
    __m256i values = finish_8(sums, both_halves(scales->multipliers + channel),
        four_shifts(scales->shifts + channel), 2 * layer->quant.output_offset + 1);
    store_4_and_4(values, output + channel, second + channel);
}

// All channels of two pixels, the second of which may be the first.
AVX2 static void channels(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data,
    const weights_t *weights, const int16_t *x, int8_t *output, int8_t *second) {
    int32_t all = layer->dims.output.c;
    // The last four overlap with those before, so that none is left over.
    for (int32_t channel = 0; channel < all; channel += 4) {
        channels_4(layer, data, weights, x, channel + 4 <= all ? channel : all - 4, output,
            second);
    }
}

// What is read, where it ends, and what is added to it.
typedef struct _source_t {
    const int8_t *first, *end;
    int32_t offset;
} source_t;

// By whole vectors: what is written behind `count` numbers is written again by what comes next.
AVX2 static inline int16_t *widen(const source_t *source, const int8_t *from, int32_t count,
    int16_t *to) {
    int32_t at = 0;
    for (; at < count && source->end - from >= at + NN_AVX2_VECTOR; at += NN_AVX2_VECTOR) {
        __m256i values = _mm256_add_epi16(load_weights(from + at),
            _mm256_set1_epi16((int16_t)source->offset));
        _mm256_storeu_si256((__m256i *)(void *)(to + at), values);
    }
    for (; at < count; ++at) {
        to[at] = (int16_t)(from[at] + source->offset);
    }
    return to + count;
}

// Padding is 0, its offset added.
AVX2 static inline int16_t *pad(int32_t count, int16_t *to) {
    for (int32_t at = 0; at < count; at += NN_AVX2_VECTOR) {
        _mm256_storeu_si256((__m256i *)(void *)(to + at), _mm256_setzero_si256());
    }
    return to + count;
}

// Lays out what the window of a pixel sees, and zeros up to a whole vector at least.
AVX2 static void window(const nn_conv_layer_t *layer, const source_t *source,
    const nn_cursor_t *place, int16_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t depth = dims->input.c;
    nn_span_t rows = nn_span(place->y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    nn_span_t columns = nn_span(place->x * params->stride.w - params->padding.w,
        params->dilation.w, dims->filter.w, dims->input.w);
    for (int32_t tap = 0; tap < dims->filter.h; ++tap) {
        if (tap < rows.first || tap >= rows.last || columns.first >= columns.last) {
            to = pad(dims->filter.w * depth, to);
            continue;
        }
        int32_t row = place->n * dims->input.h + rows.origin + tap * params->dilation.h;
        int32_t column = columns.origin + columns.first * params->dilation.w;
        const int8_t *from = source->first + (row * dims->input.w + column) * depth;
        // Neighbouring columns are one run.
        int32_t taps = columns.last - columns.first;
        int32_t runs = params->dilation.w == 1 ? 1 : taps, run = runs == 1 ? taps * depth : depth;
        to = pad(columns.first * depth, to);
        for (int32_t i = 0; i < runs; ++i) {
            to = widen(source, from, run, to);
            from += params->dilation.w * depth;
        }
        to = pad((dims->filter.w - columns.last) * depth, to);
    }
    pad(1, to);
}

AVX2 void nn_avx2_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_dims_t *input = &dims->input;
    const weights_t weights = { data->filter, dims->filter.h * dims->filter.w * dims->filter.c };
    const source_t source = {
        data->input, data->input + input->n * input->h * input->w * input->c,
        layer->quant.input_offset,
    };
    // The scratch has room for whole vectors unless there is not even one in a window.
    int16_t few[3 * NN_AVX2_VECTOR];
    int16_t *laid_out = weights.count < NN_AVX2_VECTOR ? few : layer->scratch;
    int32_t pixels = dims->output.n * dims->output.h * dims->output.w;
    int8_t *output = data->output;
    nn_cursor_t at = { 0, 0, 0 };
    for (int32_t left = pixels; left > 0; left -= 2) {
        window(layer, &source, &at, laid_out);
        if (left > 1) {
            nn_advance(&at, &dims->output);
        }
        window(layer, &source, &at, laid_out + padded(weights.count));
        nn_advance(&at, &dims->output);
        channels(layer, data, &weights, laid_out, output,
            left > 1 ? output + dims->output.c : output);
        output += 2 * dims->output.c;
    }
    nn_fast_narrow(&layer->params.clamp_s8, pixels * dims->output.c, data->output);
}

#endif // NN_HAS_AVX2
