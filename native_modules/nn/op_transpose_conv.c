// TRANSPOSE_CONV: what is resolved when a model is loaded.
//
// Inputs: the output's shape, the filter, the data, perhaps a bias.

#include "nn_op_families.h"

#define DATA (2)
#define BIAS (3)
NN_STATE_FITS(nn_transpose_conv_t);

static nn_dims_t dims_of(const nn_tensor_t *tensor) {
    nn_dims_t dims = { tensor->dims[0], tensor->dims[1], tensor->dims[2], tensor->dims[3] };
    return dims;
}

static const char *check_tensors(const nn_prepare_t *prepare, uint8_t bias_type) {
    const nn_tensor_t *shape = nn_input(prepare, 0), *filter = nn_input(prepare, 1);
    const nn_tensor_t *data = nn_input(prepare, DATA), *bias = nn_input(prepare, BIAS);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (filter->type != data->type || output->type != data->type) {
        return "input, filter and output differ in type";
    }
    if (data->rank != 4 || filter->rank != 4 || output->rank != 4) {
        return "input, filter and output must have 4 dimensions";
    }
    if (!nn_is_index_list(shape) || nn_count(shape) != 4) {
        return "the output's shape must be four constant integers";
    }
    for (uint32_t axis = 0; axis < 4; ++axis) {
        if (nn_constant_index(shape, axis) != output->dims[axis]) {
            return "output does not have the shape that is asked for";
        }
    }
    if (nn_count(filter) == 0 || nn_count(data) == 0) {
        return "input or filter is empty";
    }
    if (filter->dims[0] != output->dims[3] || filter->dims[3] != data->dims[3]) {
        return "channels of input, filter and output do not fit";
    }
    if (bias != NULL && (bias->type != bias_type
                         || nn_count(bias) != (uint32_t)output->dims[3])) {
        return "bias does not fit the output channels";
    }
    return NULL;
}

// The window slides over the output, and the input follows from it.
static const char *resolve_geometry(nn_prepare_t *prepare, nn_transpose_conv_t *conv) {
    nn_flatbuffer_t *file = &prepare->model->file;
    const nn_table_t *options = &prepare->options;
    conv->stride.h = nn_field_i32(file, options, NN_TRANSPOSE_CONV_STRIDE_H, 0);
    conv->stride.w = nn_field_i32(file, options, NN_TRANSPOSE_CONV_STRIDE_W, 0);
    uint8_t padding = nn_field_u8(file, options, NN_TRANSPOSE_CONV_PADDING, NN_PADDING_SAME);
    nn_window_t down = { conv->output.h, conv->filter.h, conv->stride.h, 1 };
    nn_window_t across = { conv->output.w, conv->filter.w, conv->stride.w, 1 };
    int32_t height, width;
    if (!nn_resolve_window(padding, &down, &height, &conv->padding.h)
        || !nn_resolve_window(padding, &across, &width, &conv->padding.w)) {
        return "padding or stride is out of range";
    }
    return conv->output.n == conv->input.n && conv->input.h == height && conv->input.w == width
           ? NULL : "input shape does not follow from output, filter and stride";
}

static const char *prepare_any(nn_prepare_t *prepare, uint8_t bias_type,
    nn_transpose_conv_t **made) {
    const char *fault = nn_check_op(prepare, 3, 4, NN_OPTIONS_TRANSPOSE_CONV);
    if (fault == NULL) {
        fault = check_tensors(prepare, bias_type);
    }
    if (fault != NULL) {
        return fault;
    }
    nn_transpose_conv_t *conv = *made = nn_prepare_state(prepare, sizeof(nn_transpose_conv_t));
    conv->input = dims_of(nn_input(prepare, DATA));
    conv->filter = dims_of(nn_input(prepare, 1));
    conv->output = dims_of(nn_output(prepare, 0));
    return resolve_geometry(prepare, conv);
}

static uint8_t activation_of(nn_prepare_t *prepare) {
    return nn_field_u8(&prepare->model->file, &prepare->options, NN_TRANSPOSE_CONV_ACTIVATION,
        NN_ACTIVATION_NONE);
}

const char *nn_prepare_transpose_conv_f32(nn_prepare_t *prepare) {
    nn_transpose_conv_t *conv;
    const char *fault = prepare_any(prepare, NN_FLOAT32, &conv);
    if (fault != NULL) {
        return fault;
    }
    return nn_activation_range_f32(activation_of(prepare), &conv->clamp_f32.low,
        &conv->clamp_f32.high) ? NULL : "fused activation is not supported";
}

const char *nn_prepare_transpose_conv_s8(nn_prepare_t *prepare) {
    nn_transpose_conv_t *conv;
    const char *fault = prepare_any(prepare, NN_INT32, &conv);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *data = nn_input(prepare, DATA), *filter = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(data) || !nn_is_quantised(filter) || !nn_is_quantised(output)) {
        return "input, filter or output has no scale";
    }
    if (filter->zero_point != 0) {
        return "filter has a zero point other than 0";
    }
    if (!nn_activation_range_s8(activation_of(prepare), output, &conv->clamp_s8.low,
        &conv->clamp_s8.high)) {
        return "fused activation is not supported";
    }
    conv->input_offset = -data->zero_point;
    conv->output_offset = output->zero_point;
    return nn_resolve_scales_of(prepare, data, 0, conv->output.c, &conv->scales);
}

void nn_run_transpose_conv_f32(const nn_op_t *op) {
    const nn_conv_data_f32_t data = {
        nn_f32(op, DATA), nn_f32(op, 1), nn_f32(op, BIAS), nn_out_f32(op)
    };
    nn_transpose_conv_f32(op->state, &data);
}

void nn_run_transpose_conv_s8(const nn_op_t *op) {
    const nn_conv_data_s8_t data = {
        nn_s8(op, DATA), nn_s8(op, 1), nn_s32(op, BIAS), nn_out_s8(op)
    };
    nn_transpose_conv_s8(op->state, &data);
}
