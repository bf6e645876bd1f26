// L2_NORMALIZATION and BATCH_MATMUL: what is resolved when a model is loaded.

#include "nn_op_families.h"

#define MAX_DEPTH (1 << 15) // so that a sum of products of int8 fits int32

// --- L2_NORMALIZATION

const char *nn_prepare_l2_normalize(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_L2_NORM);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    if (input->rank < 1 || !nn_same_shape(input, output) || output->type != input->type) {
        return "input and output must have the same shape and type";
    }
    if (nn_field_u8(&prepare->model->file, &prepare->options, NN_ARITHMETIC_ACTIVATION,
        NN_ACTIVATION_NONE) != NN_ACTIVATION_NONE) {
        return "fused activation is not supported";
    }
    nn_softmax_dims_t *dims = nn_prepare_state(prepare, sizeof(nn_softmax_dims_t));
    dims->depth = input->dims[input->rank - 1];
    dims->rows = (int32_t)nn_count(input) / dims->depth;
    if (input->type == NN_FLOAT32) {
        return NULL;
    }
    if (!nn_is_quantised(input) || output->scale != 1.0f / 128 || output->zero_point != 0) {
        return "output must have scale 1/128 and zero point 0";
    }
    return dims->depth <= MAX_DEPTH ? NULL : "more than 32768 values in a row";
}

void nn_run_l2_normalize_f32(const nn_op_t *op) {
    nn_l2_normalize_f32(op->state, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_l2_normalize_s8(const nn_op_t *op) {
    nn_l2_normalize_s8(op->state, op->inputs[0]->zero_point, nn_s8(op, 0), nn_out_s8(op));
}

// --- BATCH_MATMUL

NN_STATE_FITS(nn_matmul_t);

// The dimensions before the last two, as a tensor of their own.
static nn_tensor_t batches_of(const nn_tensor_t *tensor) {
    nn_tensor_t batches = *tensor;
    batches.rank = (uint8_t)(tensor->rank - 2);
    return batches;
}

// Batches are laid over each other in matrices; strides become elements.
static bool resolve_batches(const nn_prepare_t *prepare, nn_broadcast_t *batches) {
    const nn_tensor_t *one = nn_input(prepare, 0), *two = nn_input(prepare, 1);
    nn_tensor_t of_one = batches_of(one), of_two = batches_of(two);
    nn_tensor_t of_output = batches_of(nn_output(prepare, 0));
    nn_broadcast_t found = { 0 };
    if (!nn_resolve_broadcast(&of_one, &of_two, &of_output, &found) || found.dims[0] != 1) {
        return false;
    }
    // The kernel's innermost axis is one matrix: the rest move out by one.
    for (int32_t axis = 0; axis < NN_KERNEL_RANK - 1; ++axis) {
        batches->dims[axis] = found.dims[axis + 1];
        batches->stride_one[axis] = found.stride_one[axis + 1]
            * one->dims[one->rank - 2] * one->dims[one->rank - 1];
        batches->stride_two[axis] = found.stride_two[axis + 1]
            * two->dims[two->rank - 2] * two->dims[two->rank - 1];
    }
    batches->dims[NN_KERNEL_RANK - 1] = 1;
    return true;
}

static const char *resolve_shapes(nn_prepare_t *prepare, nn_matmul_t *matmul) {
    const nn_tensor_t *one = nn_input(prepare, 0), *two = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    nn_flatbuffer_t *file = &prepare->model->file;
    bool turned_one = nn_field_u8(file, &prepare->options, NN_MATMUL_ADJOINT_ONE, 0) != 0;
    bool turned_two = nn_field_u8(file, &prepare->options, NN_MATMUL_ADJOINT_TWO, 0) != 0;
    const int32_t *dims_one = one->dims + one->rank - 2, *dims_two = two->dims + two->rank - 2;
    const int32_t *dims_output = output->dims + output->rank - 2;
    matmul->rows = dims_one[turned_one];
    matmul->depth = dims_one[!turned_one];
    matmul->columns = dims_two[!turned_two];
    if (dims_two[turned_two] != matmul->depth || dims_output[0] != matmul->rows
        || dims_output[1] != matmul->columns) {
        return "rows, columns and depth of inputs and output do not fit";
    }
    matmul->one_row = turned_one ? 1 : dims_one[1];
    matmul->one_step = turned_one ? dims_one[1] : 1;
    matmul->two_column = turned_two ? dims_two[1] : 1;
    matmul->two_step = turned_two ? 1 : dims_two[1];
    return resolve_batches(prepare, &matmul->batches)
           ? NULL : "batches cannot be broadcast to the output's";
}

static const char *resolve_matmul_s8(const nn_prepare_t *prepare, nn_matmul_t *matmul) {
    const nn_tensor_t *one = nn_input(prepare, 0), *two = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(one) || !nn_is_quantised(two) || !nn_is_quantised(output)) {
        return "an input or the output has no scale";
    }
    if (!nn_quantise_multiplier((double)one->scale * (double)two->scale / (double)output->scale,
        &matmul->scale.multiplier, &matmul->scale.shift)) {
        return "scales of inputs and output are too far apart";
    }
    matmul->offset_one = -one->zero_point;
    matmul->offset_two = -two->zero_point;
    matmul->output_offset = output->zero_point;
    return matmul->depth <= MAX_DEPTH ? NULL : "sums of more than 32768 products";
}

const char *nn_prepare_matmul(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 2, 2, NN_OPTIONS_BATCH_MATMUL);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *one = nn_input(prepare, 0), *two = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (two->type != one->type || output->type != one->type) {
        return "inputs and output differ in type";
    }
    if (one->rank < 2 || two->rank < 2 || output->rank < 2) {
        return "inputs and output must have 2 dimensions or more";
    }
    nn_matmul_t *matmul = nn_prepare_state(prepare, sizeof(nn_matmul_t));
    fault = resolve_shapes(prepare, matmul);
    if (fault == NULL && one->type == NN_INT8) {
        fault = resolve_matmul_s8(prepare, matmul);
    }
    return fault;
}

void nn_run_matmul_f32(const nn_op_t *op) {
    nn_matmul_f32(op->state, nn_f32(op, 0), nn_f32(op, 1), nn_out_f32(op));
}

void nn_run_matmul_s8(const nn_op_t *op) {
    nn_matmul_s8(op->state, nn_s8(op, 0), nn_s8(op, 1), nn_out_s8(op));
}
