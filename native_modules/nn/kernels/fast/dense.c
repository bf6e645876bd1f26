// FULLY_CONNECTED by four outputs at once, with weights where they lie.

#include "nn_fast_steps.h"

#ifdef NN_HAS_FAST

// What becomes of the sum of output `place`.
static inline int8_t finish(const nn_scales_t *scales, const nn_scale_t *all, int32_t rounding,
    int32_t place, int32_t sum) {
    int32_t multiplier = all->multiplier, shift = all->shift;
    if (scales->multipliers != NULL) {
        multiplier = scales->multipliers[place];
        shift = scales->shifts[place];
    }
    return nn_finish(sum, multiplier, shift, nn_shift_left(rounding, shift));
}

static void row(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data,
    const int8_t *input, int8_t *output) {
    // Copies, which no output can change.
    const nn_scales_t scales = layer->quant.scales;
    const nn_scale_t all = { layer->quant.scale.multiplier, -1 - layer->quant.scale.shift };
    int32_t rounding = 2 * layer->quant.output_offset + 1, offset = layer->quant.input_offset;
    int32_t depth = layer->dims.depth, outputs = layer->dims.outputs, place = 0;
    const int8_t *filter = data->filter;
    const int32_t *bias = data->bias;
    for (; place + 4 <= outputs; place += 4) {
        int32_t sums[4] = { 0, 0, 0, 0 };
        if (bias != NULL) {
            memcpy(sums, bias + place, sizeof(sums));
        }
        nn_dot_1_by_4(input, filter, depth, offset, sums);
        int8_t a = finish(&scales, &all, rounding, place, sums[0]);
        int8_t b = finish(&scales, &all, rounding, place + 1, sums[1]);
        int8_t c = finish(&scales, &all, rounding, place + 2, sums[2]);
        int8_t d = finish(&scales, &all, rounding, place + 3, sums[3]);
        output[place] = a;
        output[place + 1] = b;
        output[place + 2] = c;
        output[place + 3] = d;
        filter += 4 * depth;
    }
    for (; place < outputs; ++place) {
        int32_t sum = bias == NULL ? 0 : bias[place];
        sum = nn_dot_1_by_1(input, filter, depth, offset, sum);
        output[place] = finish(&scales, &all, rounding, place, sum);
        filter += depth;
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
