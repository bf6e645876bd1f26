// A .tflite model, read in place and ready to run: the C interface of `nn`.
//
// Life of a model, in this order; all memory is the caller's and must stay
// where it is as long as the model is used:
//   nn_model_open     checks the file's frame; then table_bytes is known
//   nn_model_read     fills the caller's table, checks every tensor and op,
//                     plans the arena; then prepared_bytes and arena_bytes are known
//   nn_model_prepare  resolves all that can be before the first call, binds the arena
//   nn_model_pack     if speed is worth packed_bytes, known by now: copies weights into them
//   nn_invoke         runs the ops; cannot fail, reads no metadata, allocates nothing
//
// The file is never copied: weights are used where they lie, so it must not
// change or move. Its start must be aligned to 4 bytes (files are laid out for
// 16; a start that is not is refused), as must the arena's and the other
// blocks' (8 bytes for table and prepared, which hold pointers).
//
// nn_model_open/read/prepare return false and fill `error` when the file is
// broken or asks for what is not supported.

#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn_flatbuffer.h"

#define NN_MAX_RANK (6)
#define NN_MAX_TENSORS (4096)
#define NN_MAX_OPS (4096)
#define NN_ALIGNMENT_BYTES (16)

// What was wrong. `what` is a static sentence; the rest locates it.
typedef struct _nn_error_t {
    const char *what;
    int32_t op; // index of the op, -1 when no op is concerned
    uint16_t code; // its builtin operator code, meant when op >= 0
    int32_t tensor; // index of the tensor, -1 when none is concerned
    uint32_t needed; // bytes, 0 when `what` is not about room
    uint32_t available;
    bool unsupported_op; // no kernel for (code, type); `type` is its first input's
    uint8_t type;
} nn_error_t;

enum {
    NN_TENSOR_CONSTANT = 1, // data lies in the file
    NN_TENSOR_DEFINED = 2, // a model input, a variable, or the output of an op already seen
    NN_TENSOR_VARIABLE = 4,
    NN_TENSOR_PLACED = 8,
    NN_TENSOR_PART = 16, // lies in another tensor
};

// Kept small: a network has a few for each op.
typedef struct _nn_tensor_t {
    union {
        uint8_t *data; // of a constant in the file; of others in the arena, once it is bound
        struct { // of others until then
            uint32_t arena_offset; // of a part, until all is placed: where in the whole
            uint16_t first_step; // lifetime, both ends included; see nn_plan.h
            uint16_t last_step;
        };
    };
    uint32_t bytes;
    int32_t dims[NN_MAX_RANK]; // dims[0 .. rank-1], each >= 0
    float scale; // 0 when the tensor is not quantised
    int16_t zero_point;
    uint16_t link; // of a part: the whole's index; else the next one placed, upwards
    uint8_t rank;
    uint8_t type; // NN_FLOAT32, NN_INT8, ... of nn_schema.h
    uint8_t flags;
    uint8_t turn; // placed before those with a lower one
} nn_tensor_t;

// Elements; the product was checked to fit when the tensor was read.
static inline uint32_t nn_count(const nn_tensor_t *tensor) {
    uint32_t count = 1;
    for (uint8_t axis = 0; axis < tensor->rank; ++axis) {
        count *= (uint32_t)tensor->dims[axis];
    }
    return count;
}

struct _nn_kernel_t;
typedef struct _nn_strips_t nn_strips_t; // see nn_strips.h

typedef struct _nn_op_t {
    const struct _nn_kernel_t *kernel;
    void *state; // what prepare resolved; its type is the kernel's business
    nn_tensor_t **inputs; // NULL for an input that was left out
    nn_tensor_t **outputs;
    uint16_t input_count;
    uint16_t output_count;
    union {
        uint32_t total_us;
        uint32_t trail_bytes; // while the arena is planned; see nn_share.c
    };
} nn_op_t;

typedef struct _nn_model_t {
    nn_flatbuffer_t file;
    nn_vector_t tensor_list;
    nn_vector_t op_list;
    nn_vector_t code_list;
    nn_vector_t buffer_list;
    nn_vector_t input_list;
    nn_vector_t output_list;
    uint32_t reference_count;
    nn_tensor_t *tensors;
    nn_op_t *ops;
    nn_tensor_t **references; // what the ops' and the model's inputs and outputs point into
    nn_tensor_t **inputs;
    nn_tensor_t **outputs;
    nn_strips_t *strips; // in the table; NULL: every op runs once
    uint32_t table_bytes;
    uint32_t prepared_bytes;
    uint32_t arena_bytes;
    uint16_t first_placed; // the tensor of the lowest offset, or UINT16_MAX; the next is its link
    uint32_t packed_bytes; // of nn_model_pack; 0 where kernels gain nothing by it
    uint32_t calls; // timed invokes
    nn_error_t error;
} nn_model_t;

bool nn_model_open(nn_model_t *model, const void *data, size_t length);
bool nn_model_read(nn_model_t *model, void *table);
bool nn_model_prepare(nn_model_t *model, void *prepared, void *arena, size_t arena_bytes);

// packed: packed_bytes, aligned to 8.
void nn_model_pack(nn_model_t *model, void *packed);

static inline uint32_t nn_model_tensor_count(const nn_model_t *model) {
    return model->tensor_list.count;
}

static inline uint32_t nn_model_op_count(const nn_model_t *model) {
    return model->op_list.count;
}

static inline uint32_t nn_model_input_count(const nn_model_t *model) {
    return model->input_list.count;
}

static inline uint32_t nn_model_output_count(const nn_model_t *model) {
    return model->output_list.count;
}

// index below the count; type, rank, dims, bytes are known after nn_model_read,
// data after nn_model_prepare.
static inline const nn_tensor_t *nn_model_input(const nn_model_t *model, uint32_t index) {
    return model->inputs[index];
}

static inline const nn_tensor_t *nn_model_output(const nn_model_t *model, uint32_t index) {
    return model->outputs[index];
}

void nn_invoke(const nn_model_t *model);

// Forgets what ops keep from one run to the next: variables stand for 0 again.
void nn_model_reset(nn_model_t *model);

// The same, adding to every op's total_us and to calls.
void nn_invoke_timed(nn_model_t *model, uint32_t (*clock_us)(void));
void nn_model_reset_times(nn_model_t *model);

// Builtin operator code of op `index`, below the count.
uint16_t nn_model_op_code(const nn_model_t *model, uint32_t index);

// The runic_type_t (runic_tensor.h) of a tensor's elements, or -1 when it has none.
int nn_runic_type(uint8_t type);

// "CONV_2D", "int8"; never NULL. A code that the schema does not know is "UNKNOWN".
const char *nn_op_name(uint16_t code);
const char *nn_type_name(uint8_t type);

// The supported (op, type) pairs, sorted by name; false past the end.
bool nn_supported(uint32_t index, uint16_t *code, uint8_t *type);

// A tensor's name in the file: not terminated, *length bytes. Checked at each call.
const char *nn_tensor_name(const nn_model_t *model, const nn_tensor_t *tensor, uint32_t *length);

#endif // NN_MODEL_H
