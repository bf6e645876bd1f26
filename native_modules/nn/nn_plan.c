// When each tensor lives, and where in the arena it lies.

#include "nn_plan.h"

#define NONE (UINT16_MAX)

static uint32_t index_of(const nn_model_t *model, const nn_tensor_t *tensor) {
    return (uint32_t)(tensor - model->tensors);
}

// --- lifetimes

static bool define_inputs(nn_model_t *model) {
    for (uint32_t i = 0; i < model->input_list.count; ++i) {
        nn_tensor_t *tensor = model->inputs[i];
        if (tensor->flags & (NN_TENSOR_CONSTANT | NN_TENSOR_VARIABLE)) {
            return nn_fail_tensor(model, index_of(model, tensor), "model input has data already");
        }
        tensor->flags |= NN_TENSOR_DEFINED;
    }
    return true;
}

static bool define_variables(nn_model_t *model, uint16_t last_op) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_VARIABLE) {
            if (tensor->flags & NN_TENSOR_CONSTANT) {
                return nn_fail_tensor(model, i, "variable has constant data");
            }
            tensor->last_op = last_op;
        }
    }
    return true;
}

static const char *follow_op(nn_op_t *op, uint16_t index, const nn_tensor_t **culprit) {
    for (uint32_t i = 0; i < op->input_count; ++i) {
        nn_tensor_t *tensor = op->inputs[i];
        *culprit = tensor;
        if (tensor == NULL) {
            continue;
        }
        if (!(tensor->flags & NN_TENSOR_DEFINED)) {
            return "is read before an op has written it";
        }
        tensor->last_op = tensor->last_op > index ? tensor->last_op : index;
    }
    for (uint32_t i = 0; i < op->output_count; ++i) {
        nn_tensor_t *tensor = op->outputs[i];
        *culprit = tensor;
        if (tensor->flags & NN_TENSOR_DEFINED) {
            return "is written though it has a value already";
        }
        tensor->flags |= NN_TENSOR_DEFINED;
        tensor->first_op = tensor->last_op = index;
    }
    return NULL;
}

static bool keep_outputs(nn_model_t *model, uint16_t last_op) {
    for (uint32_t i = 0; i < model->output_list.count; ++i) {
        nn_tensor_t *tensor = model->outputs[i];
        if (!(tensor->flags & NN_TENSOR_DEFINED) || (tensor->flags & NN_TENSOR_CONSTANT)) {
            return nn_fail_tensor(model, index_of(model, tensor),
                "model output is not written by any op");
        }
        tensor->last_op = last_op;
    }
    return true;
}

bool nn_plan_lifetimes(nn_model_t *model) {
    uint32_t op_count = model->op_list.count;
    uint16_t last_op = (uint16_t)(op_count == 0 ? 0 : op_count - 1);
    if (!define_inputs(model) || !define_variables(model, last_op)) {
        return false;
    }
    for (uint32_t i = 0; i < op_count; ++i) {
        const nn_tensor_t *culprit = NULL;
        const char *fault = follow_op(&model->ops[i], (uint16_t)i, &culprit);
        if (fault != NULL) {
            model->error.tensor = (int32_t)index_of(model, culprit);
            model->error.code = model->ops[i].kernel->code;
            return nn_fail_op(model, i, fault);
        }
    }
    return keep_outputs(model, last_op);
}

// --- places

static uint32_t room(const nn_tensor_t *tensor) {
    return (tensor->bytes + NN_ALIGNMENT_BYTES - 1) & ~(uint32_t)(NN_ALIGNMENT_BYTES - 1);
}

static bool needs_place(const nn_tensor_t *tensor) {
    return (tensor->flags & (NN_TENSOR_DEFINED | NN_TENSOR_CONSTANT | NN_TENSOR_PLACED))
           == NN_TENSOR_DEFINED;
}

static nn_tensor_t *next_to_place(nn_model_t *model) {
    nn_tensor_t *best = NULL;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (needs_place(tensor) && (best == NULL || room(tensor) > room(best)
                                    || (room(tensor) == room(best)
                                        && tensor->first_op < best->first_op))) {
            best = tensor;
        }
    }
    return best;
}

static bool live_together(const nn_tensor_t *one, const nn_tensor_t *other) {
    return one->first_op <= other->last_op && other->first_op <= one->last_op;
}

// The first gap that is wide enough between those that live at the same time.
// `head` chains the placed tensors in the order of their offsets.
static uint64_t find_gap(const nn_model_t *model, uint16_t head, const nn_tensor_t *tensor) {
    uint64_t end = 0;
    for (uint16_t i = head; i != NONE; i = model->tensors[i].next_placed) {
        const nn_tensor_t *other = &model->tensors[i];
        if (!live_together(tensor, other)) {
            continue;
        }
        if (end + room(tensor) <= other->arena_offset) {
            break;
        }
        uint64_t other_end = (uint64_t)other->arena_offset + room(other);
        end = other_end > end ? other_end : end;
    }
    return end;
}

static void chain(nn_model_t *model, uint16_t *head, nn_tensor_t *tensor) {
    uint16_t *link = head;
    while (*link != NONE && model->tensors[*link].arena_offset <= tensor->arena_offset) {
        link = &model->tensors[*link].next_placed;
    }
    tensor->next_placed = *link;
    *link = (uint16_t)index_of(model, tensor);
}

bool nn_plan_arena(nn_model_t *model) {
    uint16_t head = NONE;
    uint64_t arena_bytes = 0;
    nn_tensor_t *tensor;
    while ((tensor = next_to_place(model)) != NULL) {
        uint64_t offset = find_gap(model, head, tensor);
        uint64_t end = offset + room(tensor);
        if (end > INT32_MAX) {
            return nn_fail(model, "arena would pass 2^31 bytes");
        }
        tensor->arena_offset = (uint32_t)offset;
        tensor->flags |= NN_TENSOR_PLACED;
        chain(model, &head, tensor);
        arena_bytes = end > arena_bytes ? end : arena_bytes;
    }
    model->arena_bytes = (uint32_t)arena_bytes;
    return true;
}
