// RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR: what is resolved when a model is loaded.

#include "nn_op_families.h"

#define MAX_SIDE (1 << 20) // so that positions fit int32 with 10 bits of fraction

static nn_dims_t dims_of(const nn_tensor_t *tensor) {
    nn_dims_t dims = { tensor->dims[0], tensor->dims[1], tensor->dims[2], tensor->dims[3] };
    return dims;
}

static const char *check_images(const nn_prepare_t *prepare) {
    const nn_tensor_t *input = nn_input(prepare, 0), *size = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (output->type != input->type || input->rank != 4 || output->rank != 4) {
        return "input and output must have 4 dimensions and one type";
    }
    if (!nn_is_index_list(size) || nn_count(size) != 2) {
        return "size must be two constant integers";
    }
    if (nn_constant_index(size, 0) != output->dims[1]
        || nn_constant_index(size, 1) != output->dims[2]
        || input->dims[0] != output->dims[0] || input->dims[3] != output->dims[3]) {
        return "output shape does not follow from input and size";
    }
    for (int32_t axis = 1; axis <= 2; ++axis) {
        if (input->dims[axis] >= MAX_SIDE || output->dims[axis] >= MAX_SIDE) {
            return "a side is longer than 1048575";
        }
    }
    return NULL;
}

const char *nn_prepare_resize(nn_prepare_t *prepare) {
    bool nearest = prepare->op->kernel->code == NN_RESIZE_NEAREST_NEIGHBOR;
    const char *fault = nn_check_op(prepare, 2, 2,
        nearest ? NN_OPTIONS_RESIZE_NEAREST : NN_OPTIONS_RESIZE_BILINEAR);
    if (fault == NULL) {
        fault = check_images(prepare);
    }
    if (fault != NULL) {
        return fault;
    }
    nn_flatbuffer_t *file = &prepare->model->file;
    int field = nearest ? NN_RESIZE_NEAREST_ALIGN : NN_RESIZE_BILINEAR_ALIGN;
    nn_resize_t *resize = nn_prepare_state(prepare, sizeof(nn_resize_t));
    resize->input = dims_of(nn_input(prepare, 0));
    resize->output = dims_of(nn_output(prepare, 0));
    resize->align_corners = nn_field_u8(file, &prepare->options, field, 0) != 0;
    resize->half_pixel_centers = nn_field_u8(file, &prepare->options, field + 1, 0) != 0;
    return resize->align_corners && resize->half_pixel_centers
           ? "corners cannot be aligned with half pixel centers" : NULL;
}

void nn_run_resize_nearest(const nn_op_t *op) {
    nn_resize_nearest(op->state, nn_element_bytes(op->outputs[0]), nn_data(op, 0), nn_out(op));
}

void nn_run_resize_bilinear_f32(const nn_op_t *op) {
    nn_resize_bilinear_f32(op->state, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_resize_bilinear_s8(const nn_op_t *op) {
    nn_resize_bilinear_s8(op->state, nn_s8(op, 0), nn_out_s8(op));
}
