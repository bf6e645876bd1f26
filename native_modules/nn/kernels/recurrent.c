// SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM: ops that keep something from one run to the next.
//
// Neither needs room of its own: what the reference keeps in scratch buffers is
// computed for one output at a time.

#include <math.h>
#include <string.h>

#include "nn_group_kernels.h"
#include "nn_rounding.h"
#include "nn_sigmoid_16.h"

static inline int32_t saturate(int32_t value, int32_t bits) {
    int32_t limit = (INT32_C(1) << (bits - 1)) - 1;
    return nn_clamp(value, -limit - 1, limit);
}

static inline int32_t rescaled(int32_t value, const nn_scale_t *scale) {
    return nn_requantise(value, scale->multiplier, scale->shift);
}

static inline int32_t dot_s8(int32_t count, const int8_t *weights, const int8_t *values,
    int32_t offset) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; ++i) {
        sum += weights[i] * (values[i] + offset);
    }
    return sum;
}

static inline float dot_f32(int32_t count, const float *weights, const float *values) {
    float sum = 0.0f;
    for (int32_t i = 0; i < count; ++i) {
        sum += weights[i] * values[i];
    }
    return sum;
}

// --- SVDF: every filter keeps its last `memory` results, the newest last

static inline int32_t load(const nn_svdf_t *svdf, const void *values, int32_t i) {
    return svdf->is_wide ? ((const int16_t *)values)[i] : ((const int8_t *)values)[i];
}

static void remember_s8(const nn_svdf_t *svdf, const int8_t *input, const int8_t *weights,
    void *state) {
    int32_t place = svdf->memory - 1;
    for (int32_t batch = 0; batch < svdf->batches; ++batch) {
        for (int32_t filter = 0; filter < svdf->filters; ++filter) {
            int32_t value = rescaled(dot_s8(svdf->depth, weights + filter * svdf->depth, input,
                svdf->input_offset), &svdf->to_state);
            // Saturated first: what the zero point then lifts past the type wraps around.
            if (svdf->is_wide) {
                ((int16_t *)state)[place] = (int16_t)saturate(value, 16);
            } else {
                ((int8_t *)state)[place] = (int8_t)(saturate(value, 8) + svdf->state_zero_point);
            }
            place += svdf->memory;
        }
        input += svdf->depth;
    }
}

void nn_svdf_s8(const nn_svdf_t *svdf, const nn_svdf_data_t *data, int8_t *output) {
    int32_t kept = svdf->batches * svdf->filters * svdf->memory;
    size_t element_bytes = svdf->is_wide ? sizeof(int16_t) : sizeof(int8_t);
    memmove(data->state, (const uint8_t *)data->state + element_bytes,
        (size_t)(kept - 1) * element_bytes);
    remember_s8(svdf, data->input, data->weights, data->state);
    int32_t unit_values = svdf->rank * svdf->memory;
    int32_t units = svdf->filters / svdf->rank;
    const int32_t *bias = data->bias;
    for (int32_t i = 0; i < svdf->batches * units; ++i) {
        int32_t unit = i % units;
        int32_t sum = bias == NULL ? 0 : bias[unit];
        for (int32_t k = 0; k < unit_values; ++k) {
            int32_t product = load(svdf, data->time_weights, unit * unit_values + k)
                * (load(svdf, data->state, i * unit_values + k) - svdf->state_zero_point);
            sum = nn_wrapping_add(sum, product);
        }
        int32_t value = nn_wrapping_add(rescaled(sum, &svdf->to_output),
            svdf->output_zero_point);
        output[i] = (int8_t)saturate(value, 8);
    }
}

void nn_svdf_f32(const nn_svdf_t *svdf, const nn_svdf_data_t *data, float *output) {
    int32_t kept = svdf->batches * svdf->filters * svdf->memory;
    float *state = data->state;
    const float *input = data->input, *weights = data->weights, *bias = data->bias;
    memmove(state, state + 1, (size_t)(kept - 1) * sizeof(float));
    for (int32_t i = 0; i < svdf->batches * svdf->filters; ++i) {
        state[(i + 1) * svdf->memory - 1] = dot_f32(svdf->depth,
            weights + i % svdf->filters * svdf->depth, input + i / svdf->filters * svdf->depth);
    }
    int32_t unit_values = svdf->rank * svdf->memory;
    int32_t units = svdf->filters / svdf->rank;
    for (int32_t i = 0; i < svdf->batches * units; ++i) {
        int32_t unit = i % units;
        float sum = dot_f32(unit_values, (const float *)data->time_weights + unit * unit_values,
            state + i * unit_values);
        output[i] = nn_clamp_one_f32(sum + (bias == NULL ? 0.0f : bias[unit]), &svdf->clamp);
    }
}

// --- UNIDIRECTIONAL_SEQUENCE_LSTM

// One gate of one cell, before its function, as Q3.12.
static int16_t gate_s8(const nn_lstm_t *lstm, const nn_lstm_data_t *data, int32_t gate,
    int32_t cell, const int8_t *input, const int8_t *hidden) {
    const int8_t *weights = data->weights[gate], *recurrent = data->recurrent[gate];
    int32_t sum = nn_wrapping_add(((const int32_t *)data->bias[gate])[cell],
        dot_s8(lstm->inputs, weights + cell * lstm->inputs, input, lstm->input_offset));
    int32_t back = dot_s8(lstm->cells, recurrent + cell * lstm->cells, hidden,
        lstm->hidden_offset);
    return (int16_t)saturate(saturate(rescaled(sum, &lstm->from_input[gate]), 16)
        + saturate(rescaled(back, &lstm->from_hidden[gate]), 16), 16);
}

static int8_t cell_s8(const nn_lstm_t *lstm, const nn_lstm_data_t *data, int32_t cell,
    const int8_t *input, const int8_t *hidden, int16_t *kept) {
    int32_t forget = nn_logistic_16(gate_s8(lstm, data, NN_GATE_FORGET, cell, input, hidden));
    int32_t let_in = nn_logistic_16(gate_s8(lstm, data, NN_GATE_INPUT, cell, input, hidden));
    int32_t news = nn_tanh_16(gate_s8(lstm, data, NN_GATE_CELL, cell, input, hidden), 0);
    int32_t old = saturate(rescaled(forget * *kept, &lstm->forgotten), 16);
    int32_t value = saturate(old + saturate(rescaled(let_in * news, &lstm->let_in), 16), 16);
    if (lstm->clip > 0) {
        value = nn_clamp(value, -lstm->clip, lstm->clip);
    }
    *kept = (int16_t)value;
    int32_t let_out = nn_logistic_16(gate_s8(lstm, data, NN_GATE_OUTPUT, cell, input, hidden));
    int32_t shown = nn_tanh_16((int16_t)value, lstm->tanh_shift);
    return (int8_t)saturate(nn_wrapping_add(rescaled(let_out * shown, &lstm->let_out),
        -lstm->hidden_offset), 8);
}

// Every step of one sequence: the output's rows are the hidden state's values,
// which are only taken over when all cells have read the old ones.
void nn_lstm_s8(const nn_lstm_t *lstm, const nn_lstm_data_t *data, int8_t *output) {
    for (int32_t batch = 0; batch < lstm->batches; ++batch) {
        int8_t *hidden = (int8_t *)data->hidden + batch * lstm->cells;
        int16_t *kept = (int16_t *)data->cell + batch * lstm->cells;
        for (int32_t step = 0; step < lstm->steps; ++step) {
            int32_t row = batch * lstm->batch_rows + step * lstm->step_rows;
            const int8_t *input = (const int8_t *)data->input + row * lstm->inputs;
            for (int32_t cell = 0; cell < lstm->cells; ++cell) {
                output[row * lstm->cells + cell]
                    = cell_s8(lstm, data, cell, input, hidden, &kept[cell]);
            }
            memcpy(hidden, output + row * lstm->cells, (size_t)lstm->cells);
        }
    }
}

static float gate_f32(const nn_lstm_t *lstm, const nn_lstm_data_t *data, int32_t gate,
    int32_t cell, const float *input, const float *hidden) {
    const float *weights = data->weights[gate], *recurrent = data->recurrent[gate];
    return dot_f32(lstm->inputs, weights + cell * lstm->inputs, input)
           + ((const float *)data->bias[gate])[cell]
           + dot_f32(lstm->cells, recurrent + cell * lstm->cells, hidden);
}

static float logistic(float value) {
    return 1.0f / (1.0f + expf(-value));
}

static float cell_f32(const nn_lstm_t *lstm, const nn_lstm_data_t *data, int32_t cell,
    const float *input, const float *hidden, float *kept) {
    float forget = logistic(gate_f32(lstm, data, NN_GATE_FORGET, cell, input, hidden));
    float let_in = logistic(gate_f32(lstm, data, NN_GATE_INPUT, cell, input, hidden));
    float news = tanhf(gate_f32(lstm, data, NN_GATE_CELL, cell, input, hidden));
    float value = forget * *kept + let_in * news;
    *kept = nn_clamp_one_f32(value, &lstm->clip_f32);
    return logistic(gate_f32(lstm, data, NN_GATE_OUTPUT, cell, input, hidden)) * tanhf(*kept);
}

void nn_lstm_f32(const nn_lstm_t *lstm, const nn_lstm_data_t *data, float *output) {
    for (int32_t batch = 0; batch < lstm->batches; ++batch) {
        float *hidden = (float *)data->hidden + batch * lstm->cells;
        float *kept = (float *)data->cell + batch * lstm->cells;
        for (int32_t step = 0; step < lstm->steps; ++step) {
            int32_t row = batch * lstm->batch_rows + step * lstm->step_rows;
            const float *input = (const float *)data->input + row * lstm->inputs;
            for (int32_t cell = 0; cell < lstm->cells; ++cell) {
                output[row * lstm->cells + cell]
                    = cell_f32(lstm, data, cell, input, hidden, &kept[cell]);
            }
            memcpy(hidden, output + row * lstm->cells, (size_t)lstm->cells * sizeof(float));
        }
    }
}
