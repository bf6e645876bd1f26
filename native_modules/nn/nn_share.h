// Which tensors may share memory although both are alive.
//
// Two ways. A view is part of another tensor: a RESHAPE's output is its input, pieces of
// a SPLIT along the outermost axis lie in its input, inputs of such a CONCATENATION in its
// output. And an op's output may overlap an input that nothing reads after it, as
// far as its kernel has read the input before it writes there: kernels/nn_kernels.h
// says in which order kernels go.

#ifndef NN_SHARE_H
#define NN_SHARE_H

#include "nn_reader.h"

// Turns tensors into parts of others (NN_TENSOR_PART), whose lifetimes become those
// of all their parts, and works out how far every op's output trails its input.
// Some views keep more memory alive than the tensors alone would; these are made if
// `all`. Gives whether there are any such.
bool nn_share(nn_model_t *model, bool all);

// The tensor that `tensor` is part of, or itself; *offset is where in it, in bytes.
nn_tensor_t *nn_share_root(const nn_model_t *model, const nn_tensor_t *tensor,
    uint32_t *offset);

// How many bytes `upper` has to start above the start of `lower` at least, when it
// starts above it at all: less than what `lower` takes only where `lower` is written
// by the op that is the last to read `upper`. Neither is a part.
int64_t nn_share_distance(const nn_model_t *model, const nn_tensor_t *lower,
    const nn_tensor_t *upper);

// How a windowed op of one image goes over its input's rows, and the padding before them. False for
// other ops, and for options that do not give the output's height.
bool nn_share_window(nn_model_t *model, uint32_t index, nn_window_t *window, int32_t *before);

// Bytes that a tensor takes in the arena.
static inline uint32_t nn_room(const nn_tensor_t *tensor) {
    return (tensor->bytes + NN_ALIGNMENT_BYTES - 1) & ~(uint32_t)(NN_ALIGNMENT_BYTES - 1);
}

#endif // NN_SHARE_H
