// What an op brings to the table of kernels, and what its prepare may use.
//
// Rules: prepare runs twice, first to count the bytes it needs and then for
// good, and must ask for the same both times. It checks every shape, type and
// option that invoke relies on; invoke checks nothing. prepare returns NULL when
// all is well, else a static sentence that says what is wrong.

#ifndef NN_OPS_H
#define NN_OPS_H

#include "kernels/fast/nn_fast.h"
#include "kernels/nn_kernels.h"
#include "kernels/nn_rounding.h"
#include "nn_model.h"
#include "nn_schema.h"

// Bound on the fixed state of an op; lists come from nn_prepare_list.
#define NN_MAX_STATE_BYTES (192)
#define NN_STATE_FITS(type) \
    _Static_assert(sizeof(type) <= NN_MAX_STATE_BYTES, "raise NN_MAX_STATE_BYTES")

// Whether what an op moves could as well lie where it comes from. Said by prepare; nn_share.c
// decides. Run then finds its output, or pieces of it, in place, and leaves them alone.
typedef enum _nn_lie_t {
    NN_LIE_APART = 0,
    NN_LIE_IN_INPUT, // the outputs, one after the other
    NN_LIE_IN_OUTPUT, // the first `pieces` inputs, one after the other
    NN_LIE_BEHIND, // no element is written before all those at its place and below were read
} nn_lie_t;

typedef struct _nn_layout_t {
    nn_lie_t lie;
    uint32_t place; // NN_LIE_IN_INPUT: which input
    uint32_t pieces; // NN_LIE_IN_OUTPUT
    uint32_t offset_bytes; // where in the whole the first piece starts
} nn_layout_t;

typedef struct _nn_prepare_t {
    nn_model_t *model;
    nn_op_t *op;
    nn_table_t options; // absent: every field reads as its default
    uint8_t options_type;
    uint8_t *memory; // NULL while counting
    uint32_t used;
    uint32_t limit; // room in memory
    uint8_t *arena; // NULL while counting
    nn_layout_t layout; // of ops that only move elements
    uint64_t counting_state[NN_MAX_STATE_BYTES / sizeof(uint64_t)]; // stands in while counting
} nn_prepare_t;

typedef struct _nn_kernel_t {
    uint16_t code;
    uint8_t type; // of the op's first input that is data, or NN_INT4 where its weights are
    const char *(*prepare)(nn_prepare_t *prepare);
    void (*invoke)(const nn_op_t *op);
} nn_kernel_t;

// The kernel of (code, type), or NULL.
const nn_kernel_t *nn_find_kernel(uint16_t code, uint8_t type);

// --- memory

// Fixed state, zeroed; never NULL. bytes <= NN_MAX_STATE_BYTES.
void *nn_prepare_state(nn_prepare_t *prepare, uint32_t bytes);

// A list that lives as long as the model; NULL while counting.
void *nn_prepare_list(nn_prepare_t *prepare, uint32_t count, uint32_t element_bytes);

// Memory in the arena that is the op's alone while it runs, aligned as tensors are; NULL while
// counting and for no bytes.
void *nn_prepare_scratch(nn_prepare_t *prepare, uint32_t bytes);

// --- what is given

// Input or output by place; NULL when there is none. Non-NULL ones are readable.
nn_tensor_t *nn_input(const nn_prepare_t *prepare, uint32_t place);
nn_tensor_t *nn_output(const nn_prepare_t *prepare, uint32_t place);

// Checks the number of inputs and outputs, that the first `least` inputs are
// there, and that the options table, if any, is the one expected.
const char *nn_check_op(const nn_prepare_t *prepare, uint32_t least, uint32_t most,
    uint8_t options_type);

// The same for ops with any number of outputs.
const char *nn_check_inputs(const nn_prepare_t *prepare, uint32_t least, uint32_t most,
    uint8_t options_type);

bool nn_same_shape(const nn_tensor_t *one, const nn_tensor_t *other);

// True when the tensor has one usable scale: finite and above 0.
bool nn_is_quantised(const nn_tensor_t *tensor);

// Element of a constant int32 or int64 tensor, saturated to int32.
int32_t nn_constant_index(const nn_tensor_t *tensor, uint32_t index);

// True for a constant int32 or int64 tensor.
bool nn_is_index_list(const nn_tensor_t *tensor);

// --- what is resolved

// real as multiplier * 2^(shift-31), multiplier in [2^30, 2^31) or 0;
// false when real is not finite, below 0, or too large to apply to an int32.
bool nn_quantise_multiplier(double real, int32_t *multiplier, int32_t *shift);

// Clamp of a fused activation; false for one that is not supported. _s8 is for int16 as well: it
// goes by the output's type.
bool nn_activation_range_f32(uint8_t activation, float *low, float *high);
bool nn_activation_range_s8(uint8_t activation, const nn_tensor_t *output, int32_t *low,
    int32_t *high);

// One scale per output channel from the scales of input, filter (input 1) and
// output; the filter's are one, or one per channel along `axis`.
const char *nn_resolve_channel_scales(nn_prepare_t *prepare, int32_t axis, int32_t channels,
    nn_scales_t *scales);

// The same for an op whose data is another input than the first.
const char *nn_resolve_scales_of(nn_prepare_t *prepare, const nn_tensor_t *input, int32_t axis,
    int32_t channels, nn_scales_t *scales);

// A layer with weights, as far as its channels' sums can be known before it runs.
typedef struct _nn_layer_sums_t {
    int32_t channels;
    int32_t products; // in one channel's sum
    int32_t channel_step, weight_step; // from a channel's weights to the next's, between its own
    int32_t input_offset;
    bool knows_constants; // the kernel does
} nn_layer_sums_t;

// Whether all channels are NN_BOUNDED or NN_CONSTANT, with the bias (input 2) that each has. If so
// the lists become those of a fast layer; constant channels are marked where the kernel knows such.
// `channel` says the output's offset and clamp. False while counting, and for a computed bias.
bool nn_settle_channels(const nn_prepare_t *prepare, const nn_layer_sums_t *sums,
    const nn_channel_t *channel, const nn_scales_t *scales);

// The same for one scale, which stays as it is.
bool nn_settle_layer(const nn_prepare_t *prepare, const nn_layer_sums_t *sums,
    const nn_channel_t *channel);

// Output length of a window along one axis and the padding before it.
// False when padding is unknown, a length is below 1, or it does not fit.
typedef struct _nn_window_t {
    int32_t input, filter, stride, dilation;
} nn_window_t;
bool nn_resolve_window(uint8_t padding, const nn_window_t *window, int32_t *output,
    int32_t *before);

// --- data, for invoke: an input by place, NULL when it was left out

static inline void *nn_data(const nn_op_t *op, uint32_t place) {
    return place < op->input_count && op->inputs[place] != NULL ? op->inputs[place]->data : NULL;
}

static inline const float *nn_f32(const nn_op_t *op, uint32_t place) {
    return nn_data(op, place);
}

static inline const int8_t *nn_s8(const nn_op_t *op, uint32_t place) {
    return nn_data(op, place);
}

static inline const int32_t *nn_s32(const nn_op_t *op, uint32_t place) {
    return nn_data(op, place);
}

static inline void *nn_out(const nn_op_t *op) {
    return op->outputs[0]->data;
}

static inline float *nn_out_f32(const nn_op_t *op) {
    return nn_out(op);
}

static inline int8_t *nn_out_s8(const nn_op_t *op) {
    return nn_out(op);
}

#endif // NN_OPS_H
