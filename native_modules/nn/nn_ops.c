// The table of kernels: which (op, type) pairs run, and with what.
//
// A faster kernel replaces a row's functions; nothing else needs to know.
// Sorted by the text "OP:type", as nn_supported() hands it out. A row in braces
// is in every firmware, another one is if its group is (nn_groups.h).

#include "nn_groups.h"
#include "nn_op_families.h"

static const nn_kernel_t kernels[] = {
    FUNCTIONS(NN_ABS, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    FUNCTIONS(NN_ABS, NN_INT8, nn_prepare_slopes_s8, nn_run_lookup)
    { NN_ADD, NN_FLOAT32, nn_prepare_add_f32, nn_run_add_f32 },
    { NN_ADD, NN_INT8, nn_prepare_add_s8, nn_run_add_s8 },
    REDUCE(NN_ARG_MAX, NN_FLOAT32, nn_prepare_extreme_place, nn_run_extreme_place_f32)
    REDUCE(NN_ARG_MAX, NN_INT8, nn_prepare_extreme_place, nn_run_extreme_place_s8)
    REDUCE(NN_ARG_MIN, NN_FLOAT32, nn_prepare_extreme_place, nn_run_extreme_place_f32)
    REDUCE(NN_ARG_MIN, NN_INT8, nn_prepare_extreme_place, nn_run_extreme_place_s8)
    { NN_AVERAGE_POOL_2D, NN_FLOAT32, nn_prepare_pool_f32, nn_run_average_pool_f32 },
    { NN_AVERAGE_POOL_2D, NN_INT8, nn_prepare_pool_s8, nn_run_average_pool_s8 },
    MATRICES(NN_BATCH_MATMUL, NN_FLOAT32, nn_prepare_matmul, nn_run_matmul_f32)
    MATRICES(NN_BATCH_MATMUL, NN_INT8, nn_prepare_matmul, nn_run_matmul_s8)
    FUNCTIONS(NN_CAST, NN_BOOL, nn_prepare_cast, nn_run_cast)
    FUNCTIONS(NN_CAST, NN_FLOAT32, nn_prepare_cast, nn_run_cast)
    FUNCTIONS(NN_CAST, NN_INT16, nn_prepare_cast, nn_run_cast)
    FUNCTIONS(NN_CAST, NN_INT32, nn_prepare_cast, nn_run_cast)
    FUNCTIONS(NN_CAST, NN_INT8, nn_prepare_cast, nn_run_cast)
    { NN_CONCATENATION, NN_FLOAT32, nn_prepare_concatenation, nn_run_concatenation },
    { NN_CONCATENATION, NN_INT8, nn_prepare_concatenation, nn_run_concatenation },
    { NN_CONV_2D, NN_FLOAT32, nn_prepare_conv_f32, nn_run_conv_f32 },
    { NN_CONV_2D, NN_INT8, nn_prepare_conv_s8, nn_run_conv_s8 },
    { NN_DEPTHWISE_CONV_2D, NN_FLOAT32, nn_prepare_depthwise_f32, nn_run_depthwise_f32 },
    { NN_DEPTHWISE_CONV_2D, NN_INT8, nn_prepare_depthwise_s8, nn_run_conv_s8 },
    SHAPES(NN_DEPTH_TO_SPACE, NN_FLOAT32, nn_prepare_depth_to_space, nn_run_move)
    SHAPES(NN_DEPTH_TO_SPACE, NN_INT8, nn_prepare_depth_to_space, nn_run_move)
    { NN_DEQUANTIZE, NN_INT8, nn_prepare_dequantize, nn_run_dequantize_s8 },
    { NN_DEQUANTIZE, NN_UINT8, nn_prepare_dequantize, nn_run_dequantize_u8 },
    FUNCTIONS(NN_ELU, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    FUNCTIONS(NN_ELU, NN_INT8, nn_prepare_elu_s8, nn_run_lookup)
    FUNCTIONS(NN_EQUAL, NN_BOOL, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_EQUAL, NN_FLOAT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_EQUAL, NN_INT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_EQUAL, NN_INT8, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_EXP, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    { NN_EXPAND_DIMS, NN_FLOAT32, nn_prepare_reshape, nn_run_reshape },
    { NN_EXPAND_DIMS, NN_INT8, nn_prepare_reshape, nn_run_reshape },
    { NN_FULLY_CONNECTED, NN_FLOAT32, nn_prepare_dense_f32, nn_run_dense_f32 },
    { NN_FULLY_CONNECTED, NN_INT8, nn_prepare_dense_s8, nn_run_dense_s8 },
    SHAPES(NN_GATHER, NN_FLOAT32, nn_prepare_gather, nn_run_gather)
    SHAPES(NN_GATHER, NN_INT8, nn_prepare_gather, nn_run_gather)
    FUNCTIONS(NN_GREATER, NN_FLOAT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_GREATER, NN_INT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_GREATER, NN_INT8, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_GREATER_EQUAL, NN_FLOAT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_GREATER_EQUAL, NN_INT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_GREATER_EQUAL, NN_INT8, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_HARD_SWISH, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    FUNCTIONS(NN_HARD_SWISH, NN_INT8, nn_prepare_hard_swish_s8, nn_run_lookup)
    MATRICES(NN_L2_NORMALIZATION, NN_FLOAT32, nn_prepare_l2_normalize, nn_run_l2_normalize_f32)
    MATRICES(NN_L2_NORMALIZATION, NN_INT8, nn_prepare_l2_normalize, nn_run_l2_normalize_s8)
    FUNCTIONS(NN_LEAKY_RELU, NN_FLOAT32, nn_prepare_leaky_relu_f32, nn_run_leaky_relu_f32)
    FUNCTIONS(NN_LEAKY_RELU, NN_INT8, nn_prepare_slopes_s8, nn_run_lookup)
    FUNCTIONS(NN_LESS, NN_FLOAT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_LESS, NN_INT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_LESS, NN_INT8, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_LESS_EQUAL, NN_FLOAT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_LESS_EQUAL, NN_INT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_LESS_EQUAL, NN_INT8, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_LOG, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    { NN_LOGISTIC, NN_FLOAT32, nn_prepare_unary_f32, nn_run_logistic_f32 },
    { NN_LOGISTIC, NN_INT8, nn_prepare_logistic_s8, nn_run_lookup },
    FUNCTIONS(NN_MAXIMUM, NN_FLOAT32, nn_prepare_extreme, nn_run_pair)
    FUNCTIONS(NN_MAXIMUM, NN_INT8, nn_prepare_extreme, nn_run_pair)
    { NN_MAX_POOL_2D, NN_FLOAT32, nn_prepare_pool_f32, nn_run_max_pool_f32 },
    { NN_MAX_POOL_2D, NN_INT8, nn_prepare_pool_s8, nn_run_max_pool_s8 },
    { NN_MEAN, NN_FLOAT32, nn_prepare_reduce_f32, nn_run_mean_f32 },
    { NN_MEAN, NN_INT8, nn_prepare_mean_s8, nn_run_mean_s8 },
    FUNCTIONS(NN_MINIMUM, NN_FLOAT32, nn_prepare_extreme, nn_run_pair)
    FUNCTIONS(NN_MINIMUM, NN_INT8, nn_prepare_extreme, nn_run_pair)
    { NN_MUL, NN_FLOAT32, nn_prepare_mul_f32, nn_run_mul_f32 },
    { NN_MUL, NN_INT8, nn_prepare_mul_s8, nn_run_mul_s8 },
    FUNCTIONS(NN_NEG, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    FUNCTIONS(NN_NOT_EQUAL, NN_BOOL, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_NOT_EQUAL, NN_FLOAT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_NOT_EQUAL, NN_INT32, nn_prepare_comparison, nn_run_pair)
    FUNCTIONS(NN_NOT_EQUAL, NN_INT8, nn_prepare_comparison, nn_run_pair)
    SHAPES(NN_PACK, NN_FLOAT32, nn_prepare_pack, nn_run_pack)
    SHAPES(NN_PACK, NN_INT32, nn_prepare_pack, nn_run_pack)
    SHAPES(NN_PACK, NN_INT64, nn_prepare_pack, nn_run_pack)
    SHAPES(NN_PACK, NN_INT8, nn_prepare_pack, nn_run_pack)
    { NN_PAD, NN_FLOAT32, nn_prepare_pad, nn_run_pad },
    { NN_PAD, NN_INT8, nn_prepare_pad, nn_run_pad },
    { NN_PADV2, NN_FLOAT32, nn_prepare_pad, nn_run_pad },
    { NN_PADV2, NN_INT8, nn_prepare_pad, nn_run_pad },
    FUNCTIONS(NN_PRELU, NN_FLOAT32, nn_prepare_prelu, nn_run_pair)
    FUNCTIONS(NN_PRELU, NN_INT8, nn_prepare_prelu, nn_run_pair)
    { NN_QUANTIZE, NN_FLOAT32, nn_prepare_quantize, nn_run_quantize },
    { NN_QUANTIZE, NN_INT8, nn_prepare_requantise, nn_run_lookup },
    { NN_QUANTIZE, NN_UINT8, nn_prepare_requantise, nn_run_lookup },
    REDUCE(NN_REDUCE_MAX, NN_FLOAT32, nn_prepare_reduce_f32, nn_run_largest_f32)
    REDUCE(NN_REDUCE_MAX, NN_INT8, nn_prepare_largest_s8, nn_run_largest_s8)
    { NN_RELU6, NN_FLOAT32, nn_prepare_unary_f32, nn_run_relu6_f32 },
    { NN_RELU6, NN_INT8, nn_prepare_relu6_s8, nn_run_lookup },
    { NN_RELU, NN_FLOAT32, nn_prepare_unary_f32, nn_run_relu_f32 },
    { NN_RELU, NN_INT8, nn_prepare_relu_s8, nn_run_lookup },
    { NN_RESHAPE, NN_BOOL, nn_prepare_reshape, nn_run_reshape },
    { NN_RESHAPE, NN_FLOAT32, nn_prepare_reshape, nn_run_reshape },
    { NN_RESHAPE, NN_INT16, nn_prepare_reshape, nn_run_reshape },
    { NN_RESHAPE, NN_INT32, nn_prepare_reshape, nn_run_reshape },
    { NN_RESHAPE, NN_INT8, nn_prepare_reshape, nn_run_reshape },
    RESIZE(NN_RESIZE_BILINEAR, NN_FLOAT32, nn_prepare_resize, nn_run_resize_bilinear_f32)
    RESIZE(NN_RESIZE_BILINEAR, NN_INT8, nn_prepare_resize, nn_run_resize_bilinear_s8)
    RESIZE(NN_RESIZE_NEAREST_NEIGHBOR, NN_FLOAT32, nn_prepare_resize, nn_run_resize_nearest)
    RESIZE(NN_RESIZE_NEAREST_NEIGHBOR, NN_INT16, nn_prepare_resize, nn_run_resize_nearest)
    RESIZE(NN_RESIZE_NEAREST_NEIGHBOR, NN_INT8, nn_prepare_resize, nn_run_resize_nearest)
    FUNCTIONS(NN_RSQRT, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    FUNCTIONS(NN_RSQRT, NN_INT8, nn_prepare_rsqrt_s8, nn_run_lookup)
    SHAPES(NN_SLICE, NN_FLOAT32, nn_prepare_slice, nn_run_move)
    SHAPES(NN_SLICE, NN_INT16, nn_prepare_slice, nn_run_move)
    SHAPES(NN_SLICE, NN_INT32, nn_prepare_slice, nn_run_move)
    SHAPES(NN_SLICE, NN_INT8, nn_prepare_slice, nn_run_move)
    { NN_SOFTMAX, NN_FLOAT32, nn_prepare_softmax_f32, nn_run_softmax_f32 },
    { NN_SOFTMAX, NN_INT8, nn_prepare_softmax_s8, nn_run_softmax_s8 },
    SHAPES(NN_SPACE_TO_DEPTH, NN_FLOAT32, nn_prepare_space_to_depth, nn_run_move)
    SHAPES(NN_SPACE_TO_DEPTH, NN_INT8, nn_prepare_space_to_depth, nn_run_move)
    SHAPES(NN_SPLIT, NN_FLOAT32, nn_prepare_split, nn_run_split)
    SHAPES(NN_SPLIT, NN_INT16, nn_prepare_split, nn_run_split)
    SHAPES(NN_SPLIT, NN_INT32, nn_prepare_split, nn_run_split)
    SHAPES(NN_SPLIT, NN_INT8, nn_prepare_split, nn_run_split)
    SHAPES(NN_SPLIT_V, NN_FLOAT32, nn_prepare_split_v, nn_run_split)
    SHAPES(NN_SPLIT_V, NN_INT16, nn_prepare_split_v, nn_run_split)
    SHAPES(NN_SPLIT_V, NN_INT32, nn_prepare_split_v, nn_run_split)
    SHAPES(NN_SPLIT_V, NN_INT8, nn_prepare_split_v, nn_run_split)
    FUNCTIONS(NN_SQRT, NN_FLOAT32, nn_prepare_unary_f32, nn_run_function_f32)
    { NN_SQUEEZE, NN_FLOAT32, nn_prepare_reshape, nn_run_reshape },
    { NN_SQUEEZE, NN_INT8, nn_prepare_reshape, nn_run_reshape },
    SHAPES(NN_STRIDED_SLICE, NN_BOOL, nn_prepare_strided_slice, nn_run_move)
    SHAPES(NN_STRIDED_SLICE, NN_FLOAT32, nn_prepare_strided_slice, nn_run_move)
    SHAPES(NN_STRIDED_SLICE, NN_INT16, nn_prepare_strided_slice, nn_run_move)
    SHAPES(NN_STRIDED_SLICE, NN_INT32, nn_prepare_strided_slice, nn_run_move)
    SHAPES(NN_STRIDED_SLICE, NN_INT8, nn_prepare_strided_slice, nn_run_move)
    FUNCTIONS(NN_SUB, NN_FLOAT32, nn_prepare_sub_f32, nn_run_sub_f32)
    FUNCTIONS(NN_SUB, NN_INT8, nn_prepare_sub_s8, nn_run_sub_s8)
    REDUCE(NN_SUM, NN_FLOAT32, nn_prepare_reduce_f32, nn_run_sum_f32)
    REDUCE(NN_SUM, NN_INT8, nn_prepare_mean_s8, nn_run_mean_s8)
    RECURRENT(NN_SVDF, NN_FLOAT32, nn_prepare_svdf_f32, nn_run_svdf_f32)
    RECURRENT(NN_SVDF, NN_INT8, nn_prepare_svdf_s8, nn_run_svdf_s8)
    { NN_TANH, NN_FLOAT32, nn_prepare_unary_f32, nn_run_tanh_f32 },
    { NN_TANH, NN_INT8, nn_prepare_tanh_s8, nn_run_lookup },
    SHAPES(NN_TRANSPOSE, NN_FLOAT32, nn_prepare_transpose, nn_run_move)
    SHAPES(NN_TRANSPOSE, NN_INT16, nn_prepare_transpose, nn_run_move)
    SHAPES(NN_TRANSPOSE, NN_INT8, nn_prepare_transpose, nn_run_move)
    MATRICES(NN_TRANSPOSE_CONV, NN_FLOAT32, nn_prepare_transpose_conv_f32, nn_run_transpose_conv_f32)
    MATRICES(NN_TRANSPOSE_CONV, NN_INT8, nn_prepare_transpose_conv_s8, nn_run_transpose_conv_s8)
    RECURRENT(NN_UNIDIRECTIONAL_SEQUENCE_LSTM, NN_FLOAT32, nn_prepare_lstm_f32, nn_run_lstm_f32)
    RECURRENT(NN_UNIDIRECTIONAL_SEQUENCE_LSTM, NN_INT8, nn_prepare_lstm_s8, nn_run_lstm_s8)
    SHAPES(NN_UNPACK, NN_FLOAT32, nn_prepare_unpack, nn_run_split)
    SHAPES(NN_UNPACK, NN_INT32, nn_prepare_unpack, nn_run_split)
    SHAPES(NN_UNPACK, NN_INT8, nn_prepare_unpack, nn_run_split)
};

#define KERNEL_COUNT (sizeof(kernels) / sizeof(kernels[0]))

const nn_kernel_t *nn_find_kernel(uint16_t code, uint8_t type) {
    for (uint32_t i = 0; i < KERNEL_COUNT; ++i) {
        if (kernels[i].code == code && kernels[i].type == type) {
            return &kernels[i];
        }
    }
    return NULL;
}

bool nn_supported(uint32_t index, uint16_t *code, uint8_t *type) {
    if (index >= KERNEL_COUNT) {
        return false;
    }
    *code = kernels[index].code;
    *type = kernels[index].type;
    return true;
}
