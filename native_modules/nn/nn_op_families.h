// The functions that each family of ops brings to the table of kernels.
//
// What prepare and run may rely on is written in nn_ops.h.

#ifndef NN_OP_FAMILIES_H
#define NN_OP_FAMILIES_H

#include "kernels/nn_group_kernels.h"
#include "kernels/nn_kernels_16.h"
#include "nn_ops.h"

// What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED read and write: input, filter, bias, output.
// Input and filter are always there; not to ask again shows in small layers.
static inline const void *nn_bias_data(const nn_op_t *op) {
    const nn_tensor_t *bias = op->input_count > 2 ? op->inputs[2] : NULL;
    return bias == NULL ? NULL : bias->data;
}

static inline nn_conv_data_f32_t nn_filter_data_f32(const nn_op_t *op) {
    const void *input = op->inputs[0]->data, *filter = op->inputs[1]->data;
    return (nn_conv_data_f32_t) { input, filter, nn_bias_data(op), nn_out_f32(op) };
}

static inline nn_conv_data_s8_t nn_filter_data_s8(const nn_op_t *op) {
    const void *input = op->inputs[0]->data, *filter = op->inputs[1]->data;
    return (nn_conv_data_s8_t) { input, filter, nn_bias_data(op), nn_out_s8(op) };
}

// nn_layers.c: whether the types of filter, bias and output suit the input's.
const char *nn_check_layer_types(const nn_prepare_t *prepare);

// Whether a layer of int16 data adds up in 64 bits, which goes by its bias.
bool nn_has_wide_sums(const nn_op_t *op);

// Scales for such sums. NULL when all is well; lists may be NULL, while counting.
const char *nn_narrow_one_scale(nn_scale_t *scale);
const char *nn_narrow_scales(nn_scales_t *scales, int32_t channels);

// What a layer of int16 data reads and writes.
nn_layer_data_16_t nn_layer_data_16(const nn_op_t *op);

// How many rows an op of strips (nn_strips.c) has at hand and makes, and how many rows of padding
// come before those at hand.
typedef struct _nn_strip_rows_t {
    int32_t input, output, before;
} nn_strip_rows_t;

void nn_set_add_rows(const nn_op_t *op, const nn_strip_rows_t *rows); // of inputs of one shape
void nn_set_conv_rows(const nn_op_t *op, const nn_strip_rows_t *rows);
void nn_set_pool_rows(const nn_op_t *op, const nn_strip_rows_t *rows);

// op_conv.c
const char *nn_prepare_conv_f32(nn_prepare_t *prepare);
void nn_run_conv_f32(const nn_op_t *op);
const char *nn_prepare_conv_s8(nn_prepare_t *prepare);
void nn_run_conv_s8(const nn_op_t *op); // of DEPTHWISE_CONV_2D as well
const char *nn_prepare_depthwise_f32(nn_prepare_t *prepare);
void nn_run_depthwise_f32(const nn_op_t *op);
const char *nn_prepare_depthwise_s8(nn_prepare_t *prepare);
const char *nn_prepare_conv_s16(nn_prepare_t *prepare);
void nn_run_conv_s16(const nn_op_t *op);
const char *nn_prepare_depthwise_s16(nn_prepare_t *prepare);
void nn_run_depthwise_s16(const nn_op_t *op);
const char *nn_prepare_conv_s4(nn_prepare_t *prepare);
void nn_run_conv_s4(const nn_op_t *op);
const char *nn_prepare_depthwise_s4(nn_prepare_t *prepare);
void nn_run_depthwise_s4(const nn_op_t *op);

// op_dense.c
const char *nn_prepare_dense_f32(nn_prepare_t *prepare);
void nn_run_dense_f32(const nn_op_t *op);
const char *nn_prepare_dense_s8(nn_prepare_t *prepare);
void nn_run_dense_s8(const nn_op_t *op);
const char *nn_prepare_dense_s16(nn_prepare_t *prepare);
void nn_run_dense_s16(const nn_op_t *op);
const char *nn_prepare_dense_s4(nn_prepare_t *prepare);
void nn_run_dense_s4(const nn_op_t *op);

// op_pool.c
const char *nn_prepare_pool_f32(nn_prepare_t *prepare);
void nn_run_average_pool_f32(const nn_op_t *op);
const char *nn_prepare_pool_s8(nn_prepare_t *prepare);
void nn_run_average_pool_s8(const nn_op_t *op);
void nn_run_max_pool_f32(const nn_op_t *op);
void nn_run_max_pool_s8(const nn_op_t *op);
void nn_run_average_pool_s16(const nn_op_t *op); // prepared as for int8, as is the other
void nn_run_max_pool_s16(const nn_op_t *op);

// op_softmax.c
const char *nn_prepare_softmax_f32(nn_prepare_t *prepare);
void nn_run_softmax_f32(const nn_op_t *op);
const char *nn_prepare_softmax_s8(nn_prepare_t *prepare);
void nn_run_softmax_s8(const nn_op_t *op);
const char *nn_prepare_softmax_s16(nn_prepare_t *prepare);
void nn_run_softmax_s16(const nn_op_t *op);

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
void nn_run_add_s16(const nn_op_t *op); // prepared as for int8, as are the others
void nn_run_sub_s16(const nn_op_t *op);
void nn_run_mul_s16(const nn_op_t *op);

// nn_axes.c: output dims and strides; false when the shapes do not fit.
bool nn_resolve_broadcast(const nn_tensor_t *one, const nn_tensor_t *two,
    const nn_tensor_t *output, nn_broadcast_t *shape);

// Puts an axis in front of those in dims[*place ..]; merged when it runs on.
// dims are all 1 and *place the last axis to begin with.
void nn_push_axis(int32_t *dims, int32_t *strides, int32_t *place, int32_t dim, int32_t stride);

// In elements, one for each axis of the tensor.
void nn_strides_of(const nn_tensor_t *tensor, int32_t *strides);

// An axis that may be counted from the end; false when there is none such.
bool nn_resolve_axis(int32_t axis, int32_t rank, int32_t *resolved);

// Of dims[first .. end - 1]; axes of one tensor, so that nothing overflows.
int32_t nn_product(const nn_tensor_t *tensor, int32_t first, int32_t end);

static inline int32_t nn_element_bytes(const nn_tensor_t *tensor) {
    return (int32_t)(tensor->bytes / nn_count(tensor));
}

// op_slice.c
const char *nn_prepare_transpose(nn_prepare_t *prepare);
const char *nn_prepare_slice(nn_prepare_t *prepare);
const char *nn_prepare_strided_slice(nn_prepare_t *prepare);
const char *nn_prepare_space_to_depth(nn_prepare_t *prepare);
const char *nn_prepare_depth_to_space(nn_prepare_t *prepare);
void nn_run_move(const nn_op_t *op);

// op_split.c
const char *nn_prepare_split(nn_prepare_t *prepare);
const char *nn_prepare_split_v(nn_prepare_t *prepare);
const char *nn_prepare_unpack(nn_prepare_t *prepare);
void nn_run_split(const nn_op_t *op); // SPLIT, SPLIT_V, UNPACK
const char *nn_prepare_pack(nn_prepare_t *prepare);
void nn_run_pack(const nn_op_t *op);
const char *nn_prepare_gather(nn_prepare_t *prepare);
void nn_run_gather(const nn_op_t *op);

// op_resize.c
const char *nn_prepare_resize(nn_prepare_t *prepare);
void nn_run_resize_nearest(const nn_op_t *op);
void nn_run_resize_bilinear_f32(const nn_op_t *op);
void nn_run_resize_bilinear_s8(const nn_op_t *op);

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

// op_functions_16.c; nn_check_unary says whether one input and one output are of one size.
const char *nn_check_unary(const nn_prepare_t *prepare);
const char *nn_prepare_rescale_16(nn_prepare_t *prepare); // ABS LEAKY_RELU QUANTIZE RELU
void nn_run_rescale_16(const nn_op_t *op);
const char *nn_prepare_relu6_s16(nn_prepare_t *prepare);
void nn_run_relu6_s16(const nn_op_t *op);
const char *nn_prepare_logistic_s16(nn_prepare_t *prepare);
void nn_run_logistic_s16(const nn_op_t *op);
const char *nn_prepare_tanh_s16(nn_prepare_t *prepare);
void nn_run_tanh_s16(const nn_op_t *op);

// op_quantize.c
void nn_run_dequantize_s16(const nn_op_t *op);
const char *nn_prepare_dequantize(nn_prepare_t *prepare);
void nn_run_dequantize_s8(const nn_op_t *op);
void nn_run_dequantize_u8(const nn_op_t *op);
const char *nn_prepare_quantize(nn_prepare_t *prepare);
void nn_run_quantize(const nn_op_t *op);
const char *nn_prepare_requantise(nn_prepare_t *prepare); // of bytes
void nn_run_requantise(const nn_op_t *op);

// op_move.c
const char *nn_prepare_concatenation(nn_prepare_t *prepare);
void nn_run_concatenation(const nn_op_t *op);
const char *nn_prepare_reshape(nn_prepare_t *prepare);
void nn_run_reshape(const nn_op_t *op);
const char *nn_prepare_pad(nn_prepare_t *prepare);
void nn_run_pad(const nn_op_t *op);

// op_reduce.c
const char *nn_prepare_reduce_f32(nn_prepare_t *prepare); // MEAN REDUCE_MAX SUM
const char *nn_prepare_mean_s8(nn_prepare_t *prepare); // MEAN SUM
void nn_run_mean_f32(const nn_op_t *op);
void nn_run_mean_s8(const nn_op_t *op);
void nn_run_mean_s16(const nn_op_t *op); // prepared as for int8
void nn_run_sum_f32(const nn_op_t *op);
const char *nn_prepare_largest_s8(nn_prepare_t *prepare);
void nn_run_largest_f32(const nn_op_t *op);
void nn_run_largest_s8(const nn_op_t *op);
const char *nn_prepare_extreme_place(nn_prepare_t *prepare);
void nn_run_extreme_place_f32(const nn_op_t *op);
void nn_run_extreme_place_s8(const nn_op_t *op);

// op_matrix.c
const char *nn_prepare_l2_normalize(nn_prepare_t *prepare);
void nn_run_l2_normalize_f32(const nn_op_t *op);
void nn_run_l2_normalize_s8(const nn_op_t *op);
const char *nn_prepare_matmul(nn_prepare_t *prepare);
void nn_run_matmul_f32(const nn_op_t *op);
void nn_run_matmul_s8(const nn_op_t *op);

// op_recurrent.c
const char *nn_prepare_svdf_f32(nn_prepare_t *prepare);
void nn_run_svdf_f32(const nn_op_t *op);
const char *nn_prepare_svdf_s8(nn_prepare_t *prepare);
void nn_run_svdf_s8(const nn_op_t *op);
const char *nn_prepare_lstm_f32(nn_prepare_t *prepare);
void nn_run_lstm_f32(const nn_op_t *op);
const char *nn_prepare_lstm_s8(nn_prepare_t *prepare);
void nn_run_lstm_s8(const nn_op_t *op);

// op_transpose_conv.c
const char *nn_prepare_transpose_conv_f32(nn_prepare_t *prepare);
void nn_run_transpose_conv_f32(const nn_op_t *op);
const char *nn_prepare_transpose_conv_s8(nn_prepare_t *prepare);
void nn_run_transpose_conv_s8(const nn_op_t *op);

#endif // NN_OP_FAMILIES_H
