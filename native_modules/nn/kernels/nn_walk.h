// Stepping through nested axes of which the innermost is left to the caller.

#ifndef NN_WALK_H
#define NN_WALK_H

#include "nn_kernels.h"

#define NN_OUTER_AXES (NN_KERNEL_RANK - 1)

// Advances index over dims[0 .. 4] and the offset with it, by its strides.
static inline void nn_walk(const int32_t *dims, int32_t *index, const int32_t *strides,
    int32_t *offset) {
    for (int32_t axis = NN_OUTER_AXES - 1; axis >= 0; --axis) {
        *offset += strides[axis];
        if (++index[axis] < dims[axis]) {
            return;
        }
        *offset -= strides[axis] * dims[axis];
        index[axis] = 0;
    }
}

static inline int32_t nn_outer_count(const int32_t *dims) {
    int32_t count = 1;
    for (int32_t axis = 0; axis < NN_OUTER_AXES; ++axis) {
        count *= dims[axis];
    }
    return count;
}

#endif // NN_WALK_H
