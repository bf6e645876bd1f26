// Functions of one number of int16, and QUANTIZE to and from it: what is resolved at load.

#include <math.h>

#include "nn_op_families.h"

#define SIGMOID_STEPS (3.0 * 4096.0) // in 1, of the table's index before its fraction is cut
#define SIGMOID_BITS (12)
#define MAX_SIGMOID_SHIFT (31)
#define OUTPUT_BITS (15)

typedef struct _function_op_t {
    nn_function_16_t function;
    int32_t count;
} function_op_t;
NN_STATE_FITS(function_op_t);

static const char *prepare_any(nn_prepare_t *prepare, function_op_t **made) {
    const char *fault = nn_check_unary(prepare);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    if (!nn_is_quantised(input) || !nn_is_quantised(output)) {
        return "input or output has no scale";
    }
    if (output->type != NN_INT16
        && (output->type != NN_INT8 || prepare->op->kernel->code != NN_QUANTIZE)) {
        return "output type is not supported for this input type";
    }
    *made = nn_prepare_state(prepare, sizeof(function_op_t));
    (*made)->count = (int32_t)nn_count(output);
    return NULL;
}

// What a number below 0 is multiplied by, besides the scales.
static double below_factor(nn_prepare_t *prepare) {
    switch (prepare->op->kernel->code) {
        case NN_ABS:
            return -1.0;
        case NN_LEAKY_RELU:
            return (double)nn_field_f32(&prepare->model->file, &prepare->options,
                NN_LEAKY_RELU_ALPHA, 0.0f);
        default:
            return 1.0;
    }
}

static bool resolve_scale(double real, nn_scale_t *scale) {
    bool fits = nn_quantise_multiplier(fabs(real), &scale->multiplier, &scale->shift);
    scale->multiplier = real < 0.0 ? -scale->multiplier : scale->multiplier;
    return fits;
}

const char *nn_prepare_rescale_16(nn_prepare_t *prepare) {
    function_op_t *op;
    const char *fault = prepare_any(prepare, &op);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0), *output = nn_output(prepare, 0);
    nn_function_16_t *function = &op->function;
    double ratio = (double)input->scale / (double)output->scale;
    double below = (double)input->scale * below_factor(prepare) / (double)output->scale;
    if (!resolve_scale(ratio, &function->scale) || !resolve_scale(below, &function->below)) {
        return "scales of input and output are too far apart";
    }
    function->input_zero_point = input->zero_point;
    function->output_zero_point = output->zero_point;
    uint8_t activation = prepare->op->kernel->code == NN_RELU ? NN_ACTIVATION_RELU
        : NN_ACTIVATION_NONE;
    nn_activation_range_s8(activation, output, &function->clamp.low, &function->clamp.high);
    return NULL;
}

// The reference clamps in the input's scale and leaves the value as it is.
const char *nn_prepare_relu6_s16(nn_prepare_t *prepare) {
    function_op_t *op;
    const char *fault = prepare_any(prepare, &op);
    if (fault == NULL) {
        nn_activation_range_s8(NN_ACTIVATION_RELU6, nn_input(prepare, 0),
            &op->function.clamp.low, &op->function.clamp.high);
    }
    return fault;
}

// Whether a scale is a power of two, to a thousandth of its exponent; which one.
static bool is_power_of_two(float scale, int32_t *exponent) {
    int next;
    double fraction = frexp((double)scale, &next);
    *exponent = fraction > 0.75 ? next : next - 1;
    return fraction > 0.99930709 || fraction < 0.50034669;
}

// most: the largest shift of a power of two that is taken as it is.
static const char *prepare_sigmoid(nn_prepare_t *prepare, int32_t most) {
    function_op_t *op;
    int32_t exponent;
    const char *fault = prepare_any(prepare, &op);
    if (fault != NULL) {
        return fault;
    }
    if (!is_power_of_two(nn_output(prepare, 0)->scale, &exponent) || exponent != -OUTPUT_BITS) {
        return "output must have scale 1/32768";
    }
    nn_scale_t *scale = &op->function.scale;
    const float input_scale = nn_input(prepare, 0)->scale;
    bool is_power = is_power_of_two(input_scale, &exponent);
    int32_t shift = exponent + SIGMOID_BITS;
    if (is_power && shift >= 0 && shift <= most) {
        scale->multiplier = 3 << shift;
        return NULL;
    }
    double multiplier = (double)input_scale * SIGMOID_STEPS;
    while (multiplier <= 32767.0 / 2.0 && scale->shift < MAX_SIGMOID_SHIFT) {
        multiplier *= 2.0;
        ++scale->shift;
    }
    if (multiplier > 32767.0) {
        return "input's scale is too large";
    }
    scale->multiplier = (int32_t)multiplier;
    return NULL;
}

const char *nn_prepare_logistic_s16(nn_prepare_t *prepare) {
    return prepare_sigmoid(prepare, 0);
}

const char *nn_prepare_tanh_s16(nn_prepare_t *prepare) {
    return prepare_sigmoid(prepare, 1);
}

void nn_run_rescale_16(const nn_op_t *op) {
    const function_op_t *state = op->state;
    if (op->inputs[0]->type == NN_INT8) {
        nn_rescale_s8_s16(&state->function, state->count, nn_s8(op, 0), nn_out(op));
    } else if (op->outputs[0]->type == NN_INT8) {
        nn_rescale_s16_s8(&state->function, state->count, nn_data(op, 0), nn_out_s8(op));
    } else {
        nn_rescale_s16(&state->function, state->count, nn_data(op, 0), nn_out(op));
    }
}

void nn_run_relu6_s16(const nn_op_t *op) {
    const function_op_t *state = op->state;
    nn_clamp_s16(&state->function, state->count, nn_data(op, 0), nn_out(op));
}

void nn_run_logistic_s16(const nn_op_t *op) {
    const function_op_t *state = op->state;
    nn_logistic_s16(&state->function, state->count, nn_data(op, 0), nn_out(op));
}

void nn_run_tanh_s16(const nn_op_t *op) {
    const function_op_t *state = op->state;
    nn_tanh_s16(&state->function, state->count, nn_data(op, 0), nn_out(op));
}
