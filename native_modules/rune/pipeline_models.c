// Stages that are models.

#include <string.h>

#include "py/runtime.h"
#include "modnn.h"
#include "pipeline.h"

static const nn_tensor_t *model_tensor(const stage_t *stage, uint32_t position) {
    const nn_model_t *model = stage->as.model.model;
    return position < stage->input_count ? nn_model_input(model, position)
        : nn_model_output(model, position - stage->input_count);
}

// Whoever made the model may have given it a view of a tensor as its arena.
static void copy_inputs(const stage_t *stage) {
    for (uint32_t i = 0; i < stage->input_count; ++i) {
        if (stage->as.model.copies & 1u << i) {
            const nn_tensor_t *tensor = model_tensor(stage, i);
            memmove(tensor->data, stage->tensors[i]->data, tensor->bytes);
        }
    }
}

static void copy_outputs(const stage_t *stage) {
    uint32_t count = (uint32_t)stage->input_count + stage->output_count;
    for (uint32_t i = stage->input_count; i < count; ++i) {
        if (stage->as.model.copies & 1u << i) {
            const nn_tensor_t *tensor = model_tensor(stage, i);
            memmove(stage->tensors[i]->data, tensor->data, tensor->bytes);
        }
    }
}

static void run_model(pipeline_obj_t *self, stage_t *stage) {
    (void)self;
    if (stage->as.model.copies == 0) {
        nn_invoke(stage->as.model.model);
        return;
    }
    copy_inputs(stage);
    nn_invoke(stage->as.model.model);
    copy_outputs(stage);
}

static bool same_shape(const runic_tensor_t *tensor, const nn_tensor_t *model) {
    bool same = nn_runic_type(model->type) == tensor->type && model->rank == tensor->rank
        && model->bytes == tensor->capacity_bytes;
    for (uint8_t axis = 0; same && axis < tensor->rank; ++axis) {
        same = (uint32_t)model->dims[axis] == tensor->dims[axis];
    }
    return same;
}

static uint8_t index_in_model(const stage_t *stage, uint32_t position) {
    return (uint8_t)(position < stage->input_count ? position : position - stage->input_count);
}

static bool is_aligned(const nn_tensor_t *model, uint8_t type) {
    return (uintptr_t)model->data % runic_type_bytes(type) == 0;
}

static void check_tensor(const stage_t *stage, uint32_t position) {
    const runic_tensor_t *tensor = stage->tensors[position];
    const nn_tensor_t *model = model_tensor(stage, position);
    const char *side = position < stage->input_count ? "input" : "output";
    if (!same_shape(tensor, model)) {
        mp_raise_msg_varg(&mp_type_ValueError,
            MP_ERROR_TEXT("the model's %s %u has another type or shape than the tensor"),
            side, (unsigned)index_in_model(stage, position));
    }
    if (tensor->data == NULL && !is_aligned(model, tensor->type)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the model's arena is not aligned for its tensors"));
    }
}

// A tensor without memory takes the model's; any other is copied.
static void bind_tensor(stage_t *stage, uint32_t position) {
    pipeline_tensor_t *entry = (pipeline_tensor_t *)stage->tensors[position];
    if (entry->tensor.data != NULL) {
        stage->as.model.copies |= (uint16_t)(1u << position);
        return;
    }
    entry->tensor.data = model_tensor(stage, position)->data;
    entry->model = stage->owner;
    entry->model_index = index_in_model(stage, position);
    entry->is_model_input = position < stage->input_count;
}

mp_obj_t pipeline_add_model(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    pipeline_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    nn_model_t *model = nn_model_from_obj(args[1]);
    stage_t stage;
    pipeline_prepare_stage(self, &stage, run_model, args[1], args[2], args[3]);
    stage.as.model.model = model;
    if (stage.input_count != nn_model_input_count(model)
        || stage.output_count != nn_model_output_count(model)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the model has another number of inputs or outputs"));
    }
    uint32_t count = (uint32_t)stage.input_count + stage.output_count;
    for (uint32_t i = 0; i < count; ++i) {
        check_tensor(&stage, i);
    }
    stage_t *added = pipeline_add_stage(self, &stage);
    for (uint32_t i = 0; i < count; ++i) {
        bind_tensor(added, i);
    }
    nn_model_hold(args[1]);
    return mp_const_none;
}

bool pipeline_is_model(const stage_t *stage) {
    return stage->run == run_model;
}

void pipeline_release_model(const stage_t *stage) {
    if (pipeline_is_model(stage)) {
        nn_model_release(stage->owner);
    }
}
