// Faster kernels of int8 layers with weights, and which of them takes a layer.
//
// They give what the general kernels give, bit for bit, for the layers that they take: those whose
// channels are NN_BOUNDED or NN_CONSTANT. Which one runs is settled when a model is loaded.

#ifndef NN_FAST_H
#define NN_FAST_H

#include <stdbool.h>

#include "../nn_kernels.h"
#include "../nn_rounding.h"

// Set to have every layer run by the general kernels on x86-64: to compare with, in benchmarks.
#ifndef NN_PORTABLE
#define NN_PORTABLE (0)
#endif

// x86-64 has kernels of its own, in avx2/; a sanitiser may still want to see these there. They all
// round twice: where the firmware rounds once, the general kernels run every layer.
#if NN_SINGLE_ROUNDING
#elif defined(__ARM_FEATURE_DSP)
#define NN_FAST_DSP
#elif !defined(__x86_64__) || defined(NN_FAST_ANYWHERE)
#define NN_FAST_SCALAR
#endif

// What is known of one output channel: the least and the largest sum, and what becomes of a sum.
typedef struct _nn_channel_t {
    int64_t low, high;
    nn_scale_t scale;
    int32_t output_offset;
    nn_range_s8_t clamp;
} nn_channel_t;

// NN_BOUNDED: high = (2 * sum * multiplier) / 2^32, rounded, and then
// (high + (high < 0 ? -1 : 0) + (2 * output_offset + 1) * 2^(right-1)) >> right, with
// right = -shift >= 1, overflow nowhere and so are nn_requantise and the offset's addition.
// NN_CONSTANT: whatever the input, the output is *value. Networks in use have many such channels.
enum { NN_BOUNDED = 1, NN_CONSTANT = 2 };
int nn_channel_kind(const nn_channel_t *channel, int32_t *value);

// A fast layer's list of shifts has right - 1, and this for a constant channel, whose multiplier
// is then its value.
#define NN_CONSTANT_SHIFT (INT8_MIN)

// The kernel for a layer whose channels are all NN_BOUNDED, or NULL; that of CONV_2D also knows
// channels that are marked as constant.
nn_conv_run_t nn_fast_conv(const nn_conv_layer_t *layer);
nn_conv_run_t nn_fast_depthwise(const nn_conv_layer_t *layer);
nn_dense_run_t nn_fast_dense(const nn_dense_layer_t *layer);

// What a layer's weights take when they are packed in the order in which its kernel reads them; 0
// where that kernel reads them in place always.
uint64_t nn_fast_packed_bytes(const nn_conv_layer_t *layer);

// Packs weights and biases, which then are not looked at any more. bias may be NULL.
void nn_fast_pack(const nn_conv_layer_t *layer, const int8_t *filter, const int32_t *bias,
    void *packed);

void nn_fast_pointwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);
void nn_fast_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);
void nn_fast_conv_few_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);
void nn_fast_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);
void nn_fast_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data);

#endif // NN_FAST_H
