// FULLY_CONNECTED by four outputs at once, with weights where they lie.

#include "nn_fast_steps.h"

#ifdef NN_HAS_FAST

// What the outputs of one row of inputs share; `multiplier`, `shift` and `half` where one scale is
// for all of them.
typedef struct _row_t {
    const int8_t *input, *filter;
    const int32_t *bias, *multipliers;
    const int8_t *shifts;
    int32_t depth, offset, outputs, rounding;
    int32_t multiplier, shift, half;
} row_t;

static inline int8_t finish(const row_t *row, bool is_each, int32_t place, int32_t sum) {
    if (!is_each) {
        return nn_finish(sum, row->multiplier, row->shift, row->half);
    }
    int32_t shift = row->shifts[place];
    return nn_finish(sum, row->multipliers[place], shift, nn_shift_left(row->rounding, shift));
}

// Outputs that are left over when all others went by four.
static void rest(const row_t *row, bool is_each, int8_t *output) {
    for (int32_t place = row->outputs & ~3; place < row->outputs; ++place) {
        int32_t sum = row->bias == NULL ? 0 : row->bias[place];
        sum = nn_dot_1_by_1(row->input, row->filter + place * row->depth, row->depth, row->offset,
            sum);
        output[place] = finish(row, is_each, place, sum);
    }
}

static inline __attribute__((always_inline)) void run_row(const row_t *shared, bool is_each,
    int8_t *output) {
    // What is needed for four outputs, each by itself: no output can change it.
    const row_t row = {
        .multipliers = shared->multipliers, .shifts = shared->shifts,
        .rounding = shared->rounding, .multiplier = shared->multiplier, .shift = shared->shift,
        .half = shared->half,
    };
    const int8_t *input = shared->input, *filter = shared->filter;
    const int32_t *bias = shared->bias;
    int32_t depth = shared->depth, offset = shared->offset, outputs = shared->outputs;
    for (int32_t place = 0; place + 4 <= outputs; place += 4) {
        int32_t sums[4] = { 0, 0, 0, 0 };
        if (bias != NULL) {
            memcpy(sums, bias + place, sizeof(sums));
        }
        nn_dot_1_by_4(input, filter, depth, offset, sums);
        for (int32_t i = 0; i < 4; ++i) {
            output[place + i] = finish(&row, is_each, place + i, sums[i]);
        }
        filter += 4 * depth;
    }
    if ((outputs & 3) != 0) {
        rest(shared, is_each, output);
    }
}

// Not inline, nor is the next: in a function of its own each has all registers.
__attribute__((noinline)) static void run_each(const row_t *row, int8_t *output) {
    run_row(row, true, output);
}

__attribute__((noinline)) static void run_all(const row_t *row, int8_t *output) {
    run_row(row, false, output);
}

void nn_fast_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    const nn_dense_quant_t *quant = &layer->quant;
    int32_t rounding = 2 * quant->output_offset + 1, shift = -1 - quant->scale.shift;
    row_t row = {
        data->input, data->filter, data->bias, quant->scales.multipliers, quant->scales.shifts,
        dims->depth, quant->input_offset, dims->outputs, rounding, quant->scale.multiplier, shift,
        quant->scales.multipliers == NULL ? nn_shift_left(rounding, shift) : 0,
    };
    int8_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        if (row.multipliers != NULL) {
            run_each(&row, output);
        } else {
            run_all(&row, output);
        }
        row.input += dims->depth;
        output += dims->outputs;
    }
    nn_fast_narrow(&layer->clamp_s8, dims->n * dims->outputs, data->output);
}

#endif // NN_HAS_FAST
