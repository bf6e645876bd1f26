// MAX_POOL_2D and AVERAGE_POOL_2D: what is resolved when a model is loaded.

#include "nn_op_families.h"

// So that a window's sum fits int32.
#define MAX_AREA (1 << 23)
#define MAX_AREA_16 (1 << 15)

typedef struct _pool_t {
    nn_conv_params_t params;
    nn_conv_dims_t dims;
} pool_t;
NN_STATE_FITS(pool_t);

static nn_dims_t dims_of(const nn_tensor_t *tensor) {
    nn_dims_t dims = { tensor->dims[0], tensor->dims[1], tensor->dims[2], tensor->dims[3] };
    return dims;
}

static const char *resolve_window(nn_prepare_t *prepare, int32_t max_area, pool_t *pool) {
    nn_flatbuffer_t *file = &prepare->model->file;
    const nn_table_t *options = &prepare->options;
    nn_conv_dims_t *dims = &pool->dims;
    dims->filter.h = nn_field_i32(file, options, NN_POOL_FILTER_H, 0);
    dims->filter.w = nn_field_i32(file, options, NN_POOL_FILTER_W, 0);
    pool->params.stride.h = nn_field_i32(file, options, NN_POOL_STRIDE_H, 0);
    pool->params.stride.w = nn_field_i32(file, options, NN_POOL_STRIDE_W, 0);
    uint8_t padding = nn_field_u8(file, options, NN_POOL_PADDING, NN_PADDING_SAME);
    nn_window_t down = { dims->input.h, dims->filter.h, pool->params.stride.h, 1 };
    nn_window_t across = { dims->input.w, dims->filter.w, pool->params.stride.w, 1 };
    int32_t height, width;
    if (!nn_resolve_window(padding, &down, &height, &pool->params.padding.h)
        || !nn_resolve_window(padding, &across, &width, &pool->params.padding.w)
        || (int64_t)dims->filter.h * dims->filter.w > max_area) {
        return "padding, stride or window is out of range";
    }
    if (dims->output.n != dims->input.n || dims->output.h != height || dims->output.w != width
        || dims->output.c != dims->input.c) {
        return "output shape does not follow from input, window and stride";
    }
    return NULL;
}

static const char *prepare_any(nn_prepare_t *prepare, pool_t **made) {
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_POOL_2D);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (input->rank != 4 || output->rank != 4 || output->type != input->type) {
        return "input and output must have 4 dimensions and one type";
    }
    pool_t *pool = *made = nn_prepare_state(prepare, sizeof(pool_t));
    pool->dims.input = dims_of(input);
    pool->dims.output = dims_of(output);
    return resolve_window(prepare, input->type == NN_INT16 ? MAX_AREA_16 : MAX_AREA, pool);
}

static uint8_t activation_of(nn_prepare_t *prepare) {
    return nn_field_u8(&prepare->model->file, &prepare->options, NN_POOL_ACTIVATION,
        NN_ACTIVATION_NONE);
}

const char *nn_prepare_pool_f32(nn_prepare_t *prepare) {
    pool_t *pool;
    const char *fault = prepare_any(prepare, &pool);
    if (fault != NULL) {
        return fault;
    }
    nn_range_f32_t *clamp = &pool->params.clamp_f32;
    return nn_activation_range_f32(activation_of(prepare), &clamp->low, &clamp->high)
           ? NULL : "fused activation is not supported";
}

const char *nn_prepare_pool_s8(nn_prepare_t *prepare) {
    pool_t *pool;
    const char *fault = prepare_any(prepare, &pool);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *output = nn_output(prepare, 0);
    uint8_t activation = activation_of(prepare);
    if (activation != NN_ACTIVATION_NONE && !nn_is_quantised(output)) {
        return "output has no scale";
    }
    // Values pass through unscaled, as in the reference, which leaves it to the
    // converter that input and output share scale and zero point.
    nn_range_s8_t *clamp = &pool->params.clamp_s8;
    return nn_activation_range_s8(activation, output, &clamp->low, &clamp->high)
           ? NULL : "fused activation is not supported";
}

void nn_set_pool_rows(const nn_op_t *op, const nn_strip_rows_t *rows) {
    pool_t *pool = op->state;
    pool->params.padding.h = rows->before;
    pool->dims.input.h = rows->input;
    pool->dims.output.h = rows->output;
}

void nn_run_max_pool_f32(const nn_op_t *op) {
    const pool_t *pool = op->state;
    nn_max_pool_f32(&pool->params, &pool->dims, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_max_pool_s8(const nn_op_t *op) {
    const pool_t *pool = op->state;
    nn_max_pool_s8(&pool->params, &pool->dims, nn_s8(op, 0), nn_out_s8(op));
}

void nn_run_average_pool_f32(const nn_op_t *op) {
    const pool_t *pool = op->state;
    nn_average_pool_f32(&pool->params, &pool->dims, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_average_pool_s8(const nn_op_t *op) {
    const pool_t *pool = op->state;
    nn_average_pool_s8(&pool->params, &pool->dims, nn_s8(op, 0), nn_out_s8(op));
}

void nn_run_max_pool_s16(const nn_op_t *op) {
    const pool_t *pool = op->state;
    nn_max_pool_s16(&pool->params, &pool->dims, nn_data(op, 0), nn_out(op));
}

void nn_run_average_pool_s16(const nn_op_t *op) {
    const pool_t *pool = op->state;
    nn_average_pool_s16(&pool->params, &pool->dims, nn_data(op, 0), nn_out(op));
}
