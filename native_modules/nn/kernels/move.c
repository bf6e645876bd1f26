// PAD and row copies: elements moved, never changed.

#include <string.h>

#include "nn_walk.h"

static void fill(int32_t count, int32_t element_bytes, const void *value, void *output) {
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
    fill(count, element_bytes, value, output);
    int32_t index[NN_OUTER_AXES] = { 0 };
    const uint8_t *from = input;
    size_t row_bytes = (size_t)pad->input[NN_KERNEL_RANK - 1] * (size_t)element_bytes;
    for (int32_t rows = nn_outer_count(pad->input); rows > 0; --rows) {
        memcpy((uint8_t *)output + (size_t)offset * (size_t)element_bytes, from, row_bytes);
        from += row_bytes;
        nn_walk(pad->input, index, strides, &offset);
    }
}

void nn_copy_rows(int32_t rows, int32_t row_bytes, const void *input, int32_t output_row_bytes,
    void *output) {
    const uint8_t *from = input;
    uint8_t *to = output;
    for (int32_t row = 0; row < rows; ++row) {
        memcpy(to, from, (size_t)row_bytes);
        from += row_bytes;
        to += output_row_bytes;
    }
}
