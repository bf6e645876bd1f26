// Shapes to strides: how inputs are laid over each other, cut, turned and reduced.

#include "nn_op_families.h"

// A dimension counted from the last; 1 in front of the first.
static int32_t dim_from_end(const nn_tensor_t *tensor, int32_t place) {
    return place < tensor->rank ? tensor->dims[tensor->rank - 1 - place] : 1;
}

// Merging the axis into the one inside it keeps rows long: allowed when both
// inputs either run on over it or repeat over both.
static bool joins(const nn_broadcast_t *shape, int32_t axis, int32_t stride_one,
    int32_t stride_two) {
    return stride_one == shape->stride_one[axis] * shape->dims[axis]
           && stride_two == shape->stride_two[axis] * shape->dims[axis];
}

bool nn_resolve_broadcast(const nn_tensor_t *one, const nn_tensor_t *two,
    const nn_tensor_t *output, nn_broadcast_t *shape) {
    int32_t elements_one = 1, elements_two = 1;
    int32_t axis = NN_KERNEL_RANK - 1;
    for (int32_t i = 0; i < NN_KERNEL_RANK; ++i) {
        shape->dims[i] = 1;
    }
    for (int32_t place = 0; place < NN_MAX_RANK; ++place) {
        int32_t dim_one = dim_from_end(one, place), dim_two = dim_from_end(two, place);
        int32_t dim = dim_from_end(output, place);
        if ((dim_one != dim && dim_one != 1) || (dim_two != dim && dim_two != 1)
            || (dim_one != dim && dim_two != dim)) {
            return false;
        }
        if (dim == 1) {
            continue;
        }
        int32_t stride_one = dim_one == 1 ? 0 : elements_one;
        int32_t stride_two = dim_two == 1 ? 0 : elements_two;
        if (shape->dims[axis] > 1 && !joins(shape, axis, stride_one, stride_two)) {
            --axis;
        }
        if (shape->dims[axis] == 1) {
            shape->stride_one[axis] = stride_one;
            shape->stride_two[axis] = stride_two;
        }
        shape->dims[axis] *= dim;
        elements_one *= dim_one;
        elements_two *= dim_two;
    }
    return true;
}

void nn_push_axis(int32_t *dims, int32_t *strides, int32_t *place, int32_t dim, int32_t stride) {
    if (dim == 1) {
        return;
    }
    if (dims[*place] > 1 && stride != dims[*place] * strides[*place]) {
        --*place;
    }
    if (dims[*place] == 1) {
        strides[*place] = stride;
    }
    dims[*place] *= dim;
}

void nn_strides_of(const nn_tensor_t *tensor, int32_t *strides) {
    int32_t stride = 1;
    for (int32_t axis = tensor->rank - 1; axis >= 0; --axis) {
        strides[axis] = stride;
        stride *= tensor->dims[axis];
    }
}

bool nn_resolve_axis(int32_t axis, int32_t rank, int32_t *resolved) {
    *resolved = axis < 0 ? axis + rank : axis;
    return *resolved >= 0 && *resolved < rank;
}

int32_t nn_product(const nn_tensor_t *tensor, int32_t first, int32_t end) {
    int32_t product = 1;
    for (int32_t axis = first; axis < end; ++axis) {
        product *= tensor->dims[axis];
    }
    return product;
}
