// When each tensor lives, and where in the arena it lies.

#include "nn_plan.h"
#include "nn_share.h"
#include "nn_stored_plan.h"
#include "nn_strips.h"

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

static bool define_variables(nn_model_t *model, uint16_t last_step) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_VARIABLE) {
            if (tensor->flags & NN_TENSOR_CONSTANT) {
                return nn_fail_tensor(model, i, "variable has constant data");
            }
            tensor->last_step = last_step;
        }
    }
    return true;
}

static const char *follow_op(nn_op_t *op, uint16_t step, const nn_tensor_t **culprit) {
    for (uint32_t i = 0; i < op->input_count; ++i) {
        nn_tensor_t *tensor = op->inputs[i];
        *culprit = tensor;
        if (tensor == NULL) {
            continue;
        }
        if (!(tensor->flags & NN_TENSOR_DEFINED)) {
            return "is read before an op has written it";
        }
        if (!(tensor->flags & NN_TENSOR_CONSTANT)) {
            tensor->last_step = tensor->last_step > step ? tensor->last_step : step;
        }
    }
    for (uint32_t i = 0; i < op->output_count; ++i) {
        nn_tensor_t *tensor = op->outputs[i];
        *culprit = tensor;
        if (tensor->flags & NN_TENSOR_DEFINED) {
            return "is written though it has a value already";
        }
        tensor->flags |= NN_TENSOR_DEFINED;
        tensor->first_step = tensor->last_step = step;
    }
    return NULL;
}

static bool keep_outputs(nn_model_t *model, uint16_t last_step) {
    for (uint32_t i = 0; i < model->output_list.count; ++i) {
        nn_tensor_t *tensor = model->outputs[i];
        if (!(tensor->flags & NN_TENSOR_DEFINED) || (tensor->flags & NN_TENSOR_CONSTANT)) {
            return nn_fail_tensor(model, index_of(model, tensor),
                "model output is not written by any op");
        }
        tensor->last_step = last_step;
    }
    return true;
}

bool nn_plan_lifetimes(nn_model_t *model) {
    uint32_t op_count = model->op_list.count;
    uint16_t last_step = (uint16_t)(op_count + 1);
    if (!define_inputs(model) || !define_variables(model, last_step)) {
        return false;
    }
    for (uint32_t i = 0; i < op_count; ++i) {
        const nn_tensor_t *culprit = NULL;
        const char *fault = follow_op(&model->ops[i], (uint16_t)(i + 1), &culprit);
        if (fault != NULL) {
            model->error.tensor = (int32_t)index_of(model, culprit);
            model->error.code = model->ops[i].kernel->code;
            return nn_fail_op(model, i, fault);
        }
    }
    return keep_outputs(model, last_step);
}

// --- places

// Rounds of placing, each in another order, and a bound on their work in a big model.
#define MAX_ROUNDS (8)
#define MAX_ROUND_STEPS (1 << 22)

static bool needs_place(const nn_tensor_t *tensor) {
    return (tensor->flags & (NN_TENSOR_DEFINED | NN_TENSOR_CONSTANT | NN_TENSOR_PART
                             | NN_TENSOR_PLACED)) == NN_TENSOR_DEFINED;
}

// Of two that are still to be placed, in the order of their indices.
static bool goes_first(const nn_tensor_t *later, const nn_tensor_t *best) {
    if (later->turn != best->turn) {
        return later->turn > best->turn;
    }
    if (nn_room(later) != nn_room(best)) {
        return nn_room(later) > nn_room(best);
    }
    return later->first_step > best->first_step;
}

static nn_tensor_t *next_to_place(nn_model_t *model) {
    nn_tensor_t *best = NULL;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (needs_place(tensor) && (best == NULL || goes_first(tensor, best))) {
            best = tensor;
        }
    }
    return best;
}

static bool live_together(const nn_tensor_t *one, const nn_tensor_t *other) {
    return one->first_step <= other->last_step && other->first_step <= one->last_step;
}

static int64_t align_up(int64_t offset) {
    return (offset + NN_ALIGNMENT_BYTES - 1) & ~(int64_t)(NN_ALIGNMENT_BYTES - 1);
}

// The lowest offset that suits all those that live at the same time. `head` chains the
// placed tensors in the order of their offsets, so one pass settles all but the few whose
// memory may be shared; what those move is looked at once more.
static int64_t find_gap(const nn_model_t *model, uint16_t head, const nn_tensor_t *tensor) {
    int64_t offset = 0, before;
    do {
        before = offset;
        for (uint16_t i = head; i != NONE; i = model->tensors[i].link) {
            const nn_tensor_t *other = &model->tensors[i];
            if (live_together(tensor, other)
                && offset > other->arena_offset - nn_share_distance(model, tensor, other)) {
                int64_t above = other->arena_offset
                    + nn_share_distance(model, other, tensor);
                offset = offset < above ? align_up(above) : offset;
            }
        }
    } while (offset != before);
    return offset;
}

static void chain(nn_model_t *model, uint16_t *head, nn_tensor_t *tensor) {
    uint16_t *next = head;
    while (*next != NONE && model->tensors[*next].arena_offset <= tensor->arena_offset) {
        next = &model->tensors[*next].link;
    }
    tensor->link = *next;
    *next = (uint16_t)index_of(model, tensor);
}

// One round. Gives the bytes of arena, UINT32_MAX when there are too many.
static uint32_t place_all(nn_model_t *model) {
    uint16_t head = NONE;
    uint32_t arena_bytes = 0;
    nn_tensor_t *tensor;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        model->tensors[i].flags &= (uint8_t)~NN_TENSOR_PLACED;
    }
    while ((tensor = next_to_place(model)) != NULL) {
        int64_t offset = find_gap(model, head, tensor);
        int64_t end = offset + nn_room(tensor);
        if (end > INT32_MAX) {
            return UINT32_MAX;
        }
        tensor->arena_offset = (uint32_t)offset;
        tensor->flags |= NN_TENSOR_PLACED;
        chain(model, &head, tensor);
        arena_bytes = (uint32_t)end > arena_bytes ? (uint32_t)end : arena_bytes;
    }
    return arena_bytes;
}

// Of those that reach to the arena's end, the one that was placed first.
static nn_tensor_t *find_peak(nn_model_t *model, uint32_t arena_bytes) {
    nn_tensor_t *peak = NULL;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if ((tensor->flags & NN_TENSOR_PLACED)
            && tensor->arena_offset + nn_room(tensor) == arena_bytes
            && (peak == NULL || goes_first(tensor, peak))) {
            peak = tensor;
        }
    }
    return peak;
}

// Places all anew up to `rounds` times, each time beginning with the one that reached
// highest before. Leaves the places of the last round; *best is the number of the first
// that needed the fewest bytes, which are returned.
static uint32_t place_rounds(nn_model_t *model, uint32_t rounds, uint32_t *best,
    uint32_t *done) {
    uint32_t least_bytes = UINT32_MAX;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        model->tensors[i].turn = 0;
    }
    for (*done = 0; *done < rounds;) {
        uint32_t arena_bytes = place_all(model);
        ++*done;
        if (arena_bytes < least_bytes) {
            least_bytes = arena_bytes;
            *best = *done;
        }
        nn_tensor_t *peak = arena_bytes == UINT32_MAX ? NULL : find_peak(model, arena_bytes);
        if (peak == NULL || (peak->turn != 0 && peak->turn == *done - 1)) {
            break; // the next round would be like this one
        }
        if (*done < rounds) {
            peak->turn = (uint8_t)*done;
        }
    }
    return least_bytes;
}

static const char too_large[] = "arena would pass 2^31 bytes";

// Also chains what is no part once more, in the order of the final offsets, for scratch.
static void place_parts(nn_model_t *model) {
    model->first_placed = NONE;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_PART) {
            tensor->arena_offset += model->tensors[tensor->link].arena_offset;
            tensor->flags |= NN_TENSOR_PLACED;
        } else if (tensor->flags & NN_TENSOR_PLACED) {
            chain(model, &model->first_placed, tensor);
        }
    }
}

static void forget_lifetimes(nn_model_t *model) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (!(tensor->flags & NN_TENSOR_CONSTANT)) {
            tensor->first_step = tensor->last_step = 0;
            tensor->flags &= NN_TENSOR_VARIABLE;
            tensor->flags |= tensor->flags != 0 ? NN_TENSOR_DEFINED : 0;
        }
    }
}

// Places all that nn_share leaves, and gives the bytes. *is_bold: nn_share's answer.
static uint32_t place_shared(nn_model_t *model, bool all, bool *is_bold) {
    uint64_t round_steps = (uint64_t)model->tensor_list.count * model->tensor_list.count + 1;
    uint64_t rounds = MAX_ROUND_STEPS / round_steps;
    rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
    forget_lifetimes(model);
    nn_plan_lifetimes(model); // went well before
    nn_live_through_strips(model);
    *is_bold = nn_share(model, all);
    uint32_t best = 0, done;
    uint32_t arena_bytes = place_rounds(model, (uint32_t)rounds, &best, &done);
    if (arena_bytes != UINT32_MAX && best != done) {
        place_rounds(model, best, &best, &done);
    }
    return arena_bytes;
}

bool nn_plan_arena(nn_model_t *model) {
    bool is_bold;
    model->arena_bytes = place_shared(model, true, &is_bold);
    if (is_bold) {
        uint32_t careful_bytes = place_shared(model, false, &is_bold);
        if (careful_bytes < model->arena_bytes) {
            model->arena_bytes = careful_bytes;
        } else {
            place_shared(model, true, &is_bold);
        }
    }
    if (model->arena_bytes == UINT32_MAX) {
        return nn_fail(model, too_large);
    }
    nn_take_stored_plan(model);
    place_parts(model);
    nn_model_reset_times(model); // they share a field with the planning
    return true;
}

// Ops run one after the other, so that their scratch never meets.
bool nn_plan_scratch(nn_model_t *model, uint32_t op_index, uint32_t bytes, uint32_t *offset) {
    uint64_t start = 0, room = (uint64_t)align_up(bytes);
    uint32_t step = op_index + 1;
    for (uint16_t i = model->first_placed; i != NONE; i = model->tensors[i].link) {
        const nn_tensor_t *other = &model->tensors[i];
        if (start + room <= other->arena_offset) {
            break;
        }
        uint64_t above = (uint64_t)other->arena_offset + nn_room(other);
        if (other->first_step <= step && step <= other->last_step && start < above) {
            start = above;
        }
    }
    if (start + room > INT32_MAX) {
        return nn_fail(model, too_large);
    }
    *offset = (uint32_t)start;
    uint32_t end = (uint32_t)(start + room);
    model->arena_bytes = end > model->arena_bytes ? end : model->arena_bytes;
    return true;
}
