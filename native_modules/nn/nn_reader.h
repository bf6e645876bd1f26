// From the bytes of a .tflite file to tensors and ops, all of it checked.

#ifndef NN_READER_H
#define NN_READER_H

#include "nn_ops.h"

// Finds the lists of the first subgraph and counts what the table must hold.
bool nn_read_frame(nn_model_t *model);

// Fills model->tensors, ops and references; finds every op's kernel.
bool nn_read_tensors(nn_model_t *model);
bool nn_read_ops(nn_model_t *model);

// The options table of an op, for its prepare.
void nn_read_options(nn_model_t *model, uint32_t op_index, nn_prepare_t *prepare);

// Scales of a tensor as written in the file: their number, and each one.
nn_vector_t nn_read_scales(nn_model_t *model, const nn_tensor_t *tensor);
int32_t nn_read_scale_axis(nn_model_t *model, const nn_tensor_t *tensor);

// Files an error; always false.
bool nn_fail(nn_model_t *model, const char *what);
bool nn_fail_op(nn_model_t *model, uint32_t op_index, const char *what);
bool nn_fail_tensor(nn_model_t *model, uint32_t tensor_index, const char *what);

#endif // NN_READER_H
