// MAXIMUM, MINIMUM, comparisons and PRELU: two inputs, laid over each other.

#include "nn_op_families.h"

typedef struct _pair_t {
    nn_broadcast_t shape;
    int32_t input_bytes, output_bytes;
    nn_run_function_t function;
    union {
        nn_compare_t compare;
        nn_prelu_quant_t prelu;
    };
} pair_t;
NN_STATE_FITS(pair_t);

static const char *prepare_any(nn_prepare_t *prepare, uint8_t output_type, pair_t **made) {
    const char *fault = nn_check_op(prepare, 2, 2, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *one = nn_input(prepare, 0);
    const nn_tensor_t *two = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (two->type != one->type) {
        return "inputs differ in type";
    }
    if (output->type != output_type) {
        return output_type == NN_BOOL ? "output must be bool" : "inputs and output differ in type";
    }
    pair_t *pair = *made = nn_prepare_state(prepare, sizeof(pair_t));
    pair->input_bytes = nn_element_bytes(one);
    pair->output_bytes = nn_element_bytes(output);
    return nn_resolve_broadcast(one, two, output, &pair->shape)
           ? NULL : "shapes cannot be broadcast to the output's";
}

const char *nn_prepare_extreme(nn_prepare_t *prepare) {
    pair_t *pair;
    const char *fault = prepare_any(prepare, nn_input(prepare, 0)->type, &pair);
    if (fault != NULL) {
        return fault;
    }
    bool is_float = nn_input(prepare, 0)->type == NN_FLOAT32;
    if (prepare->op->kernel->code == NN_MAXIMUM) {
        pair->function = is_float ? nn_run_of_maximum_f32 : nn_run_of_maximum_s8;
    } else {
        pair->function = is_float ? nn_run_of_minimum_f32 : nn_run_of_minimum_s8;
    }
    return NULL;
}

// --- comparisons

static uint32_t outcomes_of(uint16_t code) {
    switch (code) {
        case NN_EQUAL:
            return NN_IS_EQUAL;
        case NN_NOT_EQUAL:
            return NN_IS_LESS | NN_IS_GREATER | NN_IS_UNORDERED;
        case NN_GREATER:
            return NN_IS_GREATER;
        case NN_GREATER_EQUAL:
            return NN_IS_GREATER | NN_IS_EQUAL;
        case NN_LESS:
            return NN_IS_LESS;
        default:
            return NN_IS_LESS | NN_IS_EQUAL;
    }
}

static bool resolve_side(const nn_tensor_t *input, nn_scale_t *scale, int32_t *offset) {
    *offset = -input->zero_point;
    return nn_is_quantised(input) && input->scale < 1.0f
           && nn_quantise_multiplier((double)input->scale, &scale->multiplier, &scale->shift)
           && scale->shift <= 0;
}

const char *nn_prepare_comparison(nn_prepare_t *prepare) {
    pair_t *pair;
    const char *fault = prepare_any(prepare, NN_BOOL, &pair);
    if (fault != NULL) {
        return fault;
    }
    nn_compare_t *compare = &pair->compare;
    compare->outcomes = outcomes_of(prepare->op->kernel->code);
    switch (nn_input(prepare, 0)->type) {
        case NN_BOOL:
            pair->function = nn_run_of_compare_bool;
            return NULL;
        case NN_FLOAT32:
            pair->function = nn_run_of_compare_f32;
            return NULL;
        case NN_INT32:
            pair->function = nn_run_of_compare_s32;
            return NULL;
        default:
            pair->function = nn_run_of_compare_s8;
            return resolve_side(nn_input(prepare, 0), &compare->one, &compare->offset_one)
                   && resolve_side(nn_input(prepare, 1), &compare->two, &compare->offset_two)
                   ? NULL : "an input's scale is missing or not below 1";
    }
}

// --- PRELU

static const char *resolve_prelu_s8(nn_prepare_t *prepare, nn_prelu_quant_t *quant) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *alpha = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(input) || !nn_is_quantised(alpha) || !nn_is_quantised(output)) {
        return "an input or the output has no scale";
    }
    double positive = (double)input->scale / (double)output->scale;
    double negative = (double)input->scale * (double)alpha->scale / (double)output->scale;
    if (!nn_quantise_multiplier(positive, &quant->positive.multiplier, &quant->positive.shift)
        || !nn_quantise_multiplier(negative, &quant->negative.multiplier,
            &quant->negative.shift)) {
        return "scales of inputs and output are too far apart";
    }
    quant->offset_input = -input->zero_point;
    quant->offset_alpha = -alpha->zero_point;
    quant->output_offset = output->zero_point;
    return NULL;
}

const char *nn_prepare_prelu(nn_prepare_t *prepare) {
    pair_t *pair;
    const char *fault = prepare_any(prepare, nn_input(prepare, 0)->type, &pair);
    if (fault != NULL) {
        return fault;
    }
    if (!nn_same_shape(nn_input(prepare, 0), nn_output(prepare, 0))) {
        return "input and output must have the same shape";
    }
    if (nn_input(prepare, 0)->type == NN_FLOAT32) {
        pair->function = nn_run_of_prelu_f32;
        return NULL;
    }
    pair->function = nn_run_of_prelu_s8;
    return resolve_prelu_s8(prepare, &pair->prelu);
}

void nn_run_pair(const nn_op_t *op) {
    const pair_t *pair = op->state;
    const nn_run_t whole = { .one = nn_data(op, 0), .two = nn_data(op, 1), .output = nn_out(op) };
    nn_each_run(&pair->shape, pair->input_bytes, pair->output_bytes, pair->function,
        &pair->compare, &whole);
}
