// MEAN, SUM, REDUCE_MAX, ARG_MAX, ARG_MIN: what is resolved when a model is loaded.

#include "nn_op_families.h"

// So that a sum fits int32.
#define MAX_REDUCED (1 << 22)
#define MAX_REDUCED_16 (1 << 15)

typedef struct _mean_op_t {
    nn_mean_t mean;
    nn_mean_quant_t quant;
} mean_op_t;
NN_STATE_FITS(mean_op_t);

// Which axes go, as bits; duplicates and negative ones are allowed.
static const char *read_axes(const nn_prepare_t *prepare, uint32_t *reduced) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *axes = nn_input(prepare, 1);
    *reduced = 0;
    if (!nn_is_index_list(axes)) {
        return "axes must be constant integers";
    }
    for (uint32_t i = 0; i < nn_count(axes); ++i) {
        int32_t axis = nn_constant_index(axes, i);
        axis += axis < 0 ? input->rank : 0;
        if (axis < 0 || axis >= input->rank) {
            return "axis is out of range";
        }
        *reduced |= UINT32_C(1) << axis;
    }
    return NULL;
}

static const char *resolve_axes(const nn_prepare_t *prepare, uint32_t reduced,
    nn_mean_t *mean) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    for (int32_t i = 0; i < NN_KERNEL_RANK; ++i) {
        mean->keep[i] = mean->reduce[i] = 1;
    }
    int32_t keep_place = NN_KERNEL_RANK - 1, reduce_place = NN_KERNEL_RANK - 1;
    int32_t stride = 1;
    mean->outputs = mean->count = 1;
    for (int32_t axis = input->rank - 1; axis >= 0; --axis) {
        if (reduced & (UINT32_C(1) << axis)) {
            nn_push_axis(mean->reduce, mean->reduce_stride, &reduce_place, input->dims[axis],
                stride);
            mean->count *= input->dims[axis];
        } else {
            nn_push_axis(mean->keep, mean->keep_stride, &keep_place, input->dims[axis], stride);
            mean->outputs *= input->dims[axis];
        }
        stride *= input->dims[axis];
    }
    if (mean->outputs != (int32_t)nn_count(nn_output(prepare, 0))) {
        return "output shape does not follow from input and axes";
    }
    if (nn_input(prepare, 0)->type == NN_INT16 && mean->count > MAX_REDUCED_16) {
        return "reduction of more than 32768 values of int16";
    }
    return mean->count <= MAX_REDUCED ? NULL : "reduction of more than 4194304 values";
}

static const char *prepare_any(nn_prepare_t *prepare, mean_op_t **made) {
    uint32_t reduced;
    const char *fault = nn_check_op(prepare, 2, 2, NN_OPTIONS_REDUCER);
    if (fault == NULL) {
        fault = read_axes(prepare, &reduced);
    }
    if (fault != NULL) {
        return fault;
    }
    if (nn_output(prepare, 0)->type != nn_input(prepare, 0)->type) {
        return "input and output differ in type";
    }
    *made = nn_prepare_state(prepare, sizeof(mean_op_t));
    return resolve_axes(prepare, reduced, &(*made)->mean);
}

const char *nn_prepare_reduce_f32(nn_prepare_t *prepare) {
    mean_op_t *op;
    return prepare_any(prepare, &op);
}

// The multiplier with 1/count in it, kept as precise as its 31 bits allow.
static void divide_scale(nn_scale_t *scale, int32_t count) {
    int32_t bits = 0;
    while (bits < 30 && (count >> (bits + 1)) != 0) {
        ++bits;
    }
    int32_t room = 31 + scale->shift;
    bits = bits < room ? bits : room;
    scale->multiplier = (int32_t)(((int64_t)scale->multiplier << bits) / count);
    scale->shift -= bits;
}

// MEAN and SUM.
const char *nn_prepare_mean_s8(nn_prepare_t *prepare) {
    mean_op_t *op;
    const char *fault = prepare_any(prepare, &op);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    nn_mean_quant_t *quant = &op->quant;
    if (!nn_is_quantised(input) || !nn_is_quantised(output)) {
        return "input or output has no scale";
    }
    if (!nn_quantise_multiplier((double)input->scale / (double)output->scale,
        &quant->scale.multiplier, &quant->scale.shift)) {
        return "scales of input and output are too far apart";
    }
    quant->input_zero_point = input->zero_point;
    quant->output_zero_point = output->zero_point;
    if (prepare->op->kernel->code == NN_MEAN) {
        divide_scale(&quant->scale, op->mean.count);
    }
    return NULL;
}

const char *nn_prepare_largest_s8(nn_prepare_t *prepare) {
    mean_op_t *op;
    const char *fault = prepare_any(prepare, &op);
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    if (fault == NULL && (input->scale != output->scale
                          || input->zero_point != output->zero_point)) {
        fault = "input and output differ in scale or zero point";
    }
    return fault;
}

void nn_run_mean_f32(const nn_op_t *op) {
    const mean_op_t *state = op->state;
    nn_mean_f32(&state->mean, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_sum_f32(const nn_op_t *op) {
    const mean_op_t *state = op->state;
    nn_sum_f32(&state->mean, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_mean_s8(const nn_op_t *op) {
    const mean_op_t *state = op->state;
    nn_mean_s8(&state->quant, &state->mean, nn_s8(op, 0), nn_out_s8(op));
}

void nn_run_mean_s16(const nn_op_t *op) {
    const mean_op_t *state = op->state;
    nn_mean_s16(&state->quant, &state->mean, nn_data(op, 0), nn_out(op));
}

void nn_run_largest_f32(const nn_op_t *op) {
    const mean_op_t *state = op->state;
    nn_largest_f32(&state->mean, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_largest_s8(const nn_op_t *op) {
    const mean_op_t *state = op->state;
    nn_largest_s8(&state->mean, nn_s8(op, 0), nn_out_s8(op));
}

// --- ARG_MAX, ARG_MIN

const char *nn_prepare_extreme_place(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 2, 2, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *axis_tensor = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    int32_t axis;
    if (!nn_is_index_list(axis_tensor) || nn_count(axis_tensor) != 1) {
        return "axis must be one constant integer";
    }
    if (!nn_resolve_axis(nn_constant_index(axis_tensor, 0), input->rank, &axis)) {
        return "axis is out of range";
    }
    if (output->type != NN_INT32) {
        return "output must be int32";
    }
    nn_extreme_t *extreme = nn_prepare_state(prepare, sizeof(nn_extreme_t));
    extreme->rows = nn_product(input, 0, axis);
    extreme->length = input->dims[axis];
    extreme->inner = nn_product(input, axis + 1, input->rank);
    extreme->largest = prepare->op->kernel->code == NN_ARG_MAX;
    return nn_count(output) == (uint32_t)(extreme->rows * extreme->inner)
           ? NULL : "output shape does not follow from input and axis";
}

void nn_run_extreme_place_f32(const nn_op_t *op) {
    nn_extreme_f32(op->state, nn_f32(op, 0), nn_out(op));
}

void nn_run_extreme_place_s8(const nn_op_t *op) {
    nn_extreme_s8(op->state, nn_s8(op, 0), nn_out(op));
}
