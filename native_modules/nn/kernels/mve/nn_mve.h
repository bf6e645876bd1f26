// int8 layers with weights on cores with Arm's M-profile vector extension (Helium).
//
// As the kernels of fast/, they give what the general kernels give, bit for bit, for layers whose
// channels are NN_BOUNDED or NN_CONSTANT; weights stay where they lie.

#ifndef NN_MVE_H
#define NN_MVE_H

#include <stdbool.h>

#include "../nn_kernels.h"
#include "../nn_rounding.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1) && !NN_SINGLE_ROUNDING
#define NN_HAS_MVE
#endif

// Whether a layer's scratch has room for what the kernel keeps there.
bool nn_mve_takes_conv(const nn_conv_dims_t *dims);
void nn_mve_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);

// Of at least 8 channels, one output channel for each.
void nn_mve_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);

// Of weights whose zero point is 0.
void nn_mve_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data);

// ADD and MUL without broadcasting: see fast/nn_elements.h.
void nn_mve_add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t count, const int8_t *one, const int8_t *two, int8_t *output);
void nn_mve_mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t count, const int8_t *one, const int8_t *two, int8_t *output);

#endif // NN_MVE_H
