// QUANTIZE from float32 and DEQUANTIZE: what is resolved when a model is loaded.

#include "nn_groups.h"
#include "nn_op_families.h"

typedef struct _affine_op_t {
    nn_affine_t affine;
    int32_t count;
    uint8_t type; // of the quantised side
} affine_op_t;
NN_STATE_FITS(affine_op_t);

static bool integer_range(uint8_t type, nn_affine_t *affine) {
    switch (type) {
        case NN_INT8:
            return affine->low = INT8_MIN, affine->high = INT8_MAX, true;
        case NN_UINT8:
            return affine->low = 0, affine->high = UINT8_MAX, true;
#if NN_GROUP_INT16
        case NN_INT16:
            return affine->low = INT16_MIN, affine->high = INT16_MAX, true;
#endif
        default:
            return false;
    }
}

static const char *prepare_affine(nn_prepare_t *prepare, const nn_tensor_t *quantised,
    affine_op_t **made) {
    if (nn_count(nn_input(prepare, 0)) != nn_count(nn_output(prepare, 0))) {
        return "input and output differ in size";
    }
    affine_op_t *op = *made = nn_prepare_state(prepare, sizeof(affine_op_t));
    if (!integer_range(quantised->type, &op->affine)) {
        return "output type is not supported for this input type";
    }
    if (!nn_is_quantised(quantised)) {
        return "the quantised side has no scale";
    }
    op->count = (int32_t)nn_count(quantised);
    op->type = quantised->type;
    op->affine.scale = quantised->scale;
    op->affine.zero_point = quantised->zero_point;
    return NULL;
}

const char *nn_prepare_quantize(nn_prepare_t *prepare) {
    affine_op_t *op;
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_NONE);
    return fault != NULL ? fault : prepare_affine(prepare, nn_output(prepare, 0), &op);
}

const char *nn_prepare_dequantize(nn_prepare_t *prepare) {
    affine_op_t *op;
    const char *fault = nn_check_op(prepare, 1, 1, NN_OPTIONS_NONE);
    if (fault == NULL && nn_output(prepare, 0)->type != NN_FLOAT32) {
        fault = "output must be float32";
    }
    return fault != NULL ? fault : prepare_affine(prepare, nn_input(prepare, 0), &op);
}

void nn_run_quantize(const nn_op_t *op) {
    const affine_op_t *state = op->state;
    switch (state->type) {
        case NN_UINT8:
            nn_quantize_u8(&state->affine, state->count, nn_f32(op, 0), nn_out(op));
            break;
#if NN_GROUP_INT16
        case NN_INT16:
            nn_quantize_s16(&state->affine, state->count, nn_f32(op, 0), nn_out(op));
            break;
#endif
        default:
            nn_quantize_s8(&state->affine, state->count, nn_f32(op, 0), nn_out(op));
    }
}

void nn_run_dequantize_s8(const nn_op_t *op) {
    const affine_op_t *state = op->state;
    nn_dequantize_s8(&state->affine, state->count, nn_data(op, 0), nn_out_f32(op));
}

void nn_run_dequantize_u8(const nn_op_t *op) {
    const affine_op_t *state = op->state;
    nn_dequantize_u8(&state->affine, state->count, nn_data(op, 0), nn_out_f32(op));
}

void nn_run_dequantize_s16(const nn_op_t *op) {
    const affine_op_t *state = op->state;
    nn_dequantize_s16(&state->affine, state->count, nn_data(op, 0), nn_out_f32(op));
}
