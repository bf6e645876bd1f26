// Kernels of the groups of ops that a firmware may go without (nn_groups.h).
//
// The rules are those of nn_kernels.h.

#ifndef NN_GROUP_KERNELS_H
#define NN_GROUP_KERNELS_H

#include "nn_kernels.h"

// --- two inputs with broadcasting, run by run

// One run of the innermost axis; a step of 0 repeats the element.
typedef struct _nn_run_t {
    const void *one, *two;
    int32_t step_one, step_two, count;
    void *output;
} nn_run_t;

// What an op without a loop of its own does with one run.
typedef void (*nn_run_function_t)(const void *context, const nn_run_t *run);

void nn_each_run(const nn_broadcast_t *shape, int32_t input_bytes, int32_t output_bytes,
    nn_run_function_t function, const void *context, const nn_run_t *whole);

void nn_run_of_maximum_f32(const void *context, const nn_run_t *run);
void nn_run_of_maximum_s8(const void *context, const nn_run_t *run);
void nn_run_of_minimum_f32(const void *context, const nn_run_t *run);
void nn_run_of_minimum_s8(const void *context, const nn_run_t *run);

// Which outcomes of a comparison make it true, by bit.
enum { NN_IS_LESS = 1, NN_IS_EQUAL = 2, NN_IS_GREATER = 4, NN_IS_UNORDERED = 8 };

typedef struct _nn_compare_t {
    uint32_t outcomes;
    int32_t offset_one, offset_two;
    nn_scale_t one, two; // to what int8 inputs are compared as
} nn_compare_t;

// context: nn_compare_t. Outputs are bytes, 0 or 1.
void nn_run_of_compare_f32(const void *context, const nn_run_t *run);
void nn_run_of_compare_s32(const void *context, const nn_run_t *run);
void nn_run_of_compare_s8(const void *context, const nn_run_t *run);
void nn_run_of_compare_bool(const void *context, const nn_run_t *run);

typedef struct _nn_prelu_quant_t {
    int32_t offset_input, offset_alpha, output_offset;
    nn_scale_t positive, negative;
} nn_prelu_quant_t;

void nn_run_of_prelu_f32(const void *context, const nn_run_t *run);
void nn_run_of_prelu_s8(const void *context, const nn_run_t *run); // context: nn_prelu_quant_t

// --- one number to one

// Any float function of one number.
void nn_map_f32(float (*function)(float), int32_t count, const float *input, float *output);
float nn_negative(float value);
float nn_reciprocal_root(float value);
float nn_elu(float value);
float nn_hard_swish(float value);
void nn_leaky_relu_f32(float alpha, int32_t count, const float *input, float *output);

// Between int8, int16, int32, bool and float32 (NN_CAST_* say which): integers
// keep their low bits; float32 goes towards zero and saturates, NaN to 0.
enum { NN_CAST_S8, NN_CAST_S16, NN_CAST_S32, NN_CAST_BOOL, NN_CAST_F32 };
void nn_cast(int32_t from, int32_t to, int32_t count, const void *input, void *output);

// Entries of tables, from a quantised value.
typedef struct _nn_hard_swish_quant_t {
    int32_t input_zero_point, output_zero_point;
    int16_t output_multiplier, relu_multiplier; // Q0.15
    int32_t output_shift, relu_shift; // output_shift <= 0
} nn_hard_swish_quant_t;

int8_t nn_hard_swish_s8(const nn_hard_swish_quant_t *quant, int32_t value);

// 1 / sqrt(value) as multiplier and shift; a value below 1 counts as 1.
nn_scale_t nn_reciprocal_root_scale(int32_t value);

// 1 / sqrt(centred), centred > 0, times a scale whose shift is at least -11.
int32_t nn_reciprocal_root_s8(const nn_scale_t *scale, int32_t centred);

// --- chosen places

// `count` of `length` places on an axis are chosen, anew for each batch, in each
// of `rows` rows. A position outside counts as the nearest inside.
typedef struct _nn_gather_t {
    int32_t batches, rows, length, count, inner_bytes;
} nn_gather_t;

void nn_gather(const nn_gather_t *gather, const void *input, const int32_t *positions,
    void *output);

// --- resizing images

typedef struct _nn_resize_t {
    nn_dims_t input, output; // n and c are the same
    uint8_t align_corners, half_pixel_centers; // 0 or 1, not both
} nn_resize_t;

void nn_resize_nearest(const nn_resize_t *resize, int32_t element_bytes, const void *input,
    void *output);
void nn_resize_bilinear_f32(const nn_resize_t *resize, const float *input, float *output);
void nn_resize_bilinear_s8(const nn_resize_t *resize, const int8_t *input, int8_t *output);

// --- ARG_MAX, ARG_MIN

// One axis of `length`, with `rows` places before it and `inner` behind.
typedef struct _nn_extreme_t {
    int32_t rows, length, inner;
    int32_t largest; // else the smallest
} nn_extreme_t;

void nn_extreme_s8(const nn_extreme_t *extreme, const int8_t *input, int32_t *output);
void nn_extreme_f32(const nn_extreme_t *extreme, const float *input, int32_t *output);

// --- each row divided by its length; int8 output has scale 1/128

void nn_l2_normalize_f32(const nn_softmax_dims_t *dims, const float *input, float *output);
void nn_l2_normalize_s8(const nn_softmax_dims_t *dims, int32_t zero_point, const int8_t *input,
    int8_t *output);

// --- products of matrices, for each of the batches, which may be broadcast

typedef struct _nn_matmul_t {
    nn_broadcast_t batches; // in elements of either input; the last axis is 1
    int32_t rows, depth, columns;
    int32_t one_row, one_step; // strides along the rows and the depth
    int32_t two_column, two_step;
    int32_t offset_one, offset_two, output_offset;
    nn_scale_t scale;
} nn_matmul_t;

void nn_matmul_f32(const nn_matmul_t *matmul, const float *one, const float *two, float *output);
void nn_matmul_s8(const nn_matmul_t *matmul, const int8_t *one, const int8_t *two,
    int8_t *output);

// --- TRANSPOSE_CONV; filter dims are (output, height, width, input) channels

typedef struct _nn_transpose_conv_t {
    nn_dims_t input, filter, output;
    nn_pair_t stride, padding;
    nn_range_f32_t clamp_f32;
    nn_range_s8_t clamp_s8;
    int32_t input_offset, output_offset;
    nn_scales_t scales;
} nn_transpose_conv_t;

void nn_transpose_conv_f32(const nn_transpose_conv_t *conv, const nn_conv_data_f32_t *data);
void nn_transpose_conv_s8(const nn_transpose_conv_t *conv, const nn_conv_data_s8_t *data);


// --- SVDF: `rank` filters for each output, each with `memory` results of which
// the newest is last; state and weights by time are int16 when wide, else int8

typedef struct _nn_svdf_t {
    int32_t batches, depth, filters, memory, rank;
    int32_t is_wide;
    int32_t input_offset, state_zero_point, output_zero_point;
    nn_scale_t to_state, to_output;
    nn_range_f32_t clamp;
} nn_svdf_t;

typedef struct _nn_svdf_data_t {
    const void *input, *weights, *time_weights, *bias; // bias may be NULL
    void *state;
} nn_svdf_data_t;

void nn_svdf_f32(const nn_svdf_t *svdf, const nn_svdf_data_t *data, float *output);
void nn_svdf_s8(const nn_svdf_t *svdf, const nn_svdf_data_t *data, int8_t *output);

// --- UNIDIRECTIONAL_SEQUENCE_LSTM

enum { NN_GATE_INPUT, NN_GATE_FORGET, NN_GATE_CELL, NN_GATE_OUTPUT, NN_GATES };

typedef struct _nn_lstm_t {
    int32_t batches, steps, inputs, cells;
    int32_t batch_rows, step_rows; // rows of input and output from one to the next
    int32_t input_offset, hidden_offset;
    nn_scale_t from_input[NN_GATES], from_hidden[NN_GATES]; // to Q3.12
    nn_scale_t forgotten, let_in, let_out;
    int32_t tanh_shift; // of the cell state against Q3.12
    int32_t clip; // of the cell state; 0: none
    nn_range_f32_t clip_f32;
} nn_lstm_t;

// The cell state is int16 with int8 data.
typedef struct _nn_lstm_data_t {
    const void *input, *weights[NN_GATES], *recurrent[NN_GATES], *bias[NN_GATES];
    void *hidden, *cell;
} nn_lstm_data_t;

void nn_lstm_f32(const nn_lstm_t *lstm, const nn_lstm_data_t *data, float *output);
void nn_lstm_s8(const nn_lstm_t *lstm, const nn_lstm_data_t *data, int8_t *output);

// --- weights of int4, two in a byte, the first in its lower half

// Unpacks elements first .. first + count - 1.
void nn_unpack_nibbles(const uint8_t *packed, int32_t first, int32_t count, int8_t *unpacked);

// CONV_2D with data->filter such; the layer's scratch has room for one channel's weights.
void nn_conv_s4(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data);

#endif // NN_GROUP_KERNELS_H
