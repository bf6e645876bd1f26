// SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM: what is resolved when a model is loaded.

#include <math.h>

#include "nn_op_families.h"

#define FAR_APART "scales of inputs, state and output are too far apart"
#define MAX_SUM (1 << 16) // products of int8 that one sum may hold

static bool is_state(const nn_tensor_t *tensor) {
    return tensor != NULL
           && (tensor->flags & (NN_TENSOR_VARIABLE | NN_TENSOR_CONSTANT)) == NN_TENSOR_VARIABLE;
}

static bool has_dims(const nn_tensor_t *tensor, int32_t first, int32_t second) {
    return tensor->rank == 2 && tensor->dims[0] == first && tensor->dims[1] == second;
}

static bool resolve_scale(double real, nn_scale_t *scale) {
    return nn_quantise_multiplier(real, &scale->multiplier, &scale->shift);
}

// --- SVDF: input, weights by feature, weights by time, bias, state

enum { SVDF_WEIGHTS = 1, SVDF_TIME_WEIGHTS, SVDF_BIAS, SVDF_STATE, SVDF_INPUTS };
NN_STATE_FITS(nn_svdf_t);

static const char *check_svdf_shapes(const nn_prepare_t *prepare, nn_svdf_t *svdf) {
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    const nn_tensor_t *weights = nn_input(prepare, SVDF_WEIGHTS);
    const nn_tensor_t *time_weights = nn_input(prepare, SVDF_TIME_WEIGHTS);
    const nn_tensor_t *bias = nn_input(prepare, SVDF_BIAS);
    const nn_tensor_t *state = nn_input(prepare, SVDF_STATE);
    if (input->rank != 2 || weights->rank != 2 || time_weights->rank != 2
        || nn_count(weights) == 0 || nn_count(time_weights) == 0) {
        return "input and weights must have 2 dimensions";
    }
    svdf->batches = input->dims[0];
    svdf->depth = input->dims[1];
    svdf->filters = weights->dims[0];
    svdf->memory = time_weights->dims[1];
    if (svdf->rank < 1 || svdf->filters % svdf->rank != 0) {
        return "rank does not divide the filters";
    }
    int32_t units = svdf->filters / svdf->rank;
    int64_t kept = (int64_t)svdf->memory * svdf->filters;
    if (weights->dims[1] != svdf->depth || time_weights->dims[0] != svdf->filters
        || !has_dims(output, svdf->batches, units)
        || (bias != NULL && nn_count(bias) != (uint32_t)units)) {
        return "shapes of input, weights, bias and output do not fit";
    }
    if (!is_state(state)) {
        return "state must be a variable";
    }
    return state->rank == 2 && state->dims[0] == svdf->batches && state->dims[1] == kept
           ? NULL : "state does not have a place for each filter's memory";
}

static const char *prepare_svdf(nn_prepare_t *prepare, uint8_t bias_type, nn_svdf_t **made) {
    const char *fault = nn_check_op(prepare, 3, SVDF_INPUTS, NN_OPTIONS_SVDF);
    if (fault == NULL && prepare->op->input_count != SVDF_INPUTS) {
        fault = "wrong number of inputs";
    }
    if (fault != NULL) {
        return fault;
    }
    nn_svdf_t *svdf = *made = nn_prepare_state(prepare, sizeof(nn_svdf_t));
    svdf->rank = nn_field_i32(&prepare->model->file, &prepare->options, NN_SVDF_RANK, 0);
    fault = check_svdf_shapes(prepare, svdf);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *bias = nn_input(prepare, SVDF_BIAS);
    return nn_input(prepare, SVDF_WEIGHTS)->type == input->type
           && nn_output(prepare, 0)->type == input->type
           && nn_input(prepare, SVDF_STATE)->type == nn_input(prepare, SVDF_TIME_WEIGHTS)->type
           && (bias == NULL || bias->type == bias_type)
           ? NULL : "types of input, weights, bias, state and output do not fit";
}

static uint8_t svdf_activation(nn_prepare_t *prepare) {
    return nn_field_u8(&prepare->model->file, &prepare->options, NN_SVDF_ACTIVATION,
        NN_ACTIVATION_NONE);
}

const char *nn_prepare_svdf_f32(nn_prepare_t *prepare) {
    nn_svdf_t *svdf;
    const char *fault = prepare_svdf(prepare, NN_FLOAT32, &svdf);
    if (fault != NULL) {
        return fault;
    }
    if (nn_input(prepare, SVDF_STATE)->type != NN_FLOAT32) {
        return "types of input, weights, bias, state and output do not fit";
    }
    return nn_activation_range_f32(svdf_activation(prepare), &svdf->clamp.low, &svdf->clamp.high)
           ? NULL : "fused activation is not supported";
}

// The reference saturates whatever the activation is: only those that do no more are taken.
const char *nn_prepare_svdf_s8(nn_prepare_t *prepare) {
    nn_svdf_t *svdf;
    const char *fault = prepare_svdf(prepare, NN_INT32, &svdf);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    const nn_tensor_t *weights = nn_input(prepare, SVDF_WEIGHTS);
    const nn_tensor_t *time_weights = nn_input(prepare, SVDF_TIME_WEIGHTS);
    const nn_tensor_t *state = nn_input(prepare, SVDF_STATE);
    if (state->type != NN_INT16 && state->type != NN_INT8) {
        return "types of input, weights, bias, state and output do not fit";
    }
    if (!nn_is_quantised(input) || !nn_is_quantised(output) || !nn_is_quantised(weights)
        || !nn_is_quantised(time_weights) || !nn_is_quantised(state)) {
        return "a scale is missing";
    }
    if (svdf->depth > MAX_SUM) {
        return "sums of more than 65536 products";
    }
    svdf->is_wide = state->type == NN_INT16;
    svdf->input_offset = -input->zero_point;
    svdf->state_zero_point = state->zero_point;
    svdf->output_zero_point = output->zero_point;
    double to_state = (double)input->scale * (double)weights->scale / (double)state->scale;
    double to_output = (double)state->scale * (double)time_weights->scale
        / (double)output->scale;
    return resolve_scale(to_state, &svdf->to_state) && resolve_scale(to_output, &svdf->to_output)
           ? NULL : FAR_APART;
}

static nn_svdf_data_t svdf_data(const nn_op_t *op) {
    nn_svdf_data_t data = {
        nn_data(op, 0), nn_data(op, SVDF_WEIGHTS), nn_data(op, SVDF_TIME_WEIGHTS),
        nn_data(op, SVDF_BIAS), nn_data(op, SVDF_STATE),
    };
    return data;
}

void nn_run_svdf_f32(const nn_op_t *op) {
    const nn_svdf_data_t data = svdf_data(op);
    nn_svdf_f32(op->state, &data, nn_out_f32(op));
}

void nn_run_svdf_s8(const nn_op_t *op) {
    const nn_svdf_data_t data = svdf_data(op);
    nn_svdf_s8(op->state, &data, nn_out_s8(op));
}

// --- UNIDIRECTIONAL_SEQUENCE_LSTM: four gates in the order of NN_GATE_INPUT ...

enum { LSTM_WEIGHTS = 1, LSTM_RECURRENT = 5, LSTM_PEEPHOLES = 9, LSTM_BIAS = 12,
       LSTM_PROJECTION = 16, LSTM_HIDDEN = 18, LSTM_CELL = 19, LSTM_NORMS = 20,
       LSTM_INPUTS = 24 };
NN_STATE_FITS(nn_lstm_t);

static bool any_given(const nn_prepare_t *prepare, uint32_t first, uint32_t end) {
    for (uint32_t place = first; place < end; ++place) {
        if (nn_input(prepare, place) != NULL) {
            return true;
        }
    }
    return false;
}

static const char *check_lstm_inputs(const nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, LSTM_PEEPHOLES, LSTM_INPUTS, NN_OPTIONS_LSTM);
    if (fault != NULL) {
        return fault;
    }
    if (any_given(prepare, LSTM_PEEPHOLES, LSTM_BIAS)
        || any_given(prepare, LSTM_PROJECTION, LSTM_HIDDEN)
        || any_given(prepare, LSTM_NORMS, LSTM_INPUTS)) {
        return "peepholes, projection and layer normalisation are not supported";
    }
    for (uint32_t gate = 0; gate < NN_GATES; ++gate) {
        if (nn_input(prepare, LSTM_BIAS + gate) == NULL) {
            return "an input is missing";
        }
    }
    return is_state(nn_input(prepare, LSTM_HIDDEN)) && is_state(nn_input(prepare, LSTM_CELL))
           ? NULL : "hidden and cell state must be variables";
}

static const char *check_gates(const nn_prepare_t *prepare, const nn_lstm_t *lstm,
    uint8_t bias_type) {
    uint8_t type = nn_input(prepare, 0)->type;
    for (uint32_t gate = 0; gate < NN_GATES; ++gate) {
        const nn_tensor_t *weights = nn_input(prepare, LSTM_WEIGHTS + gate);
        const nn_tensor_t *recurrent = nn_input(prepare, LSTM_RECURRENT + gate);
        const nn_tensor_t *bias = nn_input(prepare, LSTM_BIAS + gate);
        if (weights->type != type || recurrent->type != type || bias->type != bias_type) {
            return "types of input, weights and bias do not fit";
        }
        if (!has_dims(weights, lstm->cells, lstm->inputs)
            || !has_dims(recurrent, lstm->cells, lstm->cells)
            || nn_count(bias) != (uint32_t)lstm->cells) {
            return "shapes of input, weights and bias do not fit";
        }
    }
    return NULL;
}

static const char *resolve_lstm_shape(nn_prepare_t *prepare, nn_lstm_t *lstm) {
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    if (input->rank != 3 || output->rank != 3) {
        return "input and output must have 3 dimensions";
    }
    bool time_major = nn_field_u8(&prepare->model->file, &prepare->options, NN_LSTM_TIME_MAJOR,
        0) != 0;
    lstm->batches = input->dims[time_major];
    lstm->steps = input->dims[!time_major];
    lstm->batch_rows = time_major ? 1 : lstm->steps;
    lstm->step_rows = time_major ? lstm->batches : 1;
    lstm->inputs = input->dims[2];
    lstm->cells = output->dims[2];
    uint64_t kept = (uint64_t)lstm->batches * (uint64_t)lstm->cells;
    if (output->dims[0] != input->dims[0] || output->dims[1] != input->dims[1]) {
        return "input and output differ in batches or steps";
    }
    return nn_count(nn_input(prepare, LSTM_HIDDEN)) == kept
           && nn_count(nn_input(prepare, LSTM_CELL)) == kept
           ? NULL : "states do not have a value for each cell of each batch";
}

static const char *prepare_lstm(nn_prepare_t *prepare, uint8_t bias_type, uint8_t cell_type,
    nn_lstm_t **made) {
    const char *fault = check_lstm_inputs(prepare);
    if (fault != NULL) {
        return fault;
    }
    nn_flatbuffer_t *file = &prepare->model->file;
    nn_lstm_t *lstm = *made = nn_prepare_state(prepare, sizeof(nn_lstm_t));
    fault = resolve_lstm_shape(prepare, lstm);
    if (fault == NULL) {
        fault = check_gates(prepare, lstm, bias_type);
    }
    if (fault != NULL) {
        return fault;
    }
    uint8_t type = nn_input(prepare, 0)->type;
    if (nn_output(prepare, 0)->type != type || nn_input(prepare, LSTM_HIDDEN)->type != type
        || nn_input(prepare, LSTM_CELL)->type != cell_type) {
        return "types of input, states and output do not fit";
    }
    if (nn_field_u8(file, &prepare->options, NN_LSTM_ACTIVATION, NN_ACTIVATION_NONE)
        != NN_ACTIVATION_TANH) {
        return "activation must be TANH";
    }
    float clip = nn_field_f32(file, &prepare->options, NN_LSTM_CELL_CLIP, 0.0f);
    if (!(clip >= 0.0f)) {
        return "cell clip is negative or not a number";
    }
    lstm->clip_f32.low = clip > 0.0f ? -clip : -INFINITY;
    lstm->clip_f32.high = clip > 0.0f ? clip : INFINITY;
    return NULL;
}

const char *nn_prepare_lstm_f32(nn_prepare_t *prepare) {
    nn_lstm_t *lstm;
    return prepare_lstm(prepare, NN_FLOAT32, NN_FLOAT32, &lstm);
}

static bool resolve_gate_scales(const nn_prepare_t *prepare, nn_lstm_t *lstm) {
    const double gate_steps = 4096.0; // Q3.12
    for (uint32_t gate = 0; gate < NN_GATES; ++gate) {
        const nn_tensor_t *weights = nn_input(prepare, LSTM_WEIGHTS + gate);
        const nn_tensor_t *recurrent = nn_input(prepare, LSTM_RECURRENT + gate);
        double input_scale = (double)nn_input(prepare, 0)->scale;
        double hidden_scale = (double)nn_input(prepare, LSTM_HIDDEN)->scale;
        if (!nn_is_quantised(weights) || !nn_is_quantised(recurrent)
            || weights->zero_point != 0 || recurrent->zero_point != 0
            || !resolve_scale(input_scale * (double)weights->scale * gate_steps,
            &lstm->from_input[gate])
            || !resolve_scale(hidden_scale * (double)recurrent->scale * gate_steps,
            &lstm->from_hidden[gate])) {
            return false;
        }
    }
    return true;
}

// The cell state's scale must be a power of two, between 2^-15 and 2^-9.
static const char *resolve_cell(const nn_tensor_t *cell, nn_lstm_t *lstm) {
    int exponent;
    if (frexpf(cell->scale, &exponent) != 0.5f || exponent - 1 < -15 || exponent - 1 > -9) {
        return "cell state's scale is no power of two from 2^-15 to 2^-9";
    }
    lstm->tanh_shift = exponent - 1 + 12;
    const double step = 1.0 / 32768.0; // Q0.15
    double steps = (double)lstm->clip_f32.high / (double)cell->scale;
    lstm->clip = lstm->clip_f32.high == INFINITY ? 0 : steps < 32767.0 ? (int32_t)steps : 32767;
    return resolve_scale(step, &lstm->forgotten)
           && resolve_scale(step * step / (double)cell->scale, &lstm->let_in) ? NULL : FAR_APART;
}

const char *nn_prepare_lstm_s8(nn_prepare_t *prepare) {
    nn_lstm_t *lstm;
    const char *fault = prepare_lstm(prepare, NN_INT32, NN_INT16, &lstm);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    const nn_tensor_t *hidden = nn_input(prepare, LSTM_HIDDEN);
    if (!nn_is_quantised(input) || !nn_is_quantised(hidden)
        || output->scale != hidden->scale || output->zero_point != hidden->zero_point) {
        return "a scale is missing, or output and hidden state differ in it";
    }
    if (lstm->inputs > MAX_SUM || lstm->cells > MAX_SUM) {
        return "sums of more than 65536 products";
    }
    if (!resolve_gate_scales(prepare, lstm)) {
        return "weights have no scale, a zero point, or a scale too far from the inputs'";
    }
    lstm->input_offset = -input->zero_point;
    lstm->hidden_offset = -hidden->zero_point;
    fault = resolve_cell(nn_input(prepare, LSTM_CELL), lstm);
    const double step = 1.0 / 32768.0;
    if (fault == NULL && !resolve_scale(step * step / (double)hidden->scale, &lstm->let_out)) {
        fault = FAR_APART;
    }
    return fault;
}

static nn_lstm_data_t lstm_data(const nn_op_t *op) {
    nn_lstm_data_t data = { .input = nn_data(op, 0) };
    for (uint32_t gate = 0; gate < NN_GATES; ++gate) {
        data.weights[gate] = nn_data(op, LSTM_WEIGHTS + gate);
        data.recurrent[gate] = nn_data(op, LSTM_RECURRENT + gate);
        data.bias[gate] = nn_data(op, LSTM_BIAS + gate);
    }
    data.hidden = nn_data(op, LSTM_HIDDEN);
    data.cell = nn_data(op, LSTM_CELL);
    return data;
}

void nn_run_lstm_f32(const nn_op_t *op) {
    const nn_lstm_data_t data = lstm_data(op);
    nn_lstm_f32(op->state, &data, nn_out_f32(op));
}

void nn_run_lstm_s8(const nn_op_t *op) {
    const nn_lstm_data_t data = lstm_data(op);
    nn_lstm_s8(op->state, &data, nn_out_s8(op));
}
