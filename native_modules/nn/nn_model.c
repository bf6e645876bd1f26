// A .tflite model, read in place and ready to run.

#include <string.h>

#include "nn_model.h"
#include "nn_pack.h"
#include "nn_plan.h"
#include "nn_strips.h"

#define POINTER_BYTES (8) // what blocks with pointers in them are aligned to

static uint32_t align_up(uint32_t bytes) {
    return (bytes + POINTER_BYTES - 1) & ~(uint32_t)(POINTER_BYTES - 1);
}

// Counts are bounded by NN_MAX_*, so these sums stay far below 2^32.
static uint32_t ops_at(const nn_model_t *model) {
    return align_up(model->tensor_list.count * (uint32_t)sizeof(nn_tensor_t));
}

static uint32_t references_at(const nn_model_t *model) {
    return align_up(ops_at(model) + model->op_list.count * (uint32_t)sizeof(nn_op_t));
}

static uint32_t strips_at(const nn_model_t *model) {
    return references_at(model) + model->reference_count * (uint32_t)sizeof(nn_tensor_t *);
}

bool nn_model_open(nn_model_t *model, const void *data, size_t length) {
    memset(model, 0, sizeof(*model));
    model->error.op = model->error.tensor = -1;
    if (length > INT32_MAX) {
        return nn_fail(model, "file passes 2^31 bytes");
    }
    model->file.data = data;
    model->file.length = (uint32_t)length;
    if (!nn_read_frame(model)) {
        return false;
    }
    model->table_bytes = strips_at(model) + nn_strips_bytes(model);
    return true;
}

// An empty tensor (one dimension 0) is allowed as a constant only, so kernels
// never meet one as input or output.
static bool refuse_empty(nn_model_t *model) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        const nn_tensor_t *tensor = &model->tensors[i];
        bool used = (tensor->flags & NN_TENSOR_DEFINED) != 0;
        bool constant = (tensor->flags & NN_TENSOR_CONSTANT) != 0;
        if (used && !constant && tensor->bytes == 0) {
            return nn_fail_tensor(model, i, nn_count(tensor) == 0
                ? "a dimension is 0" : "element type has no fixed size");
        }
    }
    return true;
}

static bool prepare_op(nn_model_t *model, uint32_t index, nn_prepare_t *prepare) {
    prepare->op = &model->ops[index];
    nn_read_options(model, index, prepare);
    const char *fault = prepare->op->kernel->prepare(prepare);
    if (model->file.broken) {
        fault = "file is truncated or garbled";
    }
    if (fault != NULL) {
        model->error.code = prepare->op->kernel->code;
        return nn_fail_op(model, index, fault);
    }
    return true;
}

// Once to count (memory NULL), once for good.
static bool prepare_all(nn_model_t *model, void *memory, void *arena) {
    nn_prepare_t prepare;
    memset(&prepare, 0, sizeof(prepare));
    prepare.model = model;
    prepare.memory = memory;
    prepare.arena = arena;
    prepare.limit = memory == NULL ? UINT32_MAX : model->prepared_bytes;
    for (uint32_t i = 0; i < model->op_list.count; ++i) {
        if (!prepare_op(model, i, &prepare)) {
            return false;
        }
        if (prepare.used > INT32_MAX / 2) {
            return nn_fail_op(model, i, "prepared data would pass 2^30 bytes");
        }
    }
    model->prepared_bytes = prepare.used;
    return true;
}

bool nn_model_read(nn_model_t *model, void *table) {
    memset(table, 0, model->table_bytes);
    model->tensors = table;
    model->ops = (nn_op_t *)(void *)((uint8_t *)table + ops_at(model));
    model->references = (nn_tensor_t **)(void *)((uint8_t *)table + references_at(model));
    if (!nn_read_tensors(model) || !nn_read_ops(model) || !nn_plan_lifetimes(model)
        || !refuse_empty(model)) {
        return false;
    }
    nn_plan_strips(model, (uint8_t *)table + strips_at(model));
    return nn_plan_arena(model) && prepare_all(model, NULL, NULL);
}

// Ends planning: what it knew of a tensor makes room for where the tensor is.
static void bind(nn_model_t *model, uint8_t *arena) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_PLACED) {
            tensor->data = arena + tensor->arena_offset;
        }
    }
}

bool nn_model_prepare(nn_model_t *model, void *prepared, void *arena, size_t arena_bytes) {
    if (arena_bytes < model->arena_bytes) {
        model->error.needed = model->arena_bytes;
        model->error.available = (uint32_t)arena_bytes;
        return nn_fail(model, "arena is too small");
    }
    if ((uintptr_t)arena % sizeof(uint32_t) != 0) {
        return nn_fail(model, "arena does not start at a multiple of 4 bytes in memory");
    }
    if (!prepare_all(model, prepared, arena)) {
        return false;
    }
    bind(model, arena);
    nn_model_reset(model);
    model->packed_bytes = nn_count_packed(model);
    return true;
}

void nn_model_reset(nn_model_t *model) {
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_VARIABLE) {
            memset(tensor->data, tensor->type == NN_INT8 ? tensor->zero_point : 0, tensor->bytes);
        }
    }
}

static void run_op(nn_op_t *op, void *context) {
    (void)context;
    op->kernel->invoke(op);
}

void nn_invoke(const nn_model_t *model) {
    const nn_op_t *end = model->ops + model->op_list.count;
    for (const nn_op_t *op = model->ops; op != end;) {
        if (model->strips != NULL && nn_strips_begin(model, (uint32_t)(op - model->ops))) {
            op = model->ops + nn_run_strips(model, run_op, NULL);
        } else {
            op->kernel->invoke(op);
            ++op;
        }
    }
}

typedef struct _stopwatch_t {
    uint32_t (*clock_us)(void);
    uint32_t before_us;
} stopwatch_t;

static void run_timed(nn_op_t *op, void *context) {
    stopwatch_t *timer = context;
    op->kernel->invoke(op);
    uint32_t after_us = timer->clock_us();
    op->total_us += after_us - timer->before_us;
    timer->before_us = after_us;
}

void nn_invoke_timed(nn_model_t *model, uint32_t (*clock_us)(void)) {
    nn_op_t *end = model->ops + model->op_list.count;
    stopwatch_t timer = { clock_us, clock_us() };
    for (nn_op_t *op = model->ops; op != end;) {
        if (nn_strips_begin(model, (uint32_t)(op - model->ops))) {
            op = model->ops + nn_run_strips(model, run_timed, &timer);
        } else {
            run_timed(op++, &timer);
        }
    }
    ++model->calls;
}

void nn_model_reset_times(nn_model_t *model) {
    model->calls = 0;
    for (uint32_t i = 0; i < model->op_list.count; ++i) {
        model->ops[i].total_us = 0;
    }
}

uint16_t nn_model_op_code(const nn_model_t *model, uint32_t index) {
    return model->ops[index].kernel->code;
}
