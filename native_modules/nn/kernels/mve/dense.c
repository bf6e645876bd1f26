// FULLY_CONNECTED by vectors: four outputs at once.

#include "nn_mve.h"

#ifdef NN_HAS_MVE

#include "nn_mve_steps.h"

// What the outputs of one row of inputs share.
typedef struct _row_t {
    const int8_t *input;
    int32_t depth, offset; // of the input
    const int32_t *bias, *multipliers;
    const int8_t *shifts;
    int32_t multiplier, shift, rounding; // the first two where one scale is for all outputs
    int32x4_t low, high;
} row_t;

// What the sums of outputs `place` to `place` + 3 become, where `there`.
static inline int32x4_t finish_some(const row_t *row, bool is_each, int32_t place, int32x4_t sums,
    mve_pred16_t there) {
    if (row->bias != NULL) {
        sums = vaddq_s32(sums, vldrwq_z_s32(row->bias + place, there));
    }
    int32x4_t multipliers = vdupq_n_s32(row->multiplier), shifts = vdupq_n_s32(row->shift);
    if (is_each) {
        multipliers = vldrwq_z_s32(row->multipliers + place, there);
        shifts = vldrbq_z_s32(row->shifts + place, there);
    }
    nn_mve_four_t scales = nn_mve_four(multipliers, shifts, row->rounding);
    return nn_mve_finish(sums, &scales, row->low, row->high);
}

// The same of all four.
static inline int32x4_t finish_4(const row_t *row, bool is_each, int32_t place,
    int32x4_t sums) {
    if (row->bias != NULL) {
        sums = vaddq_s32(sums, vldrwq_s32(row->bias + place));
    }
    if (!is_each) {
        return nn_mve_finish_n(sums, row->multiplier, row->shift, row->rounding, row->low,
            row->high);
    }
    nn_mve_four_t scales = nn_mve_four(vldrwq_s32(row->multipliers + place),
        vldrbq_s32(row->shifts + place), row->rounding);
    return nn_mve_finish(sums, &scales, row->low, row->high);
}

// The last outputs, fewer than four.
static void rest(const row_t *row, bool is_each, const int8_t *weights, int32_t place,
    int32_t left, int8_t *output) {
    int32_t sums[4] = { 0 };
    // The last of an odd number is its own neighbour.
    nn_mve_dot_1_by_2(row->input, weights, left > 1 ? weights + row->depth : weights, row->depth,
        row->offset, sums);
    if (left > 2) {
        weights += 2 * row->depth;
        nn_mve_dot_1_by_2(row->input, weights, weights, row->depth, row->offset, sums + 2);
    }
    mve_pred16_t there = vctp32q((uint32_t)left);
    vstrbq_p_s32(output + place, finish_some(row, is_each, place, vldrwq_s32(sums), there), there);
}

static inline __attribute__((always_inline)) void run_row(const row_t *row, bool is_each,
    const int8_t *weights, int32_t outputs, int8_t *output) {
    int32_t sums[4], place = 0;
    for (; place + 4 <= outputs; place += 4) {
        nn_mve_dot_1_by_2(row->input, weights, weights + row->depth, row->depth, row->offset, sums);
        weights += 2 * row->depth;
        nn_mve_dot_1_by_2(row->input, weights, weights + row->depth, row->depth, row->offset,
            sums + 2);
        weights += 2 * row->depth;
        vstrbq_s32(output + place, finish_4(row, is_each, place, vldrwq_s32(sums)));
    }
    if (place < outputs) {
        rest(row, is_each, weights, place, outputs - place, output);
    }
}

void nn_mve_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_quant_t *quant = &layer->quant;
    int32_t outputs = layer->dims.outputs;
    row_t row = {
        data->input, layer->dims.depth, quant->input_offset, data->bias,
        quant->scales.multipliers, quant->scales.shifts, quant->scale.multiplier,
        -1 - quant->scale.shift, 2 * quant->output_offset + 1,
        vdupq_n_s32(layer->clamp_s8.low), vdupq_n_s32(layer->clamp_s8.high),
    };
    int8_t *output = data->output;
    for (int32_t n = layer->dims.n; n > 0; --n) {
        if (row.multipliers != NULL) {
            run_row(&row, true, data->filter, outputs, output);
        } else {
            run_row(&row, false, data->filter, outputs, output);
        }
        row.input += row.depth;
        output += outputs;
    }
}

#endif // NN_HAS_MVE
