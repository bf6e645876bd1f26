// The arithmetic of the ops: pure functions over caller's memory.
//
// Rules: no allocation, no MicroPython, no look at the model. Arguments come in
// groups: parameters (what the op says), quantisation (how int8 maps to real
// numbers), dimensions, and data. All were checked when the model was loaded,
// so kernels trust them. Tensors are laid out batch, height, width, channel,
// channel fastest. _f32 works on float32, _s8 on int8.
//
// Order: an output may overlap an input (nn_share.c), so kernels keep to what it
// relies on. Those with a window (convolution, depthwise, pooling) finish one row of
// the output after the other, and while they write row y they read no input row
// before the first of its window; within the row any order will do. Those that go
// element by element write element i after they have read all that it needs, and read
// nothing before element i later on: blocks are read whole before they are written. So does
// nn_move, where what it reads lies in the input in that order.
// Their arguments may be the same memory, so none of them is `restrict`.

#ifndef NN_KERNELS_H
#define NN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define NN_KERNEL_RANK (6)

typedef struct _nn_dims_t {
    int32_t n, h, w, c;
} nn_dims_t;

typedef struct _nn_pair_t {
    int32_t h, w;
} nn_pair_t;

typedef struct _nn_range_f32_t {
    float low, high;
} nn_range_f32_t;

typedef struct _nn_range_s8_t {
    int32_t low, high;
} nn_range_s8_t;

// NaN stays NaN, as in the reference's chain of comparisons.
static inline float nn_clamp_one_f32(float value, const nn_range_f32_t *clamp) {
    value = value < clamp->low ? clamp->low : value;
    return value > clamp->high ? clamp->high : value;
}

// real = multiplier * 2^(shift - 31)
typedef struct _nn_scale_t {
    int32_t multiplier, shift;
} nn_scale_t;

// The same for every output channel; two lists, since a shift needs one byte.
typedef struct _nn_scales_t {
    int32_t *multipliers;
    int8_t *shifts;
} nn_scales_t;

// --- convolutions; filter dims are (output, height, width, input) channels for
// CONV_2D and (1, height, width, output) for DEPTHWISE_CONV_2D

typedef struct _nn_conv_params_t {
    nn_pair_t stride, dilation, padding;
    int32_t depth_multiplier; // DEPTHWISE_CONV_2D: outputs per input channel
    union {
        nn_range_f32_t clamp_f32;
        nn_range_s8_t clamp_s8;
    };
} nn_conv_params_t;

typedef struct _nn_conv_quant_t {
    int32_t input_offset, output_offset; // added to each input, each output
    nn_scales_t scales;
} nn_conv_quant_t;

typedef struct _nn_conv_dims_t {
    nn_dims_t input, filter, output;
} nn_conv_dims_t;

// bias may be NULL.
typedef struct _nn_conv_data_f32_t {
    const float *input, *filter, *bias;
    float *output;
} nn_conv_data_f32_t;

typedef struct _nn_conv_data_s8_t {
    const int8_t *input, *filter;
    const int32_t *bias;
    int8_t *output;
} nn_conv_data_s8_t;

// All that is known of a layer before it runs, and which kernel runs it.
struct _nn_conv_layer_t;
typedef void (*nn_conv_run_t)(const struct _nn_conv_layer_t *layer,
    const nn_conv_data_s8_t *data);
typedef struct _nn_conv_layer_t {
    nn_conv_params_t params;
    nn_conv_quant_t quant;
    nn_conv_dims_t dims;
    void *scratch; // nn_conv_scratch_bytes() for the kernel to write what it likes into
    const void *packed; // weights as a fast kernel likes them; NULL: they are in place
    nn_conv_run_t run; // int8 only
} nn_conv_layer_t;

void nn_conv_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_conv_data_f32_t *data);
void nn_depthwise_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const nn_conv_data_f32_t *data);

// For whatever shape and scale.
void nn_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);
void nn_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);

// Scratch of an int8 CONV_2D: room for the windows of two pixels as words, and as bytes
// where channels are not a multiple of four. 0 for groups, and for windows that are too large.
uint32_t nn_conv_scratch_bytes(const nn_conv_dims_t *dims);

// --- fully connected: input (n, depth), filter (outputs, depth), output (n, outputs)

typedef struct _nn_dense_dims_t {
    int32_t n, depth, outputs;
} nn_dense_dims_t;

typedef struct _nn_dense_quant_t {
    int32_t input_offset, filter_offset, output_offset;
    nn_scale_t scale; // for all outputs, unless each has its own
    nn_scales_t scales; // multipliers NULL: the one for all counts
} nn_dense_quant_t;

struct _nn_dense_layer_t;
typedef void (*nn_dense_run_t)(const struct _nn_dense_layer_t *layer,
    const nn_conv_data_s8_t *data);
typedef struct _nn_dense_layer_t {
    nn_dense_dims_t dims;
    nn_dense_quant_t quant;
    union {
        nn_range_f32_t clamp_f32;
        nn_range_s8_t clamp_s8;
    };
    nn_dense_run_t run; // int8 only
} nn_dense_layer_t;

void nn_dense_f32(const nn_range_f32_t *clamp, const nn_dense_dims_t *dims,
    const nn_conv_data_f32_t *data);
void nn_dense_s8(const nn_dense_layer_t *layer, const nn_conv_data_s8_t *data);

// --- pooling; params.dilation is 1, dims.filter.h and .w are the window

void nn_max_pool_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const float *input, float *output);
void nn_max_pool_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int8_t *input, int8_t *output);
void nn_average_pool_f32(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const float *input, float *output);
void nn_average_pool_s8(const nn_conv_params_t *params, const nn_conv_dims_t *dims,
    const int8_t *input, int8_t *output);

// --- softmax over the last axis

typedef struct _nn_softmax_dims_t {
    int32_t rows, depth;
} nn_softmax_dims_t;

typedef struct _nn_softmax_quant_t {
    nn_scale_t input; // difference to the maximum -> Q5.26, times beta
    int32_t least_difference; // anything further from the maximum counts as 0
} nn_softmax_quant_t;

void nn_softmax_f32(float beta, const nn_softmax_dims_t *dims, const float *input,
    float *output);
void nn_softmax_s8(const nn_softmax_quant_t *quant, const nn_softmax_dims_t *dims,
    const int8_t *input, int8_t *output);

// --- element by element with broadcasting

// Output dims, padded with 1 in front to six, neighbours merged where both
// inputs allow it; a stride is 0 along an axis that an input does not have.
typedef struct _nn_broadcast_t {
    int32_t dims[NN_KERNEL_RANK];
    int32_t stride_one[NN_KERNEL_RANK];
    int32_t stride_two[NN_KERNEL_RANK];
} nn_broadcast_t;

typedef struct _nn_arithmetic_quant_t {
    int32_t offset_one, offset_two, output_offset;
    nn_scale_t one, two, output; // MUL uses output only
} nn_arithmetic_quant_t;

void nn_add_f32(const nn_range_f32_t *clamp, const nn_broadcast_t *shape, const float *one,
    const float *two, float *output);
void nn_sub_f32(const nn_range_f32_t *clamp, const nn_broadcast_t *shape, const float *one,
    const float *two, float *output);
void nn_mul_f32(const nn_range_f32_t *clamp, const nn_broadcast_t *shape, const float *one,
    const float *two, float *output);
void nn_add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int8_t *one, const int8_t *two, int8_t *output);
void nn_sub_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int8_t *one, const int8_t *two, int8_t *output);
void nn_mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    const nn_broadcast_t *shape, const int8_t *one, const int8_t *two, int8_t *output);

// --- one in, one out

void nn_clamp_f32(const nn_range_f32_t *clamp, int32_t count, const float *input,
    float *output);
void nn_logistic_f32(int32_t count, const float *input, float *output);
void nn_tanh_f32(int32_t count, const float *input, float *output);

// output[i] = table[(uint8_t)input[i]]: every byte-to-byte function.
void nn_lookup_8(const uint8_t *table, int32_t count, const uint8_t *input, uint8_t *output);

// Entries of such tables, from a quantised value.
typedef struct _nn_sigmoid_quant_t {
    int32_t input_zero_point;
    nn_scale_t input; // to Q4.27
    int32_t radius; // from here on the function is saturated
} nn_sigmoid_quant_t;

int8_t nn_logistic_s8(const nn_sigmoid_quant_t *quant, int32_t value);
int8_t nn_tanh_s8(const nn_sigmoid_quant_t *quant, int32_t value);

typedef struct _nn_affine_t {
    float scale;
    int32_t zero_point;
    int32_t low, high; // of the integer type
} nn_affine_t;

// What QUANTIZE makes of one number.
int32_t nn_quantise(const nn_affine_t *affine, float value);
void nn_quantize_s8(const nn_affine_t *affine, int32_t count, const float *input,
    int8_t *output);
void nn_quantize_u8(const nn_affine_t *affine, int32_t count, const float *input,
    uint8_t *output);
void nn_dequantize_s8(const nn_affine_t *affine, int32_t count, const int8_t *input,
    float *output);
void nn_dequantize_u8(const nn_affine_t *affine, int32_t count, const uint8_t *input,
    float *output);

// --- moving elements

typedef struct _nn_pad_t {
    int32_t input[NN_KERNEL_RANK]; // padded with 1 in front to six
    int32_t before[NN_KERNEL_RANK];
    int32_t output[NN_KERNEL_RANK];
} nn_pad_t;

// value is one element of element_bytes (1 or 4).
void nn_fill(int32_t count, int32_t element_bytes, const void *value, void *output);

// Of the same elements.
void nn_pad(const nn_pad_t *pad, int32_t element_bytes, const void *value, const void *input,
    void *output);

typedef struct _nn_rows_t {
    int32_t count, row_bytes;
    int32_t input_step_bytes, output_step_bytes; // from one row to the next
} nn_rows_t;

void nn_copy_rows(const nn_rows_t *rows, const void *input, void *output);

// For each axis of the output its length and its stride in the input, which may
// be negative; in elements, padded with (1, 0) in front.
typedef struct _nn_move_t {
    int32_t dims[NN_KERNEL_RANK], strides[NN_KERNEL_RANK];
    int32_t offset; // of the output's first element
} nn_move_t;

void nn_move(const nn_move_t *move, int32_t element_bytes, const void *input, void *output);

// --- reduction over axes

// keep: the axes that stay, with their lengths and strides in the input, in
// order; reduce: those that go. Both padded with (1, 0) in front.
typedef struct _nn_mean_t {
    int32_t keep[NN_KERNEL_RANK], keep_stride[NN_KERNEL_RANK];
    int32_t reduce[NN_KERNEL_RANK], reduce_stride[NN_KERNEL_RANK];
    int32_t outputs; // product of keep
    int32_t count; // product of reduce
} nn_mean_t;

// The scale of MEAN has 1 / count in it.
typedef struct _nn_mean_quant_t {
    int32_t input_zero_point, output_zero_point;
    nn_scale_t scale;
} nn_mean_quant_t;

void nn_mean_f32(const nn_mean_t *mean, const float *input, float *output);
void nn_mean_s8(const nn_mean_quant_t *quant, const nn_mean_t *mean, const int8_t *input,
    int8_t *output); // a sum, when the scale has no count in it
void nn_sum_f32(const nn_mean_t *mean, const float *input, float *output);
void nn_largest_s8(const nn_mean_t *mean, const int8_t *input, int8_t *output);
void nn_largest_f32(const nn_mean_t *mean, const float *input, float *output);

#endif // NN_KERNELS_H
