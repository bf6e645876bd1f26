// From the bytes of a .tflite file to tensors and ops, all of it checked.

#include <math.h>
#include <string.h>

#include "nn_reader.h"

#define OFFSET_BYTES (4)
#define FILE_HEADER_BYTES (8)

bool nn_fail(nn_model_t *model, const char *what) {
    model->error.what = what;
    return false;
}

bool nn_fail_op(nn_model_t *model, uint32_t op_index, const char *what) {
    model->error.op = (int32_t)op_index;
    return nn_fail(model, what);
}

bool nn_fail_tensor(nn_model_t *model, uint32_t tensor_index, const char *what) {
    model->error.tensor = (int32_t)tensor_index;
    return nn_fail(model, what);
}

// --- frame

static bool read_lists(nn_model_t *model) {
    nn_flatbuffer_t *file = &model->file;
    nn_table_t root = nn_read_root(file);
    if (!file->broken && nn_field_i32(file, &root, NN_MODEL_VERSION, 0) != NN_SCHEMA_VERSION) {
        return nn_fail(model, "schema version is not 3");
    }
    model->code_list = nn_field_vector(file, &root, NN_MODEL_CODES, OFFSET_BYTES);
    model->buffer_list = nn_field_vector(file, &root, NN_MODEL_BUFFERS, OFFSET_BYTES);
    nn_vector_t subgraphs = nn_field_vector(file, &root, NN_MODEL_SUBGRAPHS, OFFSET_BYTES);
    if (file->broken || subgraphs.count == 0) {
        return nn_fail(model, "file is truncated or garbled");
    }
    nn_table_t graph = nn_vector_table(file, &subgraphs, 0);
    model->tensor_list = nn_field_vector(file, &graph, NN_SUBGRAPH_TENSORS, OFFSET_BYTES);
    model->op_list = nn_field_vector(file, &graph, NN_SUBGRAPH_OPERATORS, OFFSET_BYTES);
    model->input_list = nn_field_vector(file, &graph, NN_SUBGRAPH_INPUTS, sizeof(int32_t));
    model->output_list = nn_field_vector(file, &graph, NN_SUBGRAPH_OUTPUTS, sizeof(int32_t));
    return !file->broken || nn_fail(model, "file is truncated or garbled");
}

// Every index in the file gets a pointer in the table. A crafted file can make
// many ops share one long list, so the sum is bounded by what a table may hold.
static bool count_references(nn_model_t *model) {
    nn_flatbuffer_t *file = &model->file;
    uint64_t total = (uint64_t)model->input_list.count + model->output_list.count;
    for (uint32_t i = 0; i < model->op_list.count; ++i) {
        nn_table_t op = nn_vector_table(file, &model->op_list, i);
        nn_vector_t inputs = nn_field_vector(file, &op, NN_OPERATOR_INPUTS, sizeof(int32_t));
        nn_vector_t outputs = nn_field_vector(file, &op, NN_OPERATOR_OUTPUTS, sizeof(int32_t));
        if (inputs.count > NN_MAX_TENSORS || outputs.count > NN_MAX_TENSORS) {
            return nn_fail_op(model, i, "more than 4096 inputs or outputs");
        }
        total += inputs.count + outputs.count;
    }
    if (file->broken) {
        return nn_fail(model, "file is truncated or garbled");
    }
    if (total > 4 * NN_MAX_TENSORS) {
        return nn_fail(model, "ops refer to more than 16384 tensors");
    }
    model->reference_count = (uint32_t)total;
    return true;
}

bool nn_read_frame(nn_model_t *model) {
    if ((uintptr_t)model->file.data % OFFSET_BYTES != 0) {
        return nn_fail(model, "model does not start at a multiple of 4 bytes in memory");
    }
    if (model->file.length < FILE_HEADER_BYTES) {
        return nn_fail(model, "file is truncated or garbled");
    }
    if (memcmp(model->file.data + OFFSET_BYTES, NN_FILE_IDENTIFIER, OFFSET_BYTES) != 0) {
        return nn_fail(model, "not a .tflite file: no TFL3 at byte 4");
    }
    if (!read_lists(model)) {
        return false;
    }
    if (model->tensor_list.count > NN_MAX_TENSORS) {
        return nn_fail(model, "more than 4096 tensors");
    }
    if (model->op_list.count > NN_MAX_OPS) {
        return nn_fail(model, "more than 4096 ops");
    }
    return count_references(model);
}

// --- tensors

static uint32_t element_bytes(uint8_t type) {
    static const uint8_t bytes[] = { 4, 2, 4, 1, 8, 0, 1, 2, 8, 1, 8 };
    return type < sizeof(bytes) ? bytes[type] : 0;
}

static const char *read_shape(nn_flatbuffer_t *file, const nn_table_t *table,
    nn_tensor_t *tensor) {
    nn_vector_t shape = nn_field_vector(file, table, NN_TENSOR_SHAPE, sizeof(int32_t));
    if (shape.count > NN_MAX_RANK) {
        return "more than 6 dimensions";
    }
    uint64_t count = 1;
    tensor->rank = (uint8_t)shape.count;
    for (uint32_t axis = 0; axis < shape.count; ++axis) {
        tensor->dims[axis] = nn_vector_i32(file, &shape, axis);
        if (tensor->dims[axis] < 0) {
            return "a dimension is negative";
        }
        // Both factors fit 31 bits, so the product fits 62.
        count *= (uint64_t)tensor->dims[axis];
        if (count > INT32_MAX) {
            return "more than 2^31 elements";
        }
    }
    uint64_t bytes = tensor->type == NN_INT4 ? (count + 1) / 2
        : count * element_bytes(tensor->type);
    if (bytes > INT32_MAX) {
        return "more than 2^31 bytes";
    }
    tensor->bytes = (uint32_t)bytes;
    return NULL;
}

// All scales are looked at. A crafted file can make many tensors share one long list, so
// *scales_left bounds how many that may be in all.
static const char *read_quantisation(nn_flatbuffer_t *file, const nn_table_t *table,
    nn_tensor_t *tensor, uint32_t *scales_left) {
    nn_table_t params = nn_field_table(file, table, NN_TENSOR_QUANTIZATION);
    nn_vector_t scales = nn_field_vector(file, &params, NN_QUANTIZATION_SCALE, sizeof(float));
    nn_vector_t zeros = nn_field_vector(file, &params, NN_QUANTIZATION_ZERO_POINT,
        sizeof(int64_t));
    if (scales.count > *scales_left) {
        return "tensors share too many scales";
    }
    *scales_left -= scales.count;
    for (uint32_t i = 0; i < scales.count; ++i) {
        float scale = nn_vector_f32(file, &scales, i);
        if (!isfinite(scale) || !(scale > 0.0f)) {
            return "a scale is not a finite number above 0";
        }
    }
    tensor->scale = scales.count == 0 ? 0.0f : nn_vector_f32(file, &scales, 0);
    int64_t zero_point = zeros.count == 0 ? 0 : nn_vector_i64(file, &zeros, 0);
    if (tensor->type == NN_INT16 && zero_point != 0) {
        return "zero point of int16 is not 0";
    }
    int64_t low = tensor->type == NN_INT8 ? INT8_MIN : 0;
    int64_t high = tensor->type == NN_INT8 ? INT8_MAX : tensor->type == NN_UINT8 ? UINT8_MAX : 0;
    if (zero_point < low || zero_point > high) {
        return "zero point is outside the element type";
    }
    tensor->zero_point = (int16_t)zero_point;
    return NULL;
}

static const char *read_constant(nn_model_t *model, const nn_table_t *table,
    nn_tensor_t *tensor) {
    nn_flatbuffer_t *file = &model->file;
    uint32_t index = (uint32_t)nn_field_i32(file, table, NN_TENSOR_BUFFER, 0);
    if (index >= model->buffer_list.count) {
        // Buffer 0 means "no data" even where the list was left out.
        return index == 0 ? NULL : "buffer index is past the list";
    }
    nn_table_t buffer = nn_vector_table(file, &model->buffer_list, index);
    nn_vector_t data = nn_field_vector(file, &buffer, NN_BUFFER_DATA, 1);
    if (nn_field_present(file, &buffer, NN_BUFFER_OFFSET)
        || nn_field_present(file, &buffer, NN_BUFFER_SIZE)) {
        return "data lies outside the flatbuffer, which is not supported";
    }
    if (file->broken || data.count == 0) {
        return NULL;
    }
    if (data.count < tensor->bytes) {
        return "data is shorter than the shape needs";
    }
    uint32_t alignment = element_bytes(tensor->type);
    alignment = alignment > 4 ? 4 : alignment;
    if (alignment > 1 && data.at % alignment != 0) {
        return "data is not aligned";
    }
    // Never written: a constant tensor is refused as an output.
    tensor->data = (uint8_t *)file->data + data.at;
    tensor->flags |= NN_TENSOR_CONSTANT | NN_TENSOR_DEFINED;
    return NULL;
}

static const char *read_tensor(nn_model_t *model, uint32_t index, uint32_t *scales_left) {
    nn_flatbuffer_t *file = &model->file;
    nn_tensor_t *tensor = &model->tensors[index];
    nn_table_t table = nn_vector_table(file, &model->tensor_list, index);
    tensor->type = nn_field_u8(file, &table, NN_TENSOR_TYPE, NN_FLOAT32);
    const char *fault = read_shape(file, &table, tensor);
    if (fault == NULL) {
        fault = read_quantisation(file, &table, tensor, scales_left);
    }
    if (fault == NULL) {
        fault = read_constant(model, &table, tensor);
    }
    if (fault == NULL && nn_field_present(file, &table, NN_TENSOR_SPARSITY)) {
        fault = "sparse tensors are not supported";
    }
    if (fault == NULL && tensor->type == NN_INT4 && !(tensor->flags & NN_TENSOR_CONSTANT)) {
        fault = "int4 is not a constant";
    }
    if (nn_field_u8(file, &table, NN_TENSOR_IS_VARIABLE, 0) != 0) {
        tensor->flags |= NN_TENSOR_VARIABLE | NN_TENSOR_DEFINED;
    }
    return fault;
}

bool nn_read_tensors(nn_model_t *model) {
    uint32_t scales_left = model->file.length; // four times what it has room for
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        const char *fault = read_tensor(model, i, &scales_left);
        if (model->file.broken) {
            fault = "file is truncated or garbled";
        }
        if (fault != NULL) {
            return nn_fail_tensor(model, i, fault);
        }
    }
    return true;
}

static nn_table_t quantisation_of(nn_model_t *model, const nn_tensor_t *tensor) {
    // The place was checked when the tensor was read, and is checked again here.
    nn_flatbuffer_t *file = &model->file;
    nn_table_t table = nn_vector_table(file, &model->tensor_list,
        (uint32_t)(tensor - model->tensors));
    return nn_field_table(file, &table, NN_TENSOR_QUANTIZATION);
}

nn_vector_t nn_read_scales(nn_model_t *model, const nn_tensor_t *tensor) {
    nn_table_t params = quantisation_of(model, tensor);
    return nn_field_vector(&model->file, &params, NN_QUANTIZATION_SCALE, sizeof(float));
}

int32_t nn_read_scale_axis(nn_model_t *model, const nn_tensor_t *tensor) {
    nn_table_t params = quantisation_of(model, tensor);
    return nn_field_i32(&model->file, &params, NN_QUANTIZATION_DIMENSION, 0);
}

const char *nn_tensor_name(const nn_model_t *model, const nn_tensor_t *tensor,
    uint32_t *length) {
    nn_flatbuffer_t file = model->file;
    nn_table_t table = nn_vector_table(&file, &model->tensor_list,
        (uint32_t)(tensor - model->tensors));
    nn_vector_t name = nn_field_vector(&file, &table, NN_TENSOR_NAME, 1);
    *length = file.broken ? 0 : name.count;
    return *length == 0 ? "" : (const char *)file.data + name.at;
}

// --- ops

// Turns a list of indices into pointers. -1 stands for an input left out.
static const char *resolve_list(nn_model_t *model, const nn_vector_t *list,
    nn_tensor_t **references, bool may_be_absent) {
    for (uint32_t i = 0; i < list->count; ++i) {
        int32_t index = nn_vector_i32(&model->file, list, i);
        if (index == -1 && may_be_absent) {
            references[i] = NULL;
        } else if (index < 0 || (uint32_t)index >= model->tensor_list.count) {
            return "tensor index is outside the list of tensors";
        } else {
            references[i] = &model->tensors[index];
        }
    }
    return NULL;
}

static uint16_t read_code(nn_model_t *model, const nn_table_t *op) {
    nn_flatbuffer_t *file = &model->file;
    uint32_t index = (uint32_t)nn_field_i32(file, op, NN_OPERATOR_CODE, 0);
    if (index >= model->code_list.count) {
        return NN_CODE_NONE;
    }
    nn_table_t code = nn_vector_table(file, &model->code_list, index);
    // Old files have the first field only, new ones both; the larger one counts.
    int32_t deprecated = (int8_t)nn_field_u8(file, &code, NN_CODE_DEPRECATED, 0);
    int32_t builtin = nn_field_i32(file, &code, NN_CODE_BUILTIN, 0);
    int32_t larger = builtin > deprecated ? builtin : deprecated;
    return larger < 0 || larger >= NN_CODE_NONE ? NN_CODE_NONE : (uint16_t)larger;
}

// The input by whose type a kernel is chosen: the first that is data.
static uint32_t data_place(uint16_t code) {
    return code == NN_SPLIT ? 1 : code == NN_TRANSPOSE_CONV ? 2 : 0;
}

// A kernel goes by the type of the data, or by that of packed weights.
static uint8_t type_of(const nn_op_t *op, const nn_tensor_t *first) {
    const nn_tensor_t *weights = op->input_count > 1 ? op->inputs[1] : NULL;
    return weights != NULL && weights->type == NN_INT4 ? NN_INT4 : first->type;
}

static bool find_kernel(nn_model_t *model, uint32_t index, nn_op_t *op, uint16_t code) {
    uint32_t place = data_place(code);
    const nn_tensor_t *first = place < op->input_count ? op->inputs[place] : NULL;
    model->error.code = code;
    op->kernel = first == NULL ? NULL : nn_find_kernel(code, type_of(op, first));
    if (op->kernel == NULL) {
        model->error.unsupported_op = true;
        model->error.type = first == NULL ? UINT8_MAX : type_of(op, first);
        return nn_fail_op(model, index, "op is not supported");
    }
    return true;
}

static bool read_op(nn_model_t *model, uint32_t index, nn_tensor_t ***next) {
    nn_flatbuffer_t *file = &model->file;
    nn_op_t *op = &model->ops[index];
    nn_table_t table = nn_vector_table(file, &model->op_list, index);
    nn_vector_t inputs = nn_field_vector(file, &table, NN_OPERATOR_INPUTS, sizeof(int32_t));
    nn_vector_t outputs = nn_field_vector(file, &table, NN_OPERATOR_OUTPUTS, sizeof(int32_t));
    op->input_count = (uint16_t)inputs.count;
    op->output_count = (uint16_t)outputs.count;
    op->inputs = *next;
    op->outputs = *next + inputs.count;
    *next = op->outputs + outputs.count;
    uint16_t code = read_code(model, &table);
    model->error.code = code;
    const char *fault = resolve_list(model, &inputs, op->inputs, true);
    if (fault == NULL) {
        fault = resolve_list(model, &outputs, op->outputs, false);
    }
    if (fault != NULL || file->broken) {
        return nn_fail_op(model, index, fault != NULL ? fault : "file is truncated or garbled");
    }
    return find_kernel(model, index, op, code);
}

bool nn_read_ops(nn_model_t *model) {
    model->inputs = model->references;
    model->outputs = model->inputs + model->input_list.count;
    nn_tensor_t **next = model->outputs + model->output_list.count;
    const char *fault = resolve_list(model, &model->input_list, model->inputs, false);
    if (fault == NULL) {
        fault = resolve_list(model, &model->output_list, model->outputs, false);
    }
    if (fault != NULL) {
        return nn_fail(model, fault);
    }
    for (uint32_t i = 0; i < model->op_list.count; ++i) {
        if (!read_op(model, i, &next)) {
            return false;
        }
    }
    return true;
}

void nn_read_options(nn_model_t *model, uint32_t op_index, nn_prepare_t *prepare) {
    nn_flatbuffer_t *file = &model->file;
    nn_table_t table = nn_vector_table(file, &model->op_list, op_index);
    prepare->options_type = nn_field_u8(file, &table, NN_OPERATOR_OPTIONS_TYPE, NN_OPTIONS_NONE);
    prepare->options = nn_field_table(file, &table, NN_OPERATOR_OPTIONS);
}
