// SPLIT, SPLIT_V, UNPACK, PACK, GATHER: pieces of one axis taken apart, put together, chosen.

#include "nn_op_families.h"

#define NOT_FOLLOWING "output shape does not follow from inputs and axis"

// --- SPLIT, SPLIT_V, UNPACK

typedef struct _split_t {
    int32_t rows; // product of the dimensions before the axis
    uint32_t data_place; // which input is taken apart
} split_t;
NN_STATE_FITS(split_t);

// Pieces of a single row lie one after the other in what is taken apart.
static nn_layout_t pieces_of(const split_t *split) {
    return (nn_layout_t) {
        .lie = split->rows == 1 ? NN_LIE_IN_INPUT : NN_LIE_APART,
        .place = split->data_place,
    };
}

static bool is_piece(const nn_tensor_t *piece, const nn_tensor_t *whole, int32_t axis) {
    if (piece->type != whole->type || piece->rank != whole->rank) {
        return false;
    }
    for (int32_t i = 0; i < whole->rank; ++i) {
        if (i != axis && piece->dims[i] != whole->dims[i]) {
            return false;
        }
    }
    return true;
}

static const char *split_at(nn_prepare_t *prepare, uint32_t data_place,
    const nn_tensor_t *axis_tensor, int32_t *axis) {
    const nn_tensor_t *data = nn_input(prepare, data_place);
    if (!nn_is_index_list(axis_tensor) || nn_count(axis_tensor) != 1) {
        return "axis must be one constant integer";
    }
    if (!nn_resolve_axis(nn_constant_index(axis_tensor, 0), data->rank, axis)) {
        return "axis is out of range";
    }
    int64_t length = 0;
    for (uint32_t i = 0; i < prepare->op->output_count; ++i) {
        if (!is_piece(nn_output(prepare, i), data, *axis)) {
            return "input and outputs differ in type or in another axis";
        }
        length += nn_output(prepare, i)->dims[*axis];
    }
    if (length != data->dims[*axis]) {
        return "outputs together are not as long as the input";
    }
    split_t *split = nn_prepare_state(prepare, sizeof(split_t));
    split->rows = nn_product(data, 0, *axis);
    split->data_place = data_place;
    prepare->layout = pieces_of(split);
    return NULL;
}

const char *nn_prepare_split(nn_prepare_t *prepare) {
    int32_t axis;
    const char *fault = nn_check_inputs(prepare, 2, 2, NN_OPTIONS_SPLIT);
    if (fault == NULL) {
        fault = split_at(prepare, 1, nn_input(prepare, 0), &axis);
    }
    for (uint32_t i = 1; fault == NULL && i < prepare->op->output_count; ++i) {
        if (nn_output(prepare, i)->dims[axis] != nn_output(prepare, 0)->dims[axis]) {
            fault = "outputs differ in length";
        }
    }
    return fault;
}

const char *nn_prepare_split_v(nn_prepare_t *prepare) {
    int32_t axis;
    const char *fault = nn_check_inputs(prepare, 3, 3, NN_OPTIONS_SPLIT_V);
    if (fault == NULL) {
        fault = split_at(prepare, 0, nn_input(prepare, 2), &axis);
    }
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *sizes = nn_input(prepare, 1);
    if (!nn_is_index_list(sizes) || nn_count(sizes) != prepare->op->output_count) {
        return "sizes must be constant integers, one for each output";
    }
    for (uint32_t i = 0; i < prepare->op->output_count; ++i) {
        int32_t size = nn_constant_index(sizes, i);
        if (size != -1 && size != nn_output(prepare, i)->dims[axis]) {
            return "an output is not as long as its size says";
        }
    }
    return NULL;
}

// The shape of one piece of PACK or UNPACK is that of the whole without the axis.
static bool is_layer(const nn_tensor_t *layer, const nn_tensor_t *whole, int32_t axis) {
    if (layer->type != whole->type || layer->rank + 1 != whole->rank) {
        return false;
    }
    for (int32_t i = 0; i < layer->rank; ++i) {
        if (layer->dims[i] != whole->dims[i < axis ? i : i + 1]) {
            return false;
        }
    }
    return true;
}

const char *nn_prepare_unpack(nn_prepare_t *prepare) {
    const char *fault = nn_check_inputs(prepare, 1, 1, NN_OPTIONS_UNPACK);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    int32_t axis = nn_field_i32(&prepare->model->file, &prepare->options, NN_UNPACK_AXIS, 0);
    if (!nn_resolve_axis(axis, input->rank, &axis)) {
        return "axis is out of range";
    }
    if (input->dims[axis] != prepare->op->output_count) {
        return "there is not one output for each place on the axis";
    }
    for (uint32_t i = 0; i < prepare->op->output_count; ++i) {
        if (!is_layer(nn_output(prepare, i), input, axis)) {
            return NOT_FOLLOWING;
        }
    }
    split_t *split = nn_prepare_state(prepare, sizeof(split_t));
    split->rows = nn_product(input, 0, axis);
    prepare->layout = pieces_of(split);
    return NULL;
}

void nn_run_split(const nn_op_t *op) {
    const split_t *split = op->state;
    const nn_tensor_t *input = op->inputs[split->data_place];
    const uint8_t *from = input->data;
    nn_rows_t rows = { .count = split->rows };
    rows.input_step_bytes = (int32_t)input->bytes / split->rows;
    for (uint32_t i = 0; i < op->output_count; ++i) {
        rows.row_bytes = (int32_t)op->outputs[i]->bytes / split->rows;
        rows.output_step_bytes = rows.row_bytes;
        if (op->outputs[i]->data != from) { // else it lies there already
            nn_copy_rows(&rows, from, op->outputs[i]->data);
        }
        from += rows.row_bytes;
    }
}

// --- PACK

const char *nn_prepare_pack(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, prepare->op->input_count, NN_MAX_TENSORS,
        NN_OPTIONS_PACK);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *output = nn_output(prepare, 0);
    int32_t axis = nn_field_i32(&prepare->model->file, &prepare->options, NN_PACK_AXIS, 0);
    if (!nn_resolve_axis(axis, output->rank, &axis)) {
        return "axis is out of range";
    }
    if (output->dims[axis] != prepare->op->input_count) {
        return "there is not one input for each place on the axis";
    }
    for (uint32_t i = 0; i < prepare->op->input_count; ++i) {
        if (!is_layer(nn_input(prepare, i), output, axis)) {
            return NOT_FOLLOWING;
        }
    }
    split_t *state = nn_prepare_state(prepare, sizeof(split_t));
    state->rows = nn_product(output, 0, axis);
    prepare->layout = (nn_layout_t) {
        .lie = state->rows == 1 ? NN_LIE_IN_OUTPUT : NN_LIE_APART,
        .pieces = prepare->op->input_count,
    };
    return NULL;
}

void nn_run_pack(const nn_op_t *op) {
    const split_t *state = op->state;
    uint8_t *to = nn_out(op);
    nn_rows_t rows = { .count = state->rows };
    rows.output_step_bytes = (int32_t)op->outputs[0]->bytes / state->rows;
    rows.row_bytes = rows.input_step_bytes = rows.output_step_bytes / op->input_count;
    for (uint32_t i = 0; i < op->input_count; ++i) {
        if (nn_data(op, i) != to) {
            nn_copy_rows(&rows, nn_data(op, i), to);
        }
        to += rows.row_bytes;
    }
}

// --- GATHER

// Constant positions are checked; those computed are brought inside when run.
static const char *check_positions(const nn_tensor_t *positions, int32_t length) {
    if (positions->type != NN_INT32 || nn_count(positions) == 0) {
        return "positions must be int32";
    }
    if ((positions->flags & NN_TENSOR_CONSTANT) == 0) {
        return NULL;
    }
    for (uint32_t i = 0; i < nn_count(positions); ++i) {
        int32_t position = nn_constant_index(positions, i);
        if (position < 0 || position >= length) {
            return "a position is outside the axis";
        }
    }
    return NULL;
}

// Output: the input's shape with the positions' in the axis's place.
static const char *check_gathered(const nn_prepare_t *prepare, int32_t axis, int32_t batch) {
    const nn_tensor_t *input = nn_input(prepare, 0), *positions = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    int32_t chosen = positions->rank - batch;
    if (output->type != input->type || output->rank != input->rank - 1 + chosen) {
        return NOT_FOLLOWING;
    }
    for (int32_t i = 0; i < output->rank; ++i) {
        int32_t dim = i < axis ? input->dims[i]
            : i < axis + chosen ? positions->dims[batch + i - axis]
            : input->dims[i - chosen + 1];
        if (output->dims[i] != dim || (i < batch && positions->dims[i] != dim)) {
            return NOT_FOLLOWING;
        }
    }
    return NULL;
}

const char *nn_prepare_gather(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 2, 2, NN_OPTIONS_GATHER);
    if (fault != NULL) {
        return fault;
    }
    nn_flatbuffer_t *file = &prepare->model->file;
    const nn_tensor_t *input = nn_input(prepare, 0), *positions = nn_input(prepare, 1);
    int32_t axis = nn_field_i32(file, &prepare->options, NN_GATHER_AXIS, 0);
    int32_t batch = nn_field_i32(file, &prepare->options, NN_GATHER_BATCH_DIMS, 0);
    batch += batch < 0 ? positions->rank : 0;
    if (!nn_resolve_axis(axis, input->rank, &axis) || batch < 0 || batch > axis
        || batch > positions->rank) {
        return "axis or batch dimensions are out of range";
    }
    fault = check_positions(positions, input->dims[axis]);
    if (fault == NULL) {
        fault = check_gathered(prepare, axis, batch);
    }
    if (fault != NULL) {
        return fault;
    }
    nn_gather_t *gather = nn_prepare_state(prepare, sizeof(nn_gather_t));
    gather->batches = nn_product(input, 0, batch);
    gather->rows = nn_product(input, batch, axis);
    gather->length = input->dims[axis];
    gather->count = nn_product(positions, batch, positions->rank);
    gather->inner_bytes = nn_product(input, axis + 1, input->rank) * nn_element_bytes(input);
    return NULL;
}

void nn_run_gather(const nn_op_t *op) {
    nn_gather(op->state, nn_data(op, 0), nn_s32(op, 1), nn_out(op));
}
