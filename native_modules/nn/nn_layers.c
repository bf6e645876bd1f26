// What layers with weights share: the types that go together, and scales for sums of 64 bits.

#include "kernels/nn_wide.h"
#include "nn_op_families.h"

// By the kernel's type: that of the input, or int4.
static bool filter_suits(const nn_tensor_t *filter, const nn_tensor_t *input, uint8_t type) {
    return filter->type == (type == NN_INT16 ? NN_INT8 : type)
           && (type != NN_INT4 || input->type == NN_INT8);
}

static bool bias_suits(uint8_t bias_type, uint8_t input_type, uint16_t code) {
    switch (input_type) {
        case NN_FLOAT32:
            return bias_type == NN_FLOAT32;
        case NN_INT16:
            // The reference reads what DEPTHWISE_CONV_2D has as int64 whatever it is.
            return bias_type == NN_INT64
                   || (bias_type == NN_INT32 && code != NN_DEPTHWISE_CONV_2D);
        default:
            return bias_type == NN_INT32;
    }
}

const char *nn_check_layer_types(const nn_prepare_t *prepare) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *filter = nn_input(prepare, 1);
    const nn_tensor_t *bias = nn_input(prepare, 2);
    if (nn_output(prepare, 0)->type != input->type) {
        return "input, filter and output differ in type";
    }
    uint8_t type = prepare->op->kernel->type;
    if (!filter_suits(filter, input, type)) {
        return type == NN_INT4 ? "data of an int4 filter must be int8"
            : type == NN_INT16 ? "filter of int16 data must be int8"
            : "input, filter and output differ in type";
    }
    if (bias != NULL && !bias_suits(bias->type, input->type, prepare->op->kernel->code)) {
        return input->type == NN_INT16 ? "bias of int16 data must be int64"
            : "bias does not fit the input's type";
    }
    return NULL;
}

bool nn_has_wide_sums(const nn_op_t *op) {
    const nn_tensor_t *bias = op->input_count > 2 ? op->inputs[2] : NULL;
    return bias == NULL || bias->type == NN_INT64;
}

const char *nn_narrow_one_scale(nn_scale_t *scale) {
    if (scale->shift > NN_WIDE_MAX_SHIFT) {
        return "scales of input, filter and output are too far apart";
    }
    *scale = nn_narrow_scale(*scale);
    return NULL;
}

const char *nn_narrow_scales(nn_scales_t *scales, int32_t channels) {
    for (int32_t i = 0; scales->multipliers != NULL && scales->shifts != NULL && i < channels;
         ++i) {
        nn_scale_t scale = { scales->multipliers[i], scales->shifts[i] };
        const char *fault = nn_narrow_one_scale(&scale);
        if (fault != NULL) {
            return fault;
        }
        scales->multipliers[i] = scale.multiplier;
        scales->shifts[i] = (int8_t)scale.shift;
    }
    return NULL;
}

nn_layer_data_16_t nn_layer_data_16(const nn_op_t *op) {
    return (nn_layer_data_16_t) {
        .input = nn_data(op, 0), .filter = nn_data(op, 1), .bias = nn_data(op, 2),
        .output = nn_out(op), .is_wide = nn_has_wide_sums(op),
    };
}
