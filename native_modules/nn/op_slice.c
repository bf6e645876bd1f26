// TRANSPOSE, SLICE, STRIDED_SLICE, SPACE_TO_DEPTH, DEPTH_TO_SPACE: one input read in another order.
//
// Each is resolved to the input's stride along every axis of the output; a
// single kernel moves the elements.

#include "nn_op_families.h"

#define NOT_FOLLOWING "output shape does not follow from the input"

typedef struct _move_op_t {
    nn_move_t move;
    int32_t element_bytes;
} move_op_t;
NN_STATE_FITS(move_op_t);

// What was chosen along each axis of the output, outermost first.
typedef struct _order_t {
    int32_t rank;
    int32_t dims[NN_MAX_RANK], strides[NN_MAX_RANK];
    int32_t offset;
} order_t;

static void push(order_t *order, int32_t dim, int32_t stride) {
    order->dims[order->rank] = dim;
    order->strides[order->rank++] = stride;
}

static const char *check_types(const nn_prepare_t *prepare, uint32_t inputs,
    uint8_t options_type) {
    const char *fault = nn_check_op(prepare, inputs, inputs, options_type);
    if (fault == NULL && nn_output(prepare, 0)->type != nn_input(prepare, 0)->type) {
        fault = "input and output differ in type";
    }
    return fault;
}

// After merging: whether the output is one piece of the input.
static bool is_run(const nn_move_t *move) {
    for (int32_t axis = 0; axis < NN_KERNEL_RANK - 1; ++axis) {
        if (move->dims[axis] > 1) {
            return false;
        }
    }
    return move->strides[NN_KERNEL_RANK - 1] == 1;
}

// Elements that come in the input's own order, with others between them, come from their own
// places or from above.
static nn_lie_t lie_of(const nn_move_t *move) {
    int64_t reach = 0; // from the first element to the last, over the axes inside
    for (int32_t axis = NN_KERNEL_RANK - 1; axis >= 0; --axis) {
        if (move->dims[axis] > 1 && move->strides[axis] <= reach) {
            return NN_LIE_APART;
        }
        reach += (int64_t)(move->dims[axis] - 1) * move->strides[axis];
    }
    return is_run(move) ? NN_LIE_IN_INPUT : NN_LIE_BEHIND;
}

// Axes that run on are merged, so that few long rows are copied.
static void keep_order(nn_prepare_t *prepare, const order_t *order) {
    move_op_t *state = nn_prepare_state(prepare, sizeof(move_op_t));
    nn_move_t *move = &state->move;
    for (int32_t axis = 0; axis < NN_KERNEL_RANK; ++axis) {
        move->dims[axis] = 1;
    }
    move->strides[NN_KERNEL_RANK - 1] = 1;
    int32_t place = NN_KERNEL_RANK - 1;
    for (int32_t axis = order->rank - 1; axis >= 0; --axis) {
        nn_push_axis(move->dims, move->strides, &place, order->dims[axis], order->strides[axis]);
    }
    move->offset = order->offset;
    state->element_bytes = nn_element_bytes(nn_input(prepare, 0));
    prepare->layout = (nn_layout_t) { .lie = lie_of(move) };
    prepare->layout.offset_bytes = (uint32_t)(move->offset * state->element_bytes);
}

void nn_run_move(const nn_op_t *op) {
    const move_op_t *state = op->state;
    const uint8_t *input = nn_data(op, 0);
    const uint8_t *first = input + (ptrdiff_t)state->move.offset * state->element_bytes;
    if (first != nn_out(op) || !is_run(&state->move)) { // else it lies there already
        nn_move(&state->move, state->element_bytes, input, nn_out(op));
    }
}

static const char *check_dims(const nn_prepare_t *prepare, const order_t *order) {
    const nn_tensor_t *output = nn_output(prepare, 0);
    for (int32_t axis = 0; axis < order->rank; ++axis) {
        if (output->rank != order->rank || output->dims[axis] != order->dims[axis]) {
            return NOT_FOLLOWING;
        }
    }
    return output->rank == order->rank ? NULL : NOT_FOLLOWING;
}

// --- TRANSPOSE

const char *nn_prepare_transpose(nn_prepare_t *prepare) {
    const char *fault = check_types(prepare, 2, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *order_list = nn_input(prepare, 1);
    if (!nn_is_index_list(order_list) || nn_count(order_list) != input->rank) {
        return "the order must be constant integers, one for each dimension";
    }
    int32_t strides[NN_MAX_RANK];
    nn_strides_of(input, strides);
    order_t order = { 0 };
    uint32_t seen = 0;
    for (uint32_t i = 0; i < input->rank; ++i) {
        int32_t axis;
        if (!nn_resolve_axis(nn_constant_index(order_list, i), input->rank, &axis)
            || (seen & UINT32_C(1) << axis) != 0) {
            return "the order does not name each dimension once";
        }
        seen |= UINT32_C(1) << axis;
        push(&order, input->dims[axis], strides[axis]);
    }
    fault = check_dims(prepare, &order);
    if (fault == NULL) {
        keep_order(prepare, &order);
    }
    return fault;
}

// --- SLICE

const char *nn_prepare_slice(nn_prepare_t *prepare) {
    const char *fault = check_types(prepare, 3, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *begins = nn_input(prepare, 1), *sizes = nn_input(prepare, 2);
    if (!nn_is_index_list(begins) || !nn_is_index_list(sizes)
        || nn_count(begins) != input->rank || nn_count(sizes) != input->rank) {
        return "begin and size must be constant integers, one for each dimension";
    }
    int32_t strides[NN_MAX_RANK];
    nn_strides_of(input, strides);
    order_t order = { 0 };
    for (uint32_t axis = 0; axis < input->rank; ++axis) {
        int64_t begin = nn_constant_index(begins, axis), size = nn_constant_index(sizes, axis);
        size = size == -1 ? input->dims[axis] - begin : size;
        if (begin < 0 || size < 1 || begin + size > input->dims[axis]) {
            return "the slice reaches outside the input";
        }
        push(&order, (int32_t)size, strides[axis]);
        order.offset += (int32_t)begin * strides[axis];
    }
    fault = check_dims(prepare, &order);
    if (fault == NULL) {
        keep_order(prepare, &order);
    }
    return fault;
}

// --- STRIDED_SLICE

typedef struct _masks_t {
    int32_t begin, end, shrink;
} masks_t;

static const char *read_masks(nn_prepare_t *prepare, masks_t *masks) {
    nn_flatbuffer_t *file = &prepare->model->file;
    const nn_table_t *options = &prepare->options;
    masks->begin = nn_field_i32(file, options, NN_STRIDED_BEGIN_MASK, 0);
    masks->end = nn_field_i32(file, options, NN_STRIDED_END_MASK, 0);
    masks->shrink = nn_field_i32(file, options, NN_STRIDED_SHRINK_MASK, 0);
    if (nn_field_i32(file, options, NN_STRIDED_ELLIPSIS_MASK, 0) != 0
        || nn_field_i32(file, options, NN_STRIDED_NEW_AXIS_MASK, 0) != 0
        || nn_field_u8(file, options, NN_STRIDED_OFFSET, 0) != 0) {
        return "ellipsis, new axes and ends as offsets are not supported";
    }
    return NULL;
}

// A bound counted from either end, brought within what the step can reach.
static int64_t bound(int64_t given, int32_t dim, int32_t step) {
    given += given < 0 ? dim : 0;
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? dim : (int64_t)dim - 1;
    return given < low ? low : given > high ? high : given;
}

// How many places from *begin on; 0 when there are none.
static int64_t count_places(const nn_prepare_t *prepare, const masks_t *masks, uint32_t axis,
    int64_t *begin) {
    int32_t dim = nn_input(prepare, 0)->dims[axis];
    int32_t step = nn_constant_index(nn_input(prepare, 3), axis);
    int32_t bit = INT32_C(1) << axis;
    *begin = bound(nn_constant_index(nn_input(prepare, 1), axis), dim, step);
    int64_t end = bound(nn_constant_index(nn_input(prepare, 2), axis), dim, step);
    if (masks->begin & bit) {
        *begin = step > 0 ? 0 : (int64_t)dim - 1;
    }
    if (masks->end & bit) {
        end = step > 0 ? dim : -1;
    }
    if (masks->shrink & bit) {
        return *begin >= 0 && *begin < dim && step > 0;
    }
    int64_t distance = step > 0 ? end - *begin : *begin - end;
    int64_t step_length = step > 0 ? step : -(int64_t)step;
    return distance <= 0 ? 0 : (distance + step_length - 1) / step_length;
}

static const char *resolve_slice(const nn_prepare_t *prepare, const masks_t *masks,
    order_t *order) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *steps = nn_input(prepare, 3);
    int32_t strides[NN_MAX_RANK];
    nn_strides_of(input, strides);
    for (uint32_t axis = 0; axis < input->rank; ++axis) {
        bool given = axis < nn_count(steps); // axes that are not named are whole
        int32_t step = given ? nn_constant_index(steps, axis) : 1;
        if (step == 0) {
            return "a step is 0";
        }
        int64_t begin = 0;
        int64_t count = given ? count_places(prepare, masks, axis, &begin) : input->dims[axis];
        if (count < 1) {
            return "the slice is empty";
        }
        order->offset += (int32_t)begin * strides[axis];
        if (!given || (masks->shrink & INT32_C(1) << axis) == 0) {
            // A step beyond the axis is taken once: its length does not matter.
            push(order, (int32_t)count, count == 1 ? strides[axis] : step * strides[axis]);
        }
    }
    return NULL;
}

const char *nn_prepare_strided_slice(nn_prepare_t *prepare) {
    masks_t masks;
    const char *fault = check_types(prepare, 4, NN_OPTIONS_STRIDED_SLICE);
    if (fault == NULL) {
        fault = read_masks(prepare, &masks);
    }
    if (fault != NULL) {
        return fault;
    }
    for (uint32_t i = 1; i <= 3; ++i) {
        const nn_tensor_t *list = nn_input(prepare, i);
        if (!nn_is_index_list(list) || nn_count(list) > nn_input(prepare, 0)->rank
            || nn_count(list) != nn_count(nn_input(prepare, 1))) {
            return "begin, end and steps must be constant integers for the same dimensions";
        }
    }
    order_t order = { 0 };
    fault = resolve_slice(prepare, &masks, &order);
    if (fault == NULL) {
        fault = check_dims(prepare, &order);
    }
    if (fault == NULL) {
        keep_order(prepare, &order);
    }
    return fault;
}

// --- SPACE_TO_DEPTH, DEPTH_TO_SPACE

// The image with the smaller height and width, and the block between the two.
static const char *read_block(nn_prepare_t *prepare, uint8_t options_type, bool to_depth,
    int32_t *block) {
    const char *fault = check_types(prepare, 1, options_type);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    const nn_tensor_t *small = to_depth ? output : input, *large = to_depth ? input : output;
    if (input->rank != 4 || output->rank != 4) {
        return "input and output must have 4 dimensions";
    }
    int64_t size = *block = nn_field_i32(&prepare->model->file, &prepare->options,
        NN_BLOCK_SIZE, 0);
    if (size < 1) {
        return "block size is below 1";
    }
    bool follows = small->dims[0] == large->dims[0] && small->dims[1] * size == large->dims[1]
        && small->dims[2] * size == large->dims[2]
        && large->dims[3] * size * size == small->dims[3];
    return follows ? NULL : NOT_FOLLOWING;
}

const char *nn_prepare_space_to_depth(nn_prepare_t *prepare) {
    int32_t block;
    const char *fault = read_block(prepare, NN_OPTIONS_SPACE_TO_DEPTH, true, &block);
    if (fault != NULL) {
        return fault;
    }
    const int32_t *dims = nn_output(prepare, 0)->dims;
    int32_t strides[NN_MAX_RANK];
    nn_strides_of(nn_input(prepare, 0), strides);
    order_t order = { 0 };
    push(&order, dims[0], strides[0]);
    push(&order, dims[1], block * strides[1]);
    push(&order, dims[2], block * strides[2]);
    push(&order, block, strides[1]);
    push(&order, block, strides[2]);
    push(&order, nn_input(prepare, 0)->dims[3], 1);
    keep_order(prepare, &order);
    return NULL;
}

const char *nn_prepare_depth_to_space(nn_prepare_t *prepare) {
    int32_t block;
    const char *fault = read_block(prepare, NN_OPTIONS_DEPTH_TO_SPACE, false, &block);
    if (fault != NULL) {
        return fault;
    }
    const int32_t *dims = nn_input(prepare, 0)->dims;
    int32_t channels = nn_output(prepare, 0)->dims[3];
    int32_t strides[NN_MAX_RANK];
    nn_strides_of(nn_input(prepare, 0), strides);
    order_t order = { 0 };
    push(&order, dims[0], strides[0]);
    push(&order, dims[1], strides[1]);
    push(&order, block, block * channels);
    push(&order, dims[2], strides[2]);
    push(&order, block, channels);
    push(&order, channels, 1);
    keep_order(prepare, &order);
    return NULL;
}
