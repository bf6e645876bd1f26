// Elements moved, never changed: PAD, copies of rows, slices and turns, GATHER.

#include <stddef.h>
#include <string.h>

#include "nn_group_kernels.h"
#include "nn_walk.h"

void nn_fill(int32_t count, int32_t element_bytes, const void *value, void *output) {
    if (element_bytes == 1) {
        memset(output, *(const uint8_t *)value, (size_t)count);
        return;
    }
    uint8_t *to = output;
    for (int32_t i = 0; i < count; ++i) {
        memcpy(to, value, (size_t)element_bytes);
        to += element_bytes;
    }
}

void nn_pad(const nn_pad_t *pad, int32_t element_bytes, const void *value, const void *input,
    void *output) {
    int32_t strides[NN_KERNEL_RANK]; // of the output, in elements
    int32_t count = 1;
    int32_t offset = 0;
    for (int32_t axis = NN_KERNEL_RANK - 1; axis >= 0; --axis) {
        strides[axis] = count;
        offset += pad->before[axis] * count;
        count *= pad->output[axis];
    }
    nn_fill(count, element_bytes, value, output);
    int32_t index[NN_OUTER_AXES] = { 0 };
    const uint8_t *from = input;
    size_t row_bytes = (size_t)pad->input[NN_KERNEL_RANK - 1] * (size_t)element_bytes;
    for (int32_t rows = nn_outer_count(pad->input); rows > 0; --rows) {
        memcpy((uint8_t *)output + (size_t)offset * (size_t)element_bytes, from, row_bytes);
        from += row_bytes;
        nn_walk(pad->input, index, strides, &offset);
    }
}

void nn_copy_rows(const nn_rows_t *rows, const void *input, void *output) {
    const uint8_t *from = input;
    uint8_t *to = output;
    for (int32_t row = 0; row < rows->count; ++row) {
        memcpy(to, from, (size_t)rows->row_bytes);
        from += rows->input_step_bytes;
        to += rows->output_step_bytes;
    }
}

// One run of the innermost axis: elements that lie `stride` elements apart.
static void copy_run(int32_t count, int32_t stride, int32_t element_bytes, const uint8_t *from,
    uint8_t *to) {
    if (stride == 1) {
        memmove(to, from, (size_t)count * (size_t)element_bytes);
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        const uint8_t *element = from + (ptrdiff_t)i * stride * element_bytes;
        if (element_bytes == 1) {
            to[i] = *element;
        } else {
            memmove(to + (size_t)i * (size_t)element_bytes, element, (size_t)element_bytes);
        }
    }
}

void nn_move(const nn_move_t *move, int32_t element_bytes, const void *input, void *output) {
    const int32_t last = NN_KERNEL_RANK - 1;
    int32_t index[NN_OUTER_AXES] = { 0 };
    int32_t offset = move->offset;
    uint8_t *to = output;
    for (int32_t rows = nn_outer_count(move->dims); rows > 0; --rows) {
        copy_run(move->dims[last], move->strides[last], element_bytes,
            (const uint8_t *)input + (ptrdiff_t)offset * element_bytes, to);
        to += (size_t)move->dims[last] * (size_t)element_bytes;
        nn_walk(move->dims, index, move->strides, &offset);
    }
}

void nn_gather(const nn_gather_t *gather, const void *input, const int32_t *positions,
    void *output) {
    const uint8_t *from = input;
    uint8_t *to = output;
    for (int32_t batch = 0; batch < gather->batches; ++batch) {
        for (int32_t row = 0; row < gather->rows; ++row) {
            for (int32_t i = 0; i < gather->count; ++i) {
                int32_t place = positions[i];
                place = place < 0 ? 0 : place >= gather->length ? gather->length - 1 : place;
                memcpy(to, from + (size_t)place * (size_t)gather->inner_bytes,
                    (size_t)gather->inner_bytes);
                to += gather->inner_bytes;
            }
            from += (size_t)gather->length * (size_t)gather->inner_bytes;
        }
        positions += gather->count;
    }
}
