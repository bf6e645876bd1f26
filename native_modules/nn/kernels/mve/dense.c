// FULLY_CONNECTED by vectors: four outputs at once.

#include "nn_mve.h"

#ifdef NN_HAS_MVE

#include "nn_mve_steps.h"

// Outputs `place` to `place` + 3, as far as they are there.
static void four(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data,
    const int8_t *input, int32_t place, int8_t *output) {
    const nn_dense_quant_t *quant = &layer->quant;
    int32_t depth = layer->dims.depth, left = layer->dims.outputs - place, sums[4] = { 0 };
    const int8_t *weights = data->filter + place * depth;
    for (int32_t i = 0; i < 4 && i < left; i += 2) {
        // The last of an odd number is its own neighbour.
        const int8_t *other = i + 1 < left ? weights + depth : weights;
        nn_mve_dot_1_by_2(input, weights, other, depth, quant->input_offset, sums + i);
        weights += 2 * depth;
    }
    mve_pred16_t there = vctp32q((uint32_t)left);
    int32x4_t all = vldrwq_s32(sums);
    if (data->bias != NULL) {
        all = vaddq_s32(all, vldrwq_z_s32(data->bias + place, there));
    }
    bool is_each = quant->scales.multipliers != NULL;
    int32x4_t multipliers = is_each ? vldrwq_z_s32(quant->scales.multipliers + place, there)
        : vdupq_n_s32(quant->scale.multiplier);
    int32x4_t shifts = is_each ? vldrbq_z_s32(quant->scales.shifts + place, there)
        : vdupq_n_s32(-1 - quant->scale.shift);
    nn_mve_four_t scales = nn_mve_four(multipliers, shifts, 2 * quant->output_offset + 1);
    vstrbq_p_s32(output + place, nn_mve_finish(all, &scales, &layer->clamp_s8), there);
}

void nn_mve_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    const int8_t *input = data->input;
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        for (int32_t place = 0; place < dims->outputs; place += 4) {
            four(layer, data, input, place, output);
        }
        input += dims->depth;
        output += dims->outputs;
    }
}

#endif // NN_HAS_MVE
