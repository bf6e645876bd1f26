// The functions that each family of ops brings to the table of kernels.
//
// What prepare and run may rely on is written in nn_ops.h.

#ifndef NN_OP_FAMILIES_H
#define NN_OP_FAMILIES_H

#include "nn_ops.h"

// What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED read and write: input, filter, bias, output.
static inline nn_conv_data_f32_t nn_filter_data_f32(const nn_op_t *op) {
    return (nn_conv_data_f32_t) { nn_f32(op, 0), nn_f32(op, 1), nn_f32(op, 2), nn_out_f32(op) };
}

static inline nn_conv_data_s8_t nn_filter_data_s8(const nn_op_t *op) {
    return (nn_conv_data_s8_t) { nn_s8(op, 0), nn_s8(op, 1), nn_s32(op, 2), nn_out_s8(op) };
}

// op_conv.c
const char *nn_prepare_conv_f32(nn_prepare_t *prepare);
void nn_run_conv_f32(const nn_op_t *op);
const char *nn_prepare_conv_s8(nn_prepare_t *prepare);
void nn_run_conv_s8(const nn_op_t *op);
const char *nn_prepare_depthwise_f32(nn_prepare_t *prepare);
void nn_run_depthwise_f32(const nn_op_t *op);
const char *nn_prepare_depthwise_s8(nn_prepare_t *prepare);
void nn_run_depthwise_s8(const nn_op_t *op);

// op_dense.c
const char *nn_prepare_dense_f32(nn_prepare_t *prepare);
void nn_run_dense_f32(const nn_op_t *op);
const char *nn_prepare_dense_s8(nn_prepare_t *prepare);
void nn_run_dense_s8(const nn_op_t *op);

// op_pool.c
const char *nn_prepare_pool_f32(nn_prepare_t *prepare);
void nn_run_average_pool_f32(const nn_op_t *op);
const char *nn_prepare_pool_s8(nn_prepare_t *prepare);
void nn_run_average_pool_s8(const nn_op_t *op);
void nn_run_max_pool_f32(const nn_op_t *op);
void nn_run_max_pool_s8(const nn_op_t *op);

// op_softmax.c
const char *nn_prepare_softmax_f32(nn_prepare_t *prepare);
void nn_run_softmax_f32(const nn_op_t *op);
const char *nn_prepare_softmax_s8(nn_prepare_t *prepare);
void nn_run_softmax_s8(const nn_op_t *op);

// op_arithmetic.c
const char *nn_prepare_add_f32(nn_prepare_t *prepare);
void nn_run_add_f32(const nn_op_t *op);
const char *nn_prepare_add_s8(nn_prepare_t *prepare);
void nn_run_add_s8(const nn_op_t *op);
const char *nn_prepare_sub_f32(nn_prepare_t *prepare);
void nn_run_sub_f32(const nn_op_t *op);
const char *nn_prepare_sub_s8(nn_prepare_t *prepare);
void nn_run_sub_s8(const nn_op_t *op);
const char *nn_prepare_mul_f32(nn_prepare_t *prepare);
void nn_run_mul_f32(const nn_op_t *op);
const char *nn_prepare_mul_s8(nn_prepare_t *prepare);
void nn_run_mul_s8(const nn_op_t *op);

// nn_broadcast.c: output dims and strides; false when the shapes do not fit.
bool nn_resolve_broadcast(const nn_tensor_t *one, const nn_tensor_t *two,
    const nn_tensor_t *output, nn_broadcast_t *shape);

// op_pairs.c
const char *nn_prepare_extreme(nn_prepare_t *prepare);
const char *nn_prepare_comparison(nn_prepare_t *prepare);
const char *nn_prepare_prelu(nn_prepare_t *prepare);
void nn_run_pair(const nn_op_t *op);

// op_functions.c
void nn_run_function_f32(const nn_op_t *op); // ABS ELU EXP HARD_SWISH LOG NEG RSQRT SQRT
const char *nn_prepare_leaky_relu_f32(nn_prepare_t *prepare);
void nn_run_leaky_relu_f32(const nn_op_t *op);
const char *nn_prepare_slopes_s8(nn_prepare_t *prepare); // ABS LEAKY_RELU
const char *nn_prepare_elu_s8(nn_prepare_t *prepare);
const char *nn_prepare_hard_swish_s8(nn_prepare_t *prepare);
const char *nn_prepare_rsqrt_s8(nn_prepare_t *prepare);
const char *nn_prepare_cast(nn_prepare_t *prepare);
void nn_run_cast(const nn_op_t *op);

// op_unary.c; nn_prepare_lookup gives the table of 256 entries to fill, NULL
// while counting, and nn_check_s8 says what an int8 function's tensors lack.
const char *nn_prepare_lookup(nn_prepare_t *prepare, uint8_t **table);
const char *nn_check_s8(const nn_prepare_t *prepare);
const char *nn_prepare_unary_f32(nn_prepare_t *prepare);
void nn_run_logistic_f32(const nn_op_t *op);
const char *nn_prepare_logistic_s8(nn_prepare_t *prepare);
void nn_run_lookup(const nn_op_t *op);
void nn_run_relu_f32(const nn_op_t *op);
const char *nn_prepare_relu_s8(nn_prepare_t *prepare);
void nn_run_relu6_f32(const nn_op_t *op);
const char *nn_prepare_relu6_s8(nn_prepare_t *prepare);
void nn_run_tanh_f32(const nn_op_t *op);
const char *nn_prepare_tanh_s8(nn_prepare_t *prepare);

// op_quantize.c
const char *nn_prepare_dequantize(nn_prepare_t *prepare);
void nn_run_dequantize_s8(const nn_op_t *op);
void nn_run_dequantize_u8(const nn_op_t *op);
const char *nn_prepare_quantize(nn_prepare_t *prepare);
void nn_run_quantize(const nn_op_t *op);
const char *nn_prepare_requantise(nn_prepare_t *prepare);

// op_move.c
const char *nn_prepare_concatenation(nn_prepare_t *prepare);
void nn_run_concatenation(const nn_op_t *op);
const char *nn_prepare_reshape(nn_prepare_t *prepare);
void nn_run_reshape(const nn_op_t *op);
const char *nn_prepare_pad(nn_prepare_t *prepare);
void nn_run_pad(const nn_op_t *op);

// op_mean.c
const char *nn_prepare_mean_f32(nn_prepare_t *prepare);
void nn_run_mean_f32(const nn_op_t *op);
const char *nn_prepare_mean_s8(nn_prepare_t *prepare);
void nn_run_mean_s8(const nn_op_t *op);

#endif // NN_OP_FAMILIES_H
