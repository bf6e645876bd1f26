// ABS, CAST, ELU, EXP, HARD_SWISH, LEAKY_RELU, LOG, NEG, RSQRT, SQRT: one number to one.
//
// int8 functions are tables of 256 bytes, as in op_unary.c.

#include <math.h>

#include "nn_op_families.h"

#define TABLE_BYTES (256)
#define FAR_APART "scales of input and output are too far apart"

// --- float32; prepared by nn_prepare_unary_f32

static float (*function_of(uint16_t code))(float) {
    switch (code) {
        case NN_ABS:
            return fabsf;
        case NN_ELU:
            return nn_elu;
        case NN_EXP:
            return expf;
        case NN_HARD_SWISH:
            return nn_hard_swish;
        case NN_LOG:
            return logf;
        case NN_NEG:
            return nn_negative;
        case NN_RSQRT:
            return nn_reciprocal_root;
        default:
            return sqrtf;
    }
}

void nn_run_function_f32(const nn_op_t *op) {
    nn_map_f32(function_of(op->kernel->code), (int32_t)nn_count(op->outputs[0]), nn_f32(op, 0),
        nn_out_f32(op));
}

typedef struct _leaky_relu_t {
    float alpha;
} leaky_relu_t;

static float read_alpha(nn_prepare_t *prepare) {
    return nn_field_f32(&prepare->model->file, &prepare->options, NN_LEAKY_RELU_ALPHA, 0.0f);
}

const char *nn_prepare_leaky_relu_f32(nn_prepare_t *prepare) {
    const char *fault = nn_prepare_unary_f32(prepare);
    if (fault == NULL) {
        fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_LEAKY_RELU);
    }
    if (fault != NULL) {
        return fault;
    }
    leaky_relu_t *state = nn_prepare_state(prepare, sizeof(leaky_relu_t));
    state->alpha = read_alpha(prepare);
    return isfinite(state->alpha) ? NULL : "alpha is not a finite number";
}

void nn_run_leaky_relu_f32(const nn_op_t *op) {
    const leaky_relu_t *state = op->state;
    nn_leaky_relu_f32(state->alpha, (int32_t)nn_count(op->outputs[0]), nn_f32(op, 0),
        nn_out_f32(op));
}

// --- int8

static const char *prepare_table(nn_prepare_t *prepare, uint8_t **table) {
    const char *fault = nn_prepare_lookup(prepare, table);
    return fault != NULL ? fault : nn_check_s8(prepare);
}

static int32_t centred(const nn_prepare_t *prepare, int32_t entry) {
    return (int8_t)(uint8_t)entry - nn_input(prepare, 0)->zero_point;
}

static uint8_t saturated(int32_t value) {
    return (uint8_t)nn_clamp(value, INT8_MIN, INT8_MAX);
}

// A scale for values from 0 on, one for those below, which ABS makes positive.
static void fill_slopes(const nn_prepare_t *prepare, const nn_scale_t *above,
    const nn_scale_t *below, bool absolute, uint8_t *table) {
    for (int32_t i = 0; table != NULL && i < TABLE_BYTES; ++i) {
        int32_t value = centred(prepare, i);
        const nn_scale_t *scale = value >= 0 ? above : below;
        value = absolute && value < 0 ? -value : value;
        value = nn_requantise(value, scale->multiplier, scale->shift);
        table[i] = saturated(nn_wrapping_add(value, nn_output(prepare, 0)->zero_point));
    }
}

const char *nn_prepare_slopes_s8(nn_prepare_t *prepare) {
    uint8_t *table;
    const char *fault = prepare_table(prepare, &table);
    if (fault != NULL) {
        return fault;
    }
    double input = (double)nn_input(prepare, 0)->scale;
    double output = (double)nn_output(prepare, 0)->scale;
    bool absolute = prepare->op->kernel->code == NN_ABS;
    double above = input / output;
    double below = absolute ? above : input * (double)read_alpha(prepare) / output;
    nn_scale_t scales[2];
    if (!absolute && (fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_LEAKY_RELU)) != NULL) {
        return fault;
    }
    if (!(below >= 0.0)) {
        return "alpha is negative or not a number";
    }
    if (!nn_quantise_multiplier(above, &scales[0].multiplier, &scales[0].shift)
        || !nn_quantise_multiplier(below, &scales[1].multiplier, &scales[1].shift)) {
        return FAR_APART;
    }
    fill_slopes(prepare, &scales[0], &scales[1], absolute, table);
    return NULL;
}

const char *nn_prepare_elu_s8(nn_prepare_t *prepare) {
    uint8_t *table;
    const char *fault = prepare_table(prepare, &table);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *output = nn_output(prepare, 0);
    float per_step = 1.0f / output->scale;
    for (int32_t i = 0; table != NULL && i < TABLE_BYTES; ++i) {
        float real = nn_input(prepare, 0)->scale * (float)centred(prepare, i);
        float steps = roundf((real < 0.0f ? expf(real) - 1.0f : real) * per_step);
        // Not a number, from a scale next to 0, counts as the lowest.
        steps = steps > 1000.0f ? 1000.0f : steps >= -1000.0f ? steps : -1000.0f;
        table[i] = saturated((int32_t)steps + output->zero_point);
    }
    return NULL;
}

// A multiplier's upper 16 bits, rounded, as Q0.15.
static int16_t narrow(int32_t multiplier) {
    int64_t rounded = ((int64_t)multiplier + (1 << 15)) >> 16;
    return (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded);
}

static const char *resolve_hard_swish(const nn_prepare_t *prepare, nn_hard_swish_quant_t *quant) {
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    double raised = (double)input->scale / 128.0;
    int32_t multiplier;
    if (!nn_quantise_multiplier(raised / (double)output->scale, &multiplier,
        &quant->output_shift) || quant->output_shift > 0) {
        return FAR_APART;
    }
    quant->output_multiplier = narrow(multiplier);
    if (!nn_quantise_multiplier(raised / (3.0 / 32768.0), &multiplier,
        &quant->relu_shift)) {
        return "input's scale is too large";
    }
    quant->relu_multiplier = narrow(multiplier);
    quant->input_zero_point = input->zero_point;
    quant->output_zero_point = output->zero_point;
    return NULL;
}

const char *nn_prepare_hard_swish_s8(nn_prepare_t *prepare) {
    uint8_t *table;
    nn_hard_swish_quant_t quant;
    const char *fault = prepare_table(prepare, &table);
    if (fault == NULL) {
        fault = resolve_hard_swish(prepare, &quant);
    }
    for (int32_t i = 0; fault == NULL && table != NULL && i < TABLE_BYTES; ++i) {
        table[i] = (uint8_t)nn_hard_swish_s8(&quant, (int8_t)(uint8_t)i);
    }
    return fault;
}

// The reference stops at a value below 0; here it counts as 0, whose root's
// reciprocal is the largest value.
const char *nn_prepare_rsqrt_s8(nn_prepare_t *prepare) {
    uint8_t *table;
    const char *fault = prepare_table(prepare, &table);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *output = nn_output(prepare, 0);
    nn_scale_t scale;
    double real = 1.0 / (sqrt((double)nn_input(prepare, 0)->scale) * (double)output->scale);
    if (!nn_quantise_multiplier(real, &scale.multiplier, &scale.shift) || scale.shift < -11) {
        return FAR_APART;
    }
    for (int32_t i = 0; table != NULL && i < TABLE_BYTES; ++i) {
        int32_t value = centred(prepare, i);
        table[i] = value <= 0 ? INT8_MAX : saturated(
            nn_wrapping_add(nn_reciprocal_root_s8(&scale, value), output->zero_point));
    }
    return NULL;
}

// --- CAST

typedef struct _cast_t {
    int32_t from, to;
} cast_t;

static int32_t cast_type(uint8_t type) {
    switch (type) {
        case NN_INT8:
            return NN_CAST_S8;
        case NN_INT16:
            return NN_CAST_S16;
        case NN_INT32:
            return NN_CAST_S32;
        case NN_BOOL:
            return NN_CAST_BOOL;
        default:
            return type == NN_FLOAT32 ? NN_CAST_F32 : -1;
    }
}

const char *nn_prepare_cast(nn_prepare_t *prepare) {
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_NONE);
    if (fault != NULL) {
        return fault;
    }
    cast_t *cast = nn_prepare_state(prepare, sizeof(cast_t));
    cast->from = cast_type(nn_input(prepare, 0)->type);
    cast->to = cast_type(nn_output(prepare, 0)->type);
    if (cast->to < 0) {
        return "output type is not supported for this input type";
    }
    return nn_count(nn_input(prepare, 0)) == nn_count(nn_output(prepare, 0))
           ? NULL : "input and output differ in size";
}

void nn_run_cast(const nn_op_t *op) {
    const cast_t *cast = op->state;
    nn_cast(cast->from, cast->to, (int32_t)nn_count(op->outputs[0]), nn_data(op, 0), nn_out(op));
}
