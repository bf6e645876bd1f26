// FULLY_CONNECTED: what is resolved when a model is loaded.

#include "nn_op_families.h"
#include "nn_reader.h"

// Rows of int4 that are unpacked at once: those that fast kernels take at once.
#define ROWS_4 (4)

// With weights of int4. The layer comes first: all but its last functions take it alone.
typedef struct _dense_4_t {
    nn_dense_layer_t layer;
    int8_t *rows;
} dense_4_t;
NN_STATE_FITS(nn_dense_layer_t);
NN_STATE_FITS(dense_4_t);

static const char *resolve_dims(nn_prepare_t *prepare, nn_dense_layer_t *dense) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *filter = nn_input(prepare, 1);
    const nn_tensor_t *bias = nn_input(prepare, 2);
    const nn_tensor_t *output = nn_output(prepare, 0);
    const char *fault = nn_check_layer_types(prepare);
    if (fault != NULL) {
        return fault;
    }
    if (filter->rank != 2 || nn_count(filter) == 0) {
        return "filter must have 2 dimensions";
    }
    dense->dims.outputs = filter->dims[0];
    dense->dims.depth = filter->dims[1];
    dense->dims.n = (int32_t)(nn_count(input) / (uint32_t)dense->dims.depth);
    uint64_t expected = (uint64_t)dense->dims.n * (uint32_t)dense->dims.outputs;
    if (nn_count(input) % (uint32_t)dense->dims.depth != 0 || nn_count(output) != expected) {
        return "shapes of input, filter and output do not fit";
    }
    if (bias != NULL && nn_count(bias) != (uint32_t)filter->dims[0]) {
        return "bias does not fit the outputs";
    }
    return NULL;
}

static const char *prepare_any(nn_prepare_t *prepare, nn_dense_layer_t **made) {
    const char *fault = nn_check_op(prepare, 2, 3, NN_OPTIONS_FULLY_CONNECTED);
    if (fault != NULL) {
        return fault;
    }
    if (nn_field_u8(&prepare->model->file, &prepare->options,
        NN_FULLY_CONNECTED_WEIGHTS_FORMAT, 0) != 0) {
        return "shuffled weights are not supported";
    }
    bool is_packed = prepare->op->kernel->type == NN_INT4;
    *made = nn_prepare_state(prepare, is_packed ? sizeof(dense_4_t) : sizeof(nn_dense_layer_t));
    return resolve_dims(prepare, *made);
}

static uint8_t activation_of(nn_prepare_t *prepare) {
    return nn_field_u8(&prepare->model->file, &prepare->options,
        NN_FULLY_CONNECTED_ACTIVATION, NN_ACTIVATION_NONE);
}

const char *nn_prepare_dense_f32(nn_prepare_t *prepare) {
    nn_dense_layer_t *dense;
    const char *fault = prepare_any(prepare, &dense);
    if (fault != NULL) {
        return fault;
    }
    return nn_activation_range_f32(activation_of(prepare), &dense->clamp_f32.low,
        &dense->clamp_f32.high) ? NULL : "fused activation is not supported";
}

static const char *resolve_scales(nn_prepare_t *prepare, nn_dense_layer_t *dense) {
    const nn_tensor_t *filter = nn_input(prepare, 1);
    if (nn_read_scales(prepare->model, filter).count > 1) {
        return nn_resolve_channel_scales(prepare, 0, dense->dims.outputs, &dense->quant.scales);
    }
    double real = (double)nn_input(prepare, 0)->scale * (double)filter->scale
        / (double)nn_output(prepare, 0)->scale;
    nn_scale_t *scale = &dense->quant.scale;
    return nn_quantise_multiplier(real, &scale->multiplier, &scale->shift)
           ? NULL : "scales of input, filter and output are too far apart";
}

// Whether what each output's sum can be is known, and small enough for fast kernels.
static bool are_bounded(const nn_prepare_t *prepare, nn_dense_layer_t *dense) {
    int32_t depth = dense->dims.depth;
    nn_layer_sums_t sums = {
        .channels = dense->dims.outputs, .products = depth, .channel_step = depth,
        .weight_step = 1, .input_offset = dense->quant.input_offset,
    };
    nn_channel_t channel = {
        .scale = dense->quant.scale, .output_offset = dense->quant.output_offset,
        .clamp = dense->clamp_s8,
    };
    return dense->quant.scales.multipliers == NULL
           ? nn_settle_layer(prepare, &sums, &channel)
           : nn_settle_channels(prepare, &sums, &channel, &dense->quant.scales);
}

// Of int8 and int16.
static const char *prepare_integers(nn_prepare_t *prepare, nn_dense_layer_t **made) {
    const char *fault = prepare_any(prepare, made);
    if (fault != NULL) {
        return fault;
    }
    nn_dense_layer_t *dense = *made;
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *filter = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(input) || !nn_is_quantised(filter) || !nn_is_quantised(output)) {
        return "input, filter or output has no scale";
    }
    if (!nn_activation_range_s8(activation_of(prepare), output, &dense->clamp_s8.low,
        &dense->clamp_s8.high)) {
        return "fused activation is not supported";
    }
    dense->quant.input_offset = -input->zero_point;
    dense->quant.filter_offset = -filter->zero_point;
    dense->quant.output_offset = output->zero_point;
    return resolve_scales(prepare, dense);
}

const char *nn_prepare_dense_s8(nn_prepare_t *prepare) {
    nn_dense_layer_t *dense;
    const char *fault = prepare_integers(prepare, &dense);
    if (fault != NULL) {
        return fault;
    }
    nn_dense_run_t fast = nn_fast_dense(dense);
    dense->run = fast != NULL && are_bounded(prepare, dense) ? fast : nn_dense_s8;
    return NULL;
}

const char *nn_prepare_dense_s4(nn_prepare_t *prepare) {
    const char *fault = nn_prepare_dense_s8(prepare);
    if (fault != NULL) {
        return fault;
    }
    if (nn_read_scales(prepare->model, nn_input(prepare, 1)).count > 1) {
        return "filter of int4 has more than one scale";
    }
    dense_4_t *dense = prepare->op->state;
    const nn_dense_dims_t *dims = &dense->layer.dims;
    uint32_t rows = (uint32_t)(dims->outputs < ROWS_4 ? dims->outputs : ROWS_4);
    dense->rows = nn_prepare_scratch(prepare, rows * (uint32_t)dims->depth);
    return NULL;
}

const char *nn_prepare_dense_s16(nn_prepare_t *prepare) {
    nn_dense_layer_t *dense;
    const char *fault = prepare_integers(prepare, &dense);
    if (fault == NULL && dense->quant.filter_offset != 0) {
        fault = "filter has a zero point other than 0";
    }
    if (fault != NULL || !nn_has_wide_sums(prepare->op)) {
        return fault;
    }
    if (nn_read_scales(prepare->model, nn_input(prepare, 1)).count > 1) {
        return nn_narrow_scales(&dense->quant.scales, dense->dims.outputs);
    }
    return nn_narrow_one_scale(&dense->quant.scale);
}

void nn_run_dense_f32(const nn_op_t *op) {
    const nn_dense_layer_t *dense = op->state;
    nn_conv_data_f32_t data = nn_filter_data_f32(op);
    nn_dense_f32(&dense->clamp_f32, &dense->dims, &data);
}

void nn_run_dense_s8(const nn_op_t *op) {
    const nn_dense_layer_t *dense = op->state;
    nn_conv_data_s8_t data = nn_filter_data_s8(op);
    dense->run(dense, &data);
}

// A few outputs at a time, of every batch, as if they were a layer of their own.
void nn_run_dense_s4(const nn_op_t *op) {
    const dense_4_t *dense = op->state;
    const nn_dense_dims_t *dims = &dense->layer.dims;
    nn_dense_layer_t few = dense->layer;
    few.dims.n = 1;
    for (int32_t place = 0; place < dims->outputs; place += ROWS_4) {
        nn_conv_data_s8_t data = nn_filter_data_s8(op);
        few.dims.outputs = dims->outputs - place < ROWS_4 ? dims->outputs - place : ROWS_4;
        nn_unpack_nibbles(nn_data(op, 1), place * dims->depth, few.dims.outputs * dims->depth,
            dense->rows);
        data.filter = dense->rows;
        data.bias = data.bias == NULL ? NULL : data.bias + place;
        data.output += place;
        for (int32_t n = 0; n < dims->n; ++n) {
            few.run(&few, &data);
            data.input += dims->depth;
            data.output += dims->outputs;
        }
    }
}

void nn_run_dense_s16(const nn_op_t *op) {
    nn_layer_data_16_t data = nn_layer_data_16(op);
    nn_dense_s16(op->state, &data);
}
