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

#define NN_LAST_AXIS (NN_KERNEL_RANK - 1)

// Runs `row` for every run of the innermost axis; in it, `a` and `b` point at
// the run in either input and `count` is its length.
#define NN_FOR_EACH_ROW(shape, type, one, two, output, row) \
    do { \
        int32_t index_one[NN_OUTER_AXES] = { 0 }; \
        int32_t index_two[NN_OUTER_AXES] = { 0 }; \
        int32_t offset_one = 0, offset_two = 0; \
        const int32_t count = (shape)->dims[NN_LAST_AXIS]; \
        const int32_t step_a = (shape)->stride_one[NN_LAST_AXIS]; \
        const int32_t step_b = (shape)->stride_two[NN_LAST_AXIS]; \
        for (int32_t rows = nn_outer_count((shape)->dims); rows > 0; --rows) { \
            const type *a = (one) + offset_one; \
            const type *b = (two) + offset_two; \
            row; \
            output += count; \
            nn_walk((shape)->dims, index_one, (shape)->stride_one, &offset_one); \
            nn_walk((shape)->dims, index_two, (shape)->stride_two, &offset_two); \
        } \
    } while (0)

#endif // NN_WALK_H
