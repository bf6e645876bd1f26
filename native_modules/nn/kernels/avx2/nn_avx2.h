// int8 layers with weights on x86-64, for processors that have AVX2.
//
// As the kernels of fast/, they give what the general kernels give, bit for bit, for layers whose
// channels are NN_BOUNDED or NN_CONSTANT; weights stay where they lie.

#ifndef NN_AVX2_H
#define NN_AVX2_H

#include <stdbool.h>

#include "../nn_kernels.h"
#include "../nn_rounding.h"

#if defined(__x86_64__) && defined(__GNUC__) && !NN_SINGLE_ROUNDING
#define NN_HAS_AVX2

static inline bool nn_is_avx2(void) {
    return __builtin_cpu_supports("avx2") != 0;
}
#endif

// Of at least so many output channels and weights.
#define NN_AVX2_LEAST_CHANNELS (4)
#define NN_AVX2_LEAST_WEIGHTS (16)
void nn_avx2_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);

// Of at least 8 channels, one output channel for each.
void nn_avx2_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);

// Of weights whose zero point is 0.
void nn_avx2_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data);

// ADD and MUL without broadcasting: see fast/nn_elements.h.
void nn_avx2_add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t count, const int8_t *one, const int8_t *two, int8_t *output);
void nn_avx2_mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t count, const int8_t *one, const int8_t *two, int8_t *output);

#endif // NN_AVX2_H
