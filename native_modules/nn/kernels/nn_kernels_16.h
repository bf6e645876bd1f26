// The kernels of int16 data, whose zero point is 0: weights are int8, as for int8 data.
//
// The rules are those of nn_kernels.h.

#ifndef NN_KERNELS_16_H
#define NN_KERNELS_16_H

#include <stdbool.h>

#include "nn_kernels.h"

// --- layers with weights

// is_wide: sums have 64 bits, the bias is int64 or NULL, and the scales are those that
// nn_narrow_scale gives; else sums wrap at 32 bits, and the bias is int32 or NULL.
typedef struct _nn_layer_data_16_t {
    const int16_t *input;
    const int8_t *filter;
    const void *bias; // of int64 at a multiple of 4 bytes
    int16_t *output;
    bool is_wide;
} nn_layer_data_16_t;

void nn_conv_s16(const nn_conv_layer_t *layer, const nn_layer_data_16_t *data);
void nn_depthwise_s16(const nn_conv_layer_t *layer, const nn_layer_data_16_t *data);
void nn_dense_s16(const nn_dense_layer_t *layer, const nn_layer_data_16_t *data);

// --- pooling; as for int8

void nn_max_pool_s16(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int16_t *input, int16_t *output);
void nn_average_pool_s16(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int16_t *input, int16_t *output);

// --- element by element with broadcasting; offsets are 0

void nn_add_s16(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int16_t *one, const int16_t *two, int16_t *output);
void nn_sub_s16(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int16_t *one, const int16_t *two, int16_t *output);
void nn_mul_s16(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int16_t *one, const int16_t *two, int16_t *output);

// --- one in, one out

// (value - input_zero_point) scaled, + output_zero_point, clamped. For LOGISTIC and TANH the
// multiplier brings a value to 1/3 of 2^-12 and the shift goes right, from 0 to 31.
typedef struct _nn_function_16_t {
    int32_t input_zero_point, output_zero_point;
    nn_scale_t scale, below; // below: of what is below 0
    nn_range_s8_t clamp;
} nn_function_16_t;

void nn_rescale_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output); // RELU, ABS, LEAKY_RELU, QUANTIZE
void nn_rescale_s16_s8(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int8_t *output);
void nn_rescale_s8_s16(const nn_function_16_t *function, int32_t count, const int8_t *input,
    int16_t *output);
void nn_clamp_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output); // RELU6
void nn_logistic_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output);
void nn_tanh_s16(const nn_function_16_t *function, int32_t count, const int16_t *input,
    int16_t *output);
void nn_quantize_s16(const nn_affine_t *affine, int32_t count, const float *input,
    int16_t *output);
void nn_dequantize_s16(const nn_affine_t *affine, int32_t count, const int16_t *input,
    float *output);

// input: differences to a row's maximum, as steps of 10 / 65535.
void nn_softmax_s16(const nn_scale_t *input_scale, const nn_softmax_dims_t *dims,
    const int16_t *input, int16_t *output);

// --- reduction over axes; zero points are 0

void nn_mean_s16(const nn_mean_quant_t *quant, const nn_mean_t *mean, const int16_t *input,
    int16_t *output); // a sum, when the scale has no count in it

#endif // NN_KERNELS_16_H
