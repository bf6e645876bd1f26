// CONV_2D and DEPTHWISE_CONV_2D: what is resolved when a model is loaded.

#include "nn_op_families.h"

NN_STATE_FITS(nn_conv_layer_t);

// Where an op keeps its options; depth multiplier is -1 for CONV_2D.
typedef struct _option_fields_t {
    uint8_t type;
    int8_t padding, stride_h, stride_w, dilation_h, dilation_w, activation, depth_multiplier;
} option_fields_t;

static const option_fields_t conv_fields = {
    NN_OPTIONS_CONV_2D, NN_CONV_PADDING, NN_CONV_STRIDE_H, NN_CONV_STRIDE_W,
    NN_CONV_DILATION_H, NN_CONV_DILATION_W, NN_CONV_ACTIVATION, -1,
};

static const option_fields_t depthwise_fields = {
    NN_OPTIONS_DEPTHWISE_CONV_2D, NN_DEPTHWISE_PADDING, NN_DEPTHWISE_STRIDE_H,
    NN_DEPTHWISE_STRIDE_W, NN_DEPTHWISE_DILATION_H, NN_DEPTHWISE_DILATION_W,
    NN_DEPTHWISE_ACTIVATION, NN_DEPTHWISE_MULTIPLIER,
};

static nn_dims_t dims_of(const nn_tensor_t *tensor) {
    nn_dims_t dims = { tensor->dims[0], tensor->dims[1], tensor->dims[2], tensor->dims[3] };
    return dims;
}

static const char *check_tensors(const nn_prepare_t *prepare) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *filter = nn_input(prepare, 1);
    const nn_tensor_t *bias = nn_input(prepare, 2);
    const nn_tensor_t *output = nn_output(prepare, 0);
    const char *fault = nn_check_layer_types(prepare);
    if (fault != NULL) {
        return fault;
    }
    if (input->rank != 4 || filter->rank != 4 || output->rank != 4) {
        return "input, filter and output must have 4 dimensions";
    }
    if (nn_count(filter) == 0) {
        return "filter is empty";
    }
    if (bias != NULL && nn_count(bias) != (uint32_t)output->dims[3]) {
        return "bias does not fit the output channels";
    }
    return NULL;
}

// Strides, dilations and padding, and that the output's height and width follow.
static const char *resolve_geometry(nn_prepare_t *prepare, const option_fields_t *fields,
    nn_conv_layer_t *conv) {
    nn_flatbuffer_t *file = &prepare->model->file;
    const nn_table_t *options = &prepare->options;
    nn_conv_params_t *params = &conv->params;
    params->stride.h = nn_field_i32(file, options, fields->stride_h, 0);
    params->stride.w = nn_field_i32(file, options, fields->stride_w, 0);
    params->dilation.h = nn_field_i32(file, options, fields->dilation_h, 1);
    params->dilation.w = nn_field_i32(file, options, fields->dilation_w, 1);
    uint8_t padding = nn_field_u8(file, options, fields->padding, NN_PADDING_SAME);
    nn_window_t down = { conv->dims.input.h, conv->dims.filter.h, params->stride.h,
                         params->dilation.h };
    nn_window_t across = { conv->dims.input.w, conv->dims.filter.w, params->stride.w,
                           params->dilation.w };
    int32_t height, width;
    if (!nn_resolve_window(padding, &down, &height, &params->padding.h)
        || !nn_resolve_window(padding, &across, &width, &params->padding.w)) {
        return "padding, stride or dilation is out of range";
    }
    if (conv->dims.output.n != conv->dims.input.n || conv->dims.output.h != height
        || conv->dims.output.w != width) {
        return "output shape does not follow from input, filter and stride";
    }
    return NULL;
}

static const char *check_conv_channels(const nn_conv_layer_t *conv) {
    const nn_conv_dims_t *dims = &conv->dims;
    if (dims->filter.n != dims->output.c || dims->input.c % dims->filter.c != 0
        || dims->output.c % (dims->input.c / dims->filter.c) != 0) {
        return "channels of input, filter and output do not fit";
    }
    return NULL;
}

static const char *check_depthwise_channels(const nn_conv_layer_t *conv) {
    const nn_conv_dims_t *dims = &conv->dims;
    int64_t outputs = (int64_t)dims->input.c * conv->params.depth_multiplier;
    if (dims->filter.n != 1 || dims->filter.c != dims->output.c || outputs != dims->output.c) {
        return "channels of input, filter and output do not fit";
    }
    return NULL;
}

static const char *prepare_any(nn_prepare_t *prepare, const option_fields_t *fields,
    nn_conv_layer_t **made) {
    const char *fault = nn_check_op(prepare, 2, 3, fields->type);
    if (fault == NULL) {
        fault = check_tensors(prepare);
    }
    if (fault != NULL) {
        return fault;
    }
    nn_conv_layer_t *conv = *made = nn_prepare_state(prepare, sizeof(nn_conv_layer_t));
    conv->dims.input = dims_of(nn_input(prepare, 0));
    conv->dims.filter = dims_of(nn_input(prepare, 1));
    conv->dims.output = dims_of(nn_output(prepare, 0));
    fault = resolve_geometry(prepare, fields, conv);
    if (fault != NULL) {
        return fault;
    }
    if (fields->depth_multiplier < 0) {
        return check_conv_channels(conv);
    }
    // Old converters leave the multiplier out; it follows from the shapes.
    conv->params.depth_multiplier = conv->dims.output.c / conv->dims.input.c;
    return check_depthwise_channels(conv);
}

static const char *prepare_f32(nn_prepare_t *prepare, const option_fields_t *fields) {
    nn_conv_layer_t *conv;
    const char *fault = prepare_any(prepare, fields, &conv);
    if (fault != NULL) {
        return fault;
    }
    uint8_t activation = nn_field_u8(&prepare->model->file, &prepare->options,
        fields->activation, NN_ACTIVATION_NONE);
    nn_range_f32_t *clamp = &conv->params.clamp_f32;
    return nn_activation_range_f32(activation, &clamp->low, &clamp->high)
           ? NULL : "fused activation is not supported";
}

// Of int8 and int16.
static const char *prepare_integers(nn_prepare_t *prepare, const option_fields_t *fields,
    int32_t channel_axis, nn_conv_layer_t **made) {
    nn_conv_layer_t *conv;
    const char *fault = prepare_any(prepare, fields, &conv);
    if (fault != NULL) {
        return fault;
    }
    *made = conv;
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(nn_input(prepare, 0)) || !nn_is_quantised(output)) {
        return "input or output has no scale";
    }
    uint8_t activation = nn_field_u8(&prepare->model->file, &prepare->options,
        fields->activation, NN_ACTIVATION_NONE);
    nn_range_s8_t *clamp = &conv->params.clamp_s8;
    if (!nn_activation_range_s8(activation, output, &clamp->low, &clamp->high)) {
        return "fused activation is not supported";
    }
    conv->quant.input_offset = -nn_input(prepare, 0)->zero_point;
    conv->quant.output_offset = output->zero_point;
    if (nn_input(prepare, 1)->zero_point != 0) {
        return "filter has a zero point other than 0";
    }
    return nn_resolve_channel_scales(prepare, channel_axis, conv->dims.output.c,
        &conv->quant.scales);
}

// Settles which kernel runs: the fast one, if there is one and what each channel's sum can be is
// known, or else the general one.
static void choose(const nn_prepare_t *prepare, nn_conv_layer_t *conv, nn_layer_sums_t *sums,
    nn_conv_run_t fast, nn_conv_run_t general) {
    sums->input_offset = conv->quant.input_offset;
    nn_channel_t channel = {
        .output_offset = conv->quant.output_offset, .clamp = conv->params.clamp_s8,
    };
    sums->knows_constants = general == nn_conv_s8;
    bool is_fast = fast != NULL
        && nn_settle_channels(prepare, sums, &channel, &conv->quant.scales);
    conv->run = is_fast ? fast : general;
}

const char *nn_prepare_conv_f32(nn_prepare_t *prepare) {
    return prepare_f32(prepare, &conv_fields);
}

const char *nn_prepare_conv_s8(nn_prepare_t *prepare) {
    nn_conv_layer_t *conv;
    const char *fault = prepare_integers(prepare, &conv_fields, 0, &conv);
    if (fault != NULL) {
        return fault;
    }
    const nn_dims_t *filter = &conv->dims.filter;
    conv->scratch = nn_prepare_scratch(prepare, nn_conv_scratch_bytes(&conv->dims));
    int32_t taps = filter->h * filter->w * filter->c;
    nn_layer_sums_t sums = {
        .channels = filter->n, .products = taps, .channel_step = taps, .weight_step = 1,
    };
    choose(prepare, conv, &sums, nn_fast_conv(conv), nn_conv_s8);
    return NULL;
}

const char *nn_prepare_depthwise_f32(nn_prepare_t *prepare) {
    return prepare_f32(prepare, &depthwise_fields);
}

const char *nn_prepare_depthwise_s8(nn_prepare_t *prepare) {
    nn_conv_layer_t *conv;
    const char *fault = prepare_integers(prepare, &depthwise_fields, 3, &conv);
    if (fault != NULL) {
        return fault;
    }
    const nn_dims_t *filter = &conv->dims.filter;
    nn_layer_sums_t sums = {
        .channels = filter->c, .products = filter->h * filter->w, .channel_step = 1,
        .weight_step = filter->c,
    };
    choose(prepare, conv, &sums, nn_fast_depthwise(conv), nn_depthwise_s8);
    return NULL;
}

const char *nn_prepare_conv_s4(nn_prepare_t *prepare) {
    nn_conv_layer_t *conv;
    const char *fault = prepare_integers(prepare, &conv_fields, 0, &conv);
    if (fault == NULL) {
        const nn_dims_t *filter = &conv->dims.filter;
        conv->scratch = nn_prepare_scratch(prepare, (uint32_t)(filter->h * filter->w * filter->c));
    }
    return fault;
}

// Weights are unpacked as a whole: a channel's lie far apart, and there are few.
const char *nn_prepare_depthwise_s4(nn_prepare_t *prepare) {
    const char *fault = nn_prepare_depthwise_s8(prepare);
    if (fault == NULL) {
        nn_conv_layer_t *conv = prepare->op->state;
        conv->scratch = nn_prepare_scratch(prepare, nn_count(nn_input(prepare, 1)));
    }
    return fault;
}

static const char *prepare_s16(nn_prepare_t *prepare, const option_fields_t *fields,
    int32_t channel_axis) {
    nn_conv_layer_t *conv;
    const char *fault = prepare_integers(prepare, fields, channel_axis, &conv);
    if (fault == NULL && nn_has_wide_sums(prepare->op)) {
        fault = nn_narrow_scales(&conv->quant.scales, conv->dims.output.c);
    }
    return fault;
}

const char *nn_prepare_conv_s16(nn_prepare_t *prepare) {
    return prepare_s16(prepare, &conv_fields, 0);
}

const char *nn_prepare_depthwise_s16(nn_prepare_t *prepare) {
    return prepare_s16(prepare, &depthwise_fields, 3);
}

void nn_set_conv_rows(const nn_op_t *op, const nn_strip_rows_t *rows) {
    nn_conv_layer_t *conv = op->state;
    conv->params.padding.h = rows->before;
    conv->dims.input.h = rows->input;
    conv->dims.output.h = rows->output;
}

void nn_run_conv_f32(const nn_op_t *op) {
    const nn_conv_layer_t *conv = op->state;
    nn_conv_data_f32_t data = nn_filter_data_f32(op);
    nn_conv_f32(&conv->params, &conv->dims, &data);
}

void nn_run_conv_s8(const nn_op_t *op) {
    const nn_conv_layer_t *conv = op->state;
    nn_conv_data_s8_t data = nn_filter_data_s8(op);
    conv->run(conv, &data);
}

void nn_run_depthwise_f32(const nn_op_t *op) {
    const nn_conv_layer_t *conv = op->state;
    nn_conv_data_f32_t data = nn_filter_data_f32(op);
    nn_depthwise_f32(&conv->params, &conv->dims, &data);
}

void nn_run_conv_s4(const nn_op_t *op) {
    nn_conv_data_s8_t data = nn_filter_data_s8(op);
    nn_conv_s4(op->state, &data);
}

void nn_run_depthwise_s4(const nn_op_t *op) {
    const nn_conv_layer_t *conv = op->state;
    nn_conv_data_s8_t data = nn_filter_data_s8(op);
    nn_unpack_nibbles(nn_data(op, 1), 0, (int32_t)nn_count(op->inputs[1]), conv->scratch);
    data.filter = conv->scratch;
    conv->run(conv, &data);
}

void nn_run_conv_s16(const nn_op_t *op) {
    nn_layer_data_16_t data = nn_layer_data_16(op);
    nn_conv_s16(op->state, &data);
}

void nn_run_depthwise_s16(const nn_op_t *op) {
    nn_layer_data_16_t data = nn_layer_data_16(op);
    nn_depthwise_s16(op->state, &data);
}
