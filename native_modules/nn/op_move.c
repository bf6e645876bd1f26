// RESHAPE, EXPAND_DIMS, SQUEEZE, PAD, PADV2, CONCATENATION: elements moved only.

#include <string.h>

#include "nn_op_families.h"

#define MAX_MOVE_INPUTS (NN_MAX_TENSORS)

// --- RESHAPE, EXPAND_DIMS, SQUEEZE: the file says the output's shape

const char *nn_prepare_reshape(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 1, 2, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    prepare->layout = (nn_layout_t) { .lie = NN_LIE_IN_INPUT };
    return input->type == output->type && input->bytes == output->bytes
           ? NULL : "input and output differ in size or type";
}

void nn_run_reshape(const nn_op_t *op) {
    if (nn_out(op) != nn_data(op, 0)) {
        memcpy(nn_out(op), nn_data(op, 0), op->outputs[0]->bytes);
    }
}

// --- PAD, PADV2

typedef struct _pad_t {
    nn_pad_t pad;
    int32_t element_bytes;
    uint8_t value[4]; // what PAD fills with
} pad_t;
NN_STATE_FITS(pad_t);

static const char *resolve_paddings(const nn_prepare_t *prepare, nn_pad_t *pad) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *paddings = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    for (int32_t axis = 0; axis < NN_KERNEL_RANK; ++axis) {
        int32_t given = axis - (NN_KERNEL_RANK - input->rank);
        pad->input[axis] = given < 0 ? 1 : input->dims[given];
        pad->output[axis] = given < 0 ? 1 : output->dims[given];
        int32_t before = given < 0 ? 0 : nn_constant_index(paddings, 2 * (uint32_t)given);
        int32_t after = given < 0 ? 0 : nn_constant_index(paddings, 2 * (uint32_t)given + 1);
        if (before < 0 || after < 0) {
            return "a padding is negative";
        }
        if ((int64_t)pad->input[axis] + before + after != pad->output[axis]) {
            return "output shape does not follow from input and paddings";
        }
        pad->before[axis] = before;
    }
    return NULL;
}

static const char *resolve_value(const nn_prepare_t *prepare, pad_t *pad) {
    const nn_tensor_t *value = nn_input(prepare, 2);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (value != NULL) {
        return value->type == output->type && nn_count(value) == 1
               ? NULL : "padding value must be one element of the input's type";
    }
    if (output->type == NN_INT8) {
        pad->value[0] = (uint8_t)output->zero_point;
    }
    return NULL;
}

// With one padded axis, and no rows before it, the input is a piece of the output.
static nn_layout_t layout_of(const pad_t *state) {
    const nn_pad_t *pad = &state->pad;
    int32_t axis = 0, inner = 1;
    while (axis < NN_KERNEL_RANK - 1 && pad->output[axis] == 1) {
        ++axis;
    }
    for (int32_t i = axis + 1; i < NN_KERNEL_RANK; ++i) {
        if (pad->input[i] != pad->output[i]) {
            return (nn_layout_t) { .lie = NN_LIE_APART };
        }
        inner *= pad->output[i];
    }
    return (nn_layout_t) {
        .lie = NN_LIE_IN_OUTPUT,
        .pieces = 1,
        .offset_bytes = (uint32_t)(pad->before[axis] * inner * state->element_bytes),
    };
}

const char *nn_prepare_pad(nn_prepare_t *prepare) {
    bool second = prepare->op->kernel->code == NN_PADV2;
    const char *fault = nn_check_op(prepare, second ? 3 : 2, second ? 3 : 2, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *paddings = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (output->type != input->type || output->rank != input->rank) {
        return "input and output differ in type or rank";
    }
    if (!nn_is_index_list(paddings) || nn_count(paddings) != 2 * (uint32_t)input->rank) {
        return "paddings must be constant integers, two per dimension";
    }
    pad_t *pad = nn_prepare_state(prepare, sizeof(pad_t));
    pad->element_bytes = nn_element_bytes(input);
    fault = resolve_paddings(prepare, &pad->pad);
    if (fault == NULL) {
        prepare->layout = layout_of(pad);
    }
    return fault != NULL ? fault : resolve_value(prepare, pad);
}

void nn_run_pad(const nn_op_t *op) {
    const pad_t *pad = op->state;
    const void *value = nn_data(op, 2) == NULL ? pad->value : nn_data(op, 2);
    uint8_t *output = nn_out(op);
    const uint8_t *input = nn_data(op, 0), *input_end = input + op->inputs[0]->bytes;
    const uint8_t *output_end = output + op->outputs[0]->bytes;
    if (input < output || input >= output_end) {
        nn_pad(&pad->pad, pad->element_bytes, value, input, output);
        return;
    }
    // It lies there already.
    int32_t before = (int32_t)(input - output), after = (int32_t)(output_end - input_end);
    nn_fill(before / pad->element_bytes, pad->element_bytes, value, output);
    nn_fill(after / pad->element_bytes, pad->element_bytes, value, output + (input_end - output));
}

// --- CONCATENATION

typedef struct _concatenation_t {
    int32_t rows; // product of the dimensions before the axis
    int32_t inner_bytes; // bytes from one place on the axis to the next
    int32_t axis;
} concatenation_t;
NN_STATE_FITS(concatenation_t);

static bool fits_beside(const nn_tensor_t *input, const nn_tensor_t *output, int32_t axis) {
    if (input->type != output->type || input->rank != output->rank) {
        return false;
    }
    for (int32_t i = 0; i < output->rank; ++i) {
        if (i != axis && input->dims[i] != output->dims[i]) {
            return false;
        }
    }
    return true;
}

static const char *check_inputs(const nn_prepare_t *prepare, int32_t axis) {
    const nn_tensor_t *output = nn_output(prepare, 0);
    int64_t length = 0;
    for (uint32_t i = 0; i < prepare->op->input_count; ++i) {
        const nn_tensor_t *input = nn_input(prepare, i);
        if (!fits_beside(input, output, axis)) {
            return "inputs and output differ in type or in another axis";
        }
        length += input->dims[axis];
    }
    return length == output->dims[axis] ? NULL : "output is not as long as its inputs together";
}

const char *nn_prepare_concatenation(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, prepare->op->input_count, MAX_MOVE_INPUTS,
        NN_OPTIONS_CONCATENATION);
    if (fault != NULL) {
        return fault;
    }
    nn_flatbuffer_t *file = &prepare->model->file;
    const nn_tensor_t *output = nn_output(prepare, 0);
    int32_t axis = nn_field_i32(file, &prepare->options, NN_CONCATENATION_AXIS, 0);
    axis += axis < 0 ? output->rank : 0;
    if (axis < 0 || axis >= output->rank) {
        return "axis is out of range";
    }
    if (nn_field_u8(file, &prepare->options, NN_CONCATENATION_ACTIVATION, NN_ACTIVATION_NONE)
        != NN_ACTIVATION_NONE) {
        return "fused activation is not supported";
    }
    concatenation_t *state = nn_prepare_state(prepare, sizeof(concatenation_t));
    state->axis = axis;
    state->rows = 1;
    for (int32_t i = 0; i < axis; ++i) {
        state->rows *= output->dims[i];
    }
    state->inner_bytes = (int32_t)output->bytes / state->rows / output->dims[axis];
    prepare->layout = (nn_layout_t) {
        .lie = state->rows == 1 ? NN_LIE_IN_OUTPUT : NN_LIE_APART,
        .pieces = prepare->op->input_count,
    };
    return check_inputs(prepare, axis);
}

void nn_run_concatenation(const nn_op_t *op) {
    const concatenation_t *state = op->state;
    uint8_t *output = nn_out(op);
    nn_rows_t rows = { .count = state->rows };
    rows.output_step_bytes = op->outputs[0]->dims[state->axis] * state->inner_bytes;
    for (uint32_t i = 0; i < op->input_count; ++i) {
        rows.row_bytes = op->inputs[i]->dims[state->axis] * state->inner_bytes;
        rows.input_step_bytes = rows.row_bytes;
        if (nn_data(op, i) != output) { // else it lies there already
            nn_copy_rows(&rows, nn_data(op, i), output);
        }
        output += rows.row_bytes;
    }
}
