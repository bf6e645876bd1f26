// SOFTMAX: what is resolved when a model is loaded.

#include <math.h>

#include "nn_op_families.h"

#define DIFFERENCE_INTEGER_BITS (5)
#define MAX_DEPTH (4095) // so that the Q12.19 sum of exponentials fits
#define MAX_DEPTH_16 (65535) // so that the Q16.15 sum fits

typedef struct _softmax_t {
    nn_softmax_dims_t dims;
    nn_softmax_quant_t quant;
    float beta;
} softmax_t;
NN_STATE_FITS(softmax_t);

static const char *prepare_any(nn_prepare_t *prepare, softmax_t **made) {
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_SOFTMAX);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (input->rank < 1 || !nn_same_shape(input, output) || output->type != input->type) {
        return "input and output must have the same shape and type";
    }
    softmax_t *softmax = *made = nn_prepare_state(prepare, sizeof(softmax_t));
    softmax->dims.depth = input->dims[input->rank - 1];
    softmax->dims.rows = (int32_t)nn_count(input) / softmax->dims.depth;
    softmax->beta = nn_field_f32(&prepare->model->file, &prepare->options, NN_SOFTMAX_BETA,
        0.0f);
    return isfinite(softmax->beta) ? NULL : "beta is not a finite number";
}

const char *nn_prepare_softmax_f32(nn_prepare_t *prepare) {
    softmax_t *softmax;
    return prepare_any(prepare, &softmax);
}

const char *nn_prepare_softmax_s8(nn_prepare_t *prepare) {
    softmax_t *softmax;
    const char *fault = prepare_any(prepare, &softmax);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    const nn_tensor_t *output = nn_output(prepare, 0);
    if (!nn_is_quantised(input) || output->zero_point != INT8_MIN
        || output->scale != 1.0f / 256) {
        return "output must have scale 1/256 and zero point -128";
    }
    if (softmax->dims.depth > MAX_DEPTH) {
        return "more than 4095 values in a row";
    }
    const double most = 2147483647.0;
    double real = (double)softmax->beta * (double)input->scale
        * (double)(INT32_C(1) << (31 - DIFFERENCE_INTEGER_BITS));
    real = real < most ? real : most;
    if (!(real > 1.0)) {
        return "beta times the input's scale is too small";
    }
    nn_scale_t *scale = &softmax->quant.input;
    // A shift of 31, one past what others may have, occurs at the cap: then only
    // a difference of 0 is within reach.
    nn_quantise_multiplier(real, &scale->multiplier, &scale->shift);
    double reach = 31.0 * (double)(INT32_C(1) << (31 - DIFFERENCE_INTEGER_BITS));
    softmax->quant.least_difference = -(int32_t)floor(ldexp(reach, -scale->shift));
    return NULL;
}

const char *nn_prepare_softmax_s16(nn_prepare_t *prepare) {
    softmax_t *softmax;
    const char *fault = prepare_any(prepare, &softmax);
    if (fault != NULL) {
        return fault;
    }
    const nn_tensor_t *input = nn_input(prepare, 0);
    if (!nn_is_quantised(input) || nn_output(prepare, 0)->scale != 1.0f / 32768) {
        return "input must have a scale, and output scale 1/32768";
    }
    if (softmax->dims.depth > MAX_DEPTH_16) {
        return "more than 65535 values in a row";
    }
    // What is further below the maximum than 10 counts as that.
    double real = (double)input->scale * (double)softmax->beta / (10.0 / 65535.0);
    nn_scale_t *scale = &softmax->quant.input;
    return nn_quantise_multiplier(real, &scale->multiplier, &scale->shift)
           ? NULL : "beta times the input's scale is out of range";
}

void nn_run_softmax_s16(const nn_op_t *op) {
    const softmax_t *softmax = op->state;
    nn_softmax_s16(&softmax->quant.input, &softmax->dims, nn_data(op, 0), nn_out(op));
}

void nn_run_softmax_f32(const nn_op_t *op) {
    const softmax_t *softmax = op->state;
    nn_softmax_f32(softmax->beta, &softmax->dims, nn_f32(op, 0), nn_out_f32(op));
}

void nn_run_softmax_s8(const nn_op_t *op) {
    const softmax_t *softmax = op->state;
    nn_softmax_s8(&softmax->quant, &softmax->dims, nn_s8(op, 0), nn_out_s8(op));
}
