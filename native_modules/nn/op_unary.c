// RELU, RELU6, LOGISTIC, TANH, and QUANTIZE between bytes.
//
// A function from a byte to a byte is a table of 256 entries, filled when the
// model is loaded with the very arithmetic the reference does per element.

#include <math.h>

#include "nn_groups.h"
#include "nn_op_families.h"

#define TABLE_BYTES (256)
#define SIGMOID_INTEGER_BITS (4)

typedef struct _lookup_t {
    const uint8_t *table;
    int32_t count;
} lookup_t;
NN_STATE_FITS(lookup_t);

const char *nn_check_unary(const nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_NONE);
    if (fault == NULL && nn_count(nn_input(prepare, 0)) != nn_count(nn_output(prepare, 0))) {
        fault = "input and output differ in size";
    }
    return fault;
}

// --- float32

const char *nn_prepare_unary_f32(nn_prepare_t *prepare) {
    const char *fault = nn_check_unary(prepare);
    if (fault == NULL && nn_output(prepare, 0)->type != NN_FLOAT32) {
        fault = "input and output differ in type";
    }
    return fault;
}

static int32_t count_of(const nn_op_t *op) {
    return (int32_t)nn_count(op->outputs[0]);
}

void nn_run_relu_f32(const nn_op_t *op) {
    const nn_range_f32_t clamp = { 0.0f, INFINITY };
    nn_clamp_f32(&clamp, count_of(op), nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_relu6_f32(const nn_op_t *op) {
    const nn_range_f32_t clamp = { 0.0f, 6.0f };
    nn_clamp_f32(&clamp, count_of(op), nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_logistic_f32(const nn_op_t *op) {
    nn_logistic_f32(count_of(op), nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_tanh_f32(const nn_op_t *op) {
    nn_tanh_f32(count_of(op), nn_f32(op, 0), nn_out_f32(op));
}

// --- bytes

// The table to fill, or NULL in *table while counting.
const char *nn_prepare_lookup(nn_prepare_t *prepare, uint8_t **table) {
    const char *fault = nn_check_unary(prepare);
    if (fault != NULL) {
        return fault;
    }
    lookup_t *lookup = nn_prepare_state(prepare, sizeof(lookup_t));
    *table = nn_prepare_list(prepare, TABLE_BYTES, 1);
    lookup->table = *table;
    lookup->count = (int32_t)nn_count(nn_output(prepare, 0));
    return NULL;
}

const char *nn_check_s8(const nn_prepare_t *prepare) {
    return nn_output(prepare, 0)->type == NN_INT8 && nn_is_quantised(nn_input(prepare, 0))
           && nn_is_quantised(nn_output(prepare, 0))
           ? NULL : "output is not int8, or a scale is missing";
}

// Entry i holds input value i, then those below 0 of a signed input.
static int32_t entry_value(const nn_tensor_t *input, int32_t i) {
    return input->type == NN_UINT8 ? i : (int8_t)(uint8_t)i;
}

static const char *fill_scaled(const nn_prepare_t *prepare, int32_t low, int32_t high,
    uint8_t *table) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    nn_scale_t scale;
    if (!nn_quantise_multiplier((double)input->scale / (double)output->scale,
        &scale.multiplier, &scale.shift)) {
        return "scales of input and output are too far apart";
    }
    for (int32_t i = 0; table != NULL && i < TABLE_BYTES; ++i) {
        int32_t value = nn_wrapping_add(output->zero_point,
            nn_requantise(entry_value(input, i) - input->zero_point, scale.multiplier,
                scale.shift));
        table[i] = (uint8_t)nn_clamp(value, low, high);
    }
    return NULL;
}

#if NN_GROUP_INT16
static bool is_to_int16(const nn_tensor_t *input, const nn_tensor_t *output) {
    return input != NULL && input->type == NN_INT8 && output != NULL && output->type == NN_INT16;
}
#endif

const char *nn_prepare_requantise(nn_prepare_t *prepare) {
    uint8_t *table;
#if NN_GROUP_INT16
    if (is_to_int16(nn_input(prepare, 0), nn_output(prepare, 0))) {
        return nn_prepare_rescale_16(prepare);
    }
#endif
    const char *fault = nn_prepare_lookup(prepare, &table);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    bool to_unsigned = output->type == NN_UINT8;
    if ((output->type != NN_INT8 && !to_unsigned)
        || (input->type == NN_UINT8 && to_unsigned)) {
        return "output type is not supported for this input type";
    }
    if (!nn_is_quantised(input) || !nn_is_quantised(output)) {
        return "input or output has no scale";
    }
    return fill_scaled(prepare, to_unsigned ? 0 : INT8_MIN, to_unsigned ? UINT8_MAX : INT8_MAX,
        table);
}

const char *nn_prepare_relu_s8(nn_prepare_t *prepare) {
    uint8_t *table;
    const char *fault = nn_prepare_lookup(prepare, &table);
    if (fault == NULL) {
        fault = nn_check_s8(prepare);
    }
    return fault != NULL ? fault
        : fill_scaled(prepare, nn_output(prepare, 0)->zero_point, INT8_MAX, table);
}

// The reference clamps in the input's scale and leaves the value as it is, so
// the output is meant to have the same scale.
const char *nn_prepare_relu6_s8(nn_prepare_t *prepare) {
    uint8_t *table;
    const char *fault = nn_prepare_lookup(prepare, &table);
    if (fault == NULL) {
        fault = nn_check_s8(prepare);
    }
    int32_t low, high;
    if (fault != NULL
        || !nn_activation_range_s8(NN_ACTIVATION_RELU6, nn_input(prepare, 0), &low, &high)) {
        return fault;
    }
    for (int32_t i = 0; table != NULL && i < TABLE_BYTES; ++i) {
        table[i] = (uint8_t)nn_clamp(entry_value(nn_input(prepare, 0), i), low, high);
    }
    return NULL;
}

static const char *resolve_sigmoid(const nn_tensor_t *input, nn_sigmoid_quant_t *quant) {
    double one = (double)(INT32_C(1) << (31 - SIGMOID_INTEGER_BITS));
    nn_scale_t *scale = &quant->input;
    nn_quantise_multiplier((double)input->scale * one, &scale->multiplier, &scale->shift);
    if (scale->multiplier == 0 || scale->shift < 0) {
        return "input's scale is too small";
    }
    // With a shift past 30 the radius is 0: every value saturates.
    double most = (double)((1 << SIGMOID_INTEGER_BITS) - 1) * one;
    quant->radius = (int32_t)floor(ldexp(most, -scale->shift));
    quant->input_zero_point = input->zero_point;
    return NULL;
}

static const char *prepare_sigmoid(nn_prepare_t *prepare,
    int8_t (*function)(const nn_sigmoid_quant_t *quant, int32_t value)) {
    uint8_t *table;
    nn_sigmoid_quant_t quant;
    const char *fault = nn_prepare_lookup(prepare, &table);
    if (fault == NULL) {
        fault = nn_check_s8(prepare);
    }
    if (fault == NULL) {
        fault = resolve_sigmoid(nn_input(prepare, 0), &quant);
    }
    for (int32_t i = 0; fault == NULL && table != NULL && i < TABLE_BYTES; ++i) {
        table[i] = (uint8_t)function(&quant, entry_value(nn_input(prepare, 0), i));
    }
    return fault;
}

const char *nn_prepare_logistic_s8(nn_prepare_t *prepare) {
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (output != NULL && output->zero_point != INT8_MIN) {
        return "output must have zero point -128";
    }
    return prepare_sigmoid(prepare, nn_logistic_s8);
}

const char *nn_prepare_tanh_s8(nn_prepare_t *prepare) {
    return prepare_sigmoid(prepare, nn_tanh_s8);
}

void nn_run_lookup(const nn_op_t *op) {
    const lookup_t *lookup = op->state;
    nn_lookup_8(lookup->table, lookup->count, nn_data(op, 0), nn_out(op));
}

void nn_run_requantise(const nn_op_t *op) {
#if NN_GROUP_INT16
    if (is_to_int16(op->inputs[0], op->outputs[0])) {
        nn_run_rescale_16(op);
        return;
    }
#endif
    nn_run_lookup(op);
}
