// Which tensors may share memory although both are alive.

#include <string.h>

#include "nn_share.h"

// Kernels may read whole words, so a part starts at one.
#define PART_ALIGNMENT_BYTES (4)
// No op whose output may overlap an input has more; a crafted one may not cost more.
#define MAX_SHARED_INPUTS (4)
#define NO_TRAIL (UINT32_MAX)

// --- views

nn_tensor_t *nn_share_root(const nn_model_t *model, const nn_tensor_t *tensor,
    uint32_t *offset) {
    uint32_t index = (uint32_t)(tensor - model->tensors);
    *offset = 0;
    while (model->tensors[index].flags & NN_TENSOR_PART) {
        *offset += model->tensors[index].arena_offset;
        index = model->tensors[index].link;
    }
    return &model->tensors[index];
}

static bool is_computed(const nn_tensor_t *tensor) {
    return tensor != NULL && (tensor->flags & (NN_TENSOR_DEFINED | NN_TENSOR_CONSTANT
                                               | NN_TENSOR_VARIABLE)) == NN_TENSOR_DEFINED;
}

static void join(nn_model_t *model, nn_tensor_t *part, nn_tensor_t *whole, uint32_t offset) {
    part->flags |= NN_TENSOR_PART;
    part->link = (uint16_t)(whole - model->tensors);
    part->arena_offset = offset;
    whole->first_step = part->first_step < whole->first_step
        ? part->first_step : whole->first_step;
    whole->last_step = part->last_step > whole->last_step ? part->last_step : whole->last_step;
}

// Ops that only move elements, whose preparation says whether they need to.
static bool only_moves(uint16_t code) {
    static const uint8_t codes[] = {
        NN_CONCATENATION, NN_DEPTH_TO_SPACE, NN_EXPAND_DIMS, NN_PACK, NN_PAD, NN_PADV2,
        NN_RESHAPE, NN_SLICE, NN_SPACE_TO_DEPTH, NN_SPLIT, NN_SPLIT_V, NN_SQUEEZE,
        NN_STRIDED_SLICE, NN_TRANSPOSE, NN_UNPACK,
    };
    return memchr(codes, code, sizeof(codes)) != NULL && code <= UINT8_MAX;
}

// The layout of an op; apart, for one that will be refused.
static nn_layout_t layout_of(nn_model_t *model, uint32_t index) {
    nn_prepare_t prepare;
    memset(&prepare, 0, sizeof(prepare));
    prepare.model = model;
    prepare.op = &model->ops[index];
    prepare.limit = UINT32_MAX;
    nn_read_options(model, index, &prepare);
    const char *fault = prepare.op->kernel->prepare(&prepare);
    prepare.op->state = NULL;
    if (fault != NULL || model->file.broken) {
        return (nn_layout_t) { .lie = NN_LIE_APART };
    }
    return prepare.layout;
}

// Outputs into their op's input. One that would outlive what it lies in keeps that alive.
static bool share_outputs(nn_model_t *model, const nn_op_t *op, const nn_layout_t *layout,
    bool all) {
    bool is_some_bold = false;
    uint32_t at;
    if (!is_computed(op->inputs[layout->place])) {
        return false;
    }
    nn_tensor_t *root = nn_share_root(model, op->inputs[layout->place], &at);
    at += layout->offset_bytes;
    for (uint32_t i = 0; i < op->output_count; ++i) {
        nn_tensor_t *output = op->outputs[i];
        bool is_bold = output->last_step > root->last_step && output->bytes < root->bytes;
        bool is_aligned = at % PART_ALIGNMENT_BYTES == 0;
        is_some_bold |= is_bold && is_aligned;
        if (is_aligned && (all || !is_bold)) {
            join(model, output, root, at);
        }
        at += output->bytes;
    }
    return is_some_bold;
}

// Inputs into their op's output. Gives the bytes of those that are.
static uint32_t join_inputs(nn_model_t *model, const nn_op_t *op, const nn_layout_t *layout) {
    nn_tensor_t *output = op->outputs[0];
    uint32_t bytes = 0, at = layout->offset_bytes;
    for (uint32_t i = 0; i < layout->pieces; ++i) {
        nn_tensor_t *input = op->inputs[i];
        if (is_computed(input)) {
            uint32_t offset;
            nn_tensor_t *root = nn_share_root(model, input, &offset);
            // What is part of something bigger, or in here already, stays and is copied.
            if (root != output && root->bytes == input->bytes && at % PART_ALIGNMENT_BYTES == 0) {
                join(model, root, output, at);
                bytes += root->bytes;
            }
        }
        at += input->bytes;
    }
    return bytes;
}

// Takes out what join_inputs put into an output that nothing has read so far.
static void separate_inputs(const nn_model_t *model, const nn_op_t *op) {
    uint16_t output = (uint16_t)(op->outputs[0] - model->tensors);
    for (uint32_t i = 0; i < op->input_count; ++i) {
        nn_tensor_t *tensor = op->inputs[i];
        while ((tensor->flags & NN_TENSOR_PART) && tensor->link != output) {
            tensor = &model->tensors[tensor->link];
        }
        tensor->flags &= (uint8_t)~NN_TENSOR_PART;
    }
}

// The output is made early, with all that is in it: bold, where that is not only inputs.
static bool share_inputs(nn_model_t *model, const nn_op_t *op, const nn_layout_t *layout,
    bool all) {
    nn_tensor_t *output = op->outputs[0];
    nn_tensor_t before = *output;
    uint32_t joined_bytes = join_inputs(model, op, layout);
    bool is_bold = joined_bytes < output->bytes;
    if (is_bold && !all) {
        separate_inputs(model, op);
        *output = before;
    }
    return is_bold && joined_bytes > 0;
}

// Every part directly in what is no part itself, so that finding it takes one step.
static void flatten(nn_model_t *model) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_PART) {
            uint32_t offset;
            const nn_tensor_t *root = nn_share_root(model, tensor, &offset);
            tensor->link = (uint16_t)(root - model->tensors);
            tensor->arena_offset = offset;
        }
    }
}

// --- output over input

// Fields of a windowed op's options.
typedef struct _window_fields_t {
    int8_t stride_h, dilation_h, filter_h; // -1: not an option
} window_fields_t;

static const window_fields_t *window_fields(uint16_t code) {
    static const window_fields_t conv = { NN_CONV_STRIDE_H, NN_CONV_DILATION_H, -1 };
    static const window_fields_t depthwise = {
        NN_DEPTHWISE_STRIDE_H, NN_DEPTHWISE_DILATION_H, -1,
    };
    static const window_fields_t pool = { NN_POOL_STRIDE_H, -1, NN_POOL_FILTER_H };
    switch (code) {
        case NN_CONV_2D:
            return &conv;
        case NN_DEPTHWISE_CONV_2D:
            return &depthwise;
        case NN_AVERAGE_POOL_2D:
        case NN_MAX_POOL_2D:
            return &pool;
        default:
            return NULL;
    }
}

static bool goes_by_elements(uint16_t code) {
    static const uint8_t codes[] = {
        NN_ABS, NN_ADD, NN_CAST, NN_DEQUANTIZE, NN_ELU, NN_EQUAL, NN_EXP, NN_GREATER,
        NN_GREATER_EQUAL, NN_HARD_SWISH, NN_L2_NORMALIZATION, NN_LEAKY_RELU, NN_LESS, NN_LESS_EQUAL, NN_LOG, NN_LOGISTIC, NN_MAXIMUM,
        NN_MINIMUM, NN_MUL, NN_NEG, NN_NOT_EQUAL, NN_PRELU, NN_QUANTIZE, NN_RELU, NN_RELU6,
        NN_RSQRT, NN_SOFTMAX, NN_SQRT, NN_SUB, NN_TANH,
    };
    for (size_t i = 0; i < sizeof(codes); ++i) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static bool read_window(nn_model_t *model, uint32_t index, const window_fields_t *fields,
    nn_window_t *window, int32_t *before) {
    const nn_op_t *op = &model->ops[index];
    nn_flatbuffer_t *file = &model->file;
    nn_prepare_t given;
    nn_read_options(model, index, &given);
    window->input = op->inputs[0]->dims[1];
    window->stride = nn_field_i32(file, &given.options, fields->stride_h, 0);
    window->dilation = fields->dilation_h < 0
        ? 1 : nn_field_i32(file, &given.options, fields->dilation_h, 1);
    if (fields->filter_h >= 0) {
        window->filter = nn_field_i32(file, &given.options, fields->filter_h, 0);
    } else {
        const nn_tensor_t *filter = op->input_count < 2 ? NULL : op->inputs[1];
        window->filter = filter == NULL || filter->rank != 4 ? 0 : filter->dims[1];
    }
    // The padding's field is the first of all of them.
    uint8_t padding = nn_field_u8(file, &given.options, NN_CONV_PADDING, NN_PADDING_SAME);
    int32_t height;
    return nn_resolve_window(padding, window, &height, before)
           && height == op->outputs[0]->dims[1];
}

bool nn_share_window(nn_model_t *model, uint32_t index, nn_window_t *window, int32_t *before) {
    const window_fields_t *fields = window_fields(model->ops[index].kernel->code);
    return fields != NULL && read_window(model, index, fields, window, before);
}

// When output row y is written, the input's rows from the first one of y's window on
// are still to be read. The output's row y ends (y + 1) output rows above its start, so
// the input must start that much higher less the rows that are done with. In y this
// grows as long as windows start in the padding, and goes straight on from there.
static uint32_t window_trail(nn_model_t *model, uint32_t index, const window_fields_t *fields) {
    const nn_op_t *op = &model->ops[index];
    if (op->output_count != 1 || !is_computed(op->inputs[0])) {
        return NO_TRAIL;
    }
    const nn_tensor_t *input = op->inputs[0], *output = op->outputs[0];
    nn_window_t window;
    int32_t before;
    if (input->rank != 4 || output->rank != 4 || input->dims[0] != 1 || output->dims[0] != 1
        || !read_window(model, index, fields, &window, &before)) {
        return NO_TRAIL;
    }
    int64_t last = output->dims[1] - 1;
    int64_t input_row = input->bytes / (uint32_t)input->dims[1];
    int64_t output_row = output->bytes / (uint32_t)output->dims[1];
    int64_t in_padding = before / window.stride < last ? before / window.stride : last;
    int64_t rows[] = { in_padding, in_padding + 1 < last ? in_padding + 1 : last, last };
    int64_t most = 0;
    for (int i = 0; i < 3; ++i) {
        int64_t first_row = rows[i] * window.stride - before;
        int64_t trail = (rows[i] + 1) * output_row
            - (first_row > 0 ? first_row : 0) * input_row;
        most = trail > most ? trail : most;
    }
    return (uint32_t)most;
}

static bool is_byte(const nn_tensor_t *tensor) {
    return tensor->type == NN_INT8 || tensor->type == NN_UINT8 || tensor->type == NN_BOOL;
}

// A broadcast input is read again and again; and a compiler may take it that what is
// written as one type is not read as another, unless one of them is bytes.
static uint32_t element_trail(const nn_tensor_t *input, const nn_tensor_t *output) {
    if (nn_count(input) != nn_count(output)
        || (input->type != output->type && !is_byte(input) && !is_byte(output))) {
        return NO_TRAIL;
    }
    return output->bytes > input->bytes ? output->bytes - input->bytes : 0;
}

// How far the output must start below input `place` of its op; NO_TRAIL: not shared.
static uint32_t trail_of(const nn_op_t *op, uint32_t place) {
    uint16_t code = op->kernel->code;
    if (goes_by_elements(code)) {
        return element_trail(op->inputs[place], op->outputs[0]);
    }
    return place == 0 ? op->trail_bytes : NO_TRAIL;
}

// Works out op->trail_bytes, and makes the op's views. Gives whether some were bold.
static bool share_op(nn_model_t *model, uint32_t index, bool all) {
    nn_op_t *op = &model->ops[index];
    const window_fields_t *fields = window_fields(op->kernel->code);
    op->trail_bytes = fields == NULL ? NO_TRAIL : window_trail(model, index, fields);
    if (!only_moves(op->kernel->code)) {
        return false;
    }
    nn_layout_t layout = layout_of(model, index);
    switch (layout.lie) {
        case NN_LIE_IN_INPUT:
            return share_outputs(model, op, &layout, all);
        case NN_LIE_IN_OUTPUT:
            return share_inputs(model, op, &layout, all);
        case NN_LIE_BEHIND:
            op->trail_bytes = 0;
            return false;
        default:
            return false;
    }
}

bool nn_share(nn_model_t *model, bool all) {
    bool is_bold = false;
    for (uint32_t i = 0; i < model->op_list.count; ++i) {
        is_bold |= share_op(model, i, all);
    }
    flatten(model);
    return is_bold;
}

int64_t nn_share_distance(const nn_model_t *model, const nn_tensor_t *lower,
    const nn_tensor_t *upper) {
    int64_t apart = nn_room(lower);
    uint32_t step = lower->first_step;
    if (upper->last_step != step || step == 0) {
        return apart;
    }
    const nn_op_t *op = &model->ops[step - 1];
    uint32_t output_at;
    if (op->output_count != 1 || op->input_count > MAX_SHARED_INPUTS
        || nn_share_root(model, op->outputs[0], &output_at) != lower) {
        return apart;
    }
    bool is_read = false;
    int64_t distance = INT64_MIN;
    for (uint32_t i = 0; i < op->input_count; ++i) {
        uint32_t input_at;
        if (!is_computed(op->inputs[i])
            || nn_share_root(model, op->inputs[i], &input_at) != upper) {
            continue;
        }
        uint32_t trail = trail_of(op, i);
        if (trail == NO_TRAIL) {
            return apart;
        }
        int64_t needed = (int64_t)output_at + trail - input_at;
        distance = needed > distance ? needed : distance;
        is_read = true;
    }
    return is_read && distance < apart ? distance : apart;
}
