// How two inputs are laid over each other: shapes to strides, for ops with broadcasting.

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
