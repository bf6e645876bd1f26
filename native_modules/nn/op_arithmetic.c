// ADD, SUB and MUL: what is resolved when a model is loaded.

#include "kernels/fast/nn_elements.h"
#include "nn_op_families.h"

// What ADD and SUB scale both inputs up by.
#define ADD_LEFT_SHIFT (20)
#define ADD_LEFT_SHIFT_16 (15)

typedef struct _arithmetic_t {
    nn_broadcast_t shape;
    nn_arithmetic_quant_t quant;
    nn_range_f32_t clamp_f32;
    nn_range_s8_t clamp_s8;
} arithmetic_t;
NN_STATE_FITS(arithmetic_t);

static const char *prepare_any(nn_prepare_t *prepare, uint8_t options_type,
    arithmetic_t **made) {
    const char *fault = nn_check_op(prepare, 2, 2, options_type);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *one = nn_input(prepare, 0);
    const nn_tensor_t *two = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (two->type != one->type || output->type != one->type) {
        return "inputs and output differ in type";
    }
    *made = nn_prepare_state(prepare, sizeof(arithmetic_t));
    return nn_resolve_broadcast(one, two, output, &(*made)->shape)
           ? NULL : "shapes cannot be broadcast to the output's";
}

static uint8_t activation_of(nn_prepare_t *prepare) {
    return nn_field_u8(&prepare->model->file, &prepare->options, NN_ARITHMETIC_ACTIVATION,
        NN_ACTIVATION_NONE);
}

static const char *prepare_f32(nn_prepare_t *prepare, uint8_t options_type) {
    arithmetic_t *arithmetic;
    const char *fault = prepare_any(prepare, options_type, &arithmetic);
    if (fault != NULL) {
        return fault;
    }
    return nn_activation_range_f32(activation_of(prepare), &arithmetic->clamp_f32.low,
        &arithmetic->clamp_f32.high) ? NULL : "fused activation is not supported";
}

static const char *prepare_s8(nn_prepare_t *prepare, uint8_t options_type,
    arithmetic_t **made) {
    const char *fault = prepare_any(prepare, options_type, made);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *one = nn_input(prepare, 0);
    const nn_tensor_t *two = nn_input(prepare, 1);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(one) || !nn_is_quantised(two) || !nn_is_quantised(output)) {
        return "an input or the output has no scale";
    }
    nn_range_s8_t *clamp = &(*made)->clamp_s8;
    if (!nn_activation_range_s8(activation_of(prepare), output, &clamp->low, &clamp->high)) {
        return "fused activation is not supported";
    }
    (*made)->quant.offset_one = -one->zero_point;
    (*made)->quant.offset_two = -two->zero_point;
    (*made)->quant.output_offset = output->zero_point;
    return NULL;
}

const char *nn_prepare_add_f32(nn_prepare_t *prepare) {
    return prepare_f32(prepare, NN_OPTIONS_ADD);
}

const char *nn_prepare_sub_f32(nn_prepare_t *prepare) {
    return prepare_f32(prepare, NN_OPTIONS_SUB);
}

const char *nn_prepare_mul_f32(nn_prepare_t *prepare) {
    return prepare_f32(prepare, NN_OPTIONS_MUL);
}

static bool resolve_fraction(double real, nn_scale_t *scale) {
    return real > 0.0 && real < 1.0
           && nn_quantise_multiplier(real, &scale->multiplier, &scale->shift)
           && scale->shift <= 0;
}

static const char *prepare_sum_s8(nn_prepare_t *prepare, uint8_t options_type) {
    arithmetic_t *arithmetic;
    const char *fault = prepare_s8(prepare, options_type, &arithmetic);
    if (fault != NULL) {
        return fault;
    }
    double one = (double)nn_input(prepare, 0)->scale;
    double two = (double)nn_input(prepare, 1)->scale;
    double output = (double)nn_output(prepare, 0)->scale;
    double twice_larger = 2.0 * (one > two ? one : two);
    bool is_wide = nn_input(prepare, 0)->type == NN_INT16;
    double raised = (double)(1 << (is_wide ? ADD_LEFT_SHIFT_16 : ADD_LEFT_SHIFT));
    nn_arithmetic_quant_t *quant = &arithmetic->quant;
    return resolve_fraction(one / twice_larger, &quant->one)
           && resolve_fraction(two / twice_larger, &quant->two)
           && resolve_fraction(twice_larger / (raised * output), &quant->output) ? NULL : "scales of inputs and output are too far apart";
}

const char *nn_prepare_add_s8(nn_prepare_t *prepare) {
    return prepare_sum_s8(prepare, NN_OPTIONS_ADD);
}

const char *nn_prepare_sub_s8(nn_prepare_t *prepare) {
    return prepare_sum_s8(prepare, NN_OPTIONS_SUB);
}

const char *nn_prepare_mul_s8(nn_prepare_t *prepare) {
    arithmetic_t *arithmetic;
    const char *fault = prepare_s8(prepare, NN_OPTIONS_MUL, &arithmetic);
    if (fault != NULL) {
        return fault;
    }
    double real = (double)nn_input(prepare, 0)->scale * (double)nn_input(prepare, 1)->scale
        / (double)nn_output(prepare, 0)->scale;
    nn_scale_t *scale = &arithmetic->quant.output;
    return nn_quantise_multiplier(real, &scale->multiplier, &scale->shift)
           ? NULL : "scales of inputs and output are too far apart";
}

// Inputs of one shape are one long row.
void nn_set_add_rows(const nn_op_t *op, const nn_strip_rows_t *rows) {
    arithmetic_t *arithmetic = op->state;
    const nn_tensor_t *output = op->outputs[0];
    arithmetic->shape.dims[NN_KERNEL_RANK - 1] = rows->output * output->dims[2] * output->dims[3];
}

void nn_run_add_f32(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_add_f32(&arithmetic->clamp_f32, &arithmetic->shape, nn_f32(op, 0), nn_f32(op, 1),
        nn_out_f32(op));
}

void nn_run_sub_f32(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_sub_f32(&arithmetic->clamp_f32, &arithmetic->shape, nn_f32(op, 0), nn_f32(op, 1),
        nn_out_f32(op));
}

void nn_run_mul_f32(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_mul_f32(&arithmetic->clamp_f32, &arithmetic->shape, nn_f32(op, 0), nn_f32(op, 1),
        nn_out_f32(op));
}

// Whether a fast kernel has done all.
static bool run_fast(const nn_op_t *op, const arithmetic_t *arithmetic, nn_elements_run_t run) {
    if (run != NULL) {
        run(&arithmetic->clamp_s8, &arithmetic->quant, arithmetic->shape.dims[NN_KERNEL_RANK - 1],
            nn_s8(op, 0), nn_s8(op, 1), nn_out_s8(op));
    }
    return run != NULL;
}

void nn_run_add_s8(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    if (run_fast(op, arithmetic, nn_fast_add(&arithmetic->quant, &arithmetic->shape))) {
        return;
    }
    nn_add_s8(&arithmetic->clamp_s8, &arithmetic->quant, &arithmetic->shape, nn_s8(op, 0),
        nn_s8(op, 1), nn_out_s8(op));
}

void nn_run_sub_s8(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_sub_s8(&arithmetic->clamp_s8, &arithmetic->quant, &arithmetic->shape, nn_s8(op, 0),
        nn_s8(op, 1), nn_out_s8(op));
}

void nn_run_mul_s8(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    if (run_fast(op, arithmetic, nn_fast_mul(&arithmetic->quant, &arithmetic->shape))) {
        return;
    }
    nn_mul_s8(&arithmetic->clamp_s8, &arithmetic->quant, &arithmetic->shape, nn_s8(op, 0),
        nn_s8(op, 1), nn_out_s8(op));
}

void nn_run_add_s16(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_add_s16(&arithmetic->clamp_s8, &arithmetic->quant, &arithmetic->shape, nn_data(op, 0),
        nn_data(op, 1), nn_out(op));
}

void nn_run_sub_s16(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_sub_s16(&arithmetic->clamp_s8, &arithmetic->quant, &arithmetic->shape, nn_data(op, 0),
        nn_data(op, 1), nn_out(op));
}

void nn_run_mul_s16(const nn_op_t *op) {
    const arithmetic_t *arithmetic = op->state;
    nn_mul_s16(&arithmetic->clamp_s8, &arithmetic->quant, &arithmetic->shape, nn_data(op, 0),
        nn_data(op, 1), nn_out(op));
}
