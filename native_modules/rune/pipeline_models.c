// Stages that own memory of their own: models, and custom blocks in a sandbox.

#include <stdio.h>
#include <string.h>

#include "py/runtime.h"
#include "modnn.h"
#include "pipeline.h"

static const nn_tensor_t *model_tensor(const stage_t *stage, uint32_t position) {
    const nn_model_t *model = stage->as.model.model;
    return position < stage->input_count ? nn_model_input(model, position)
        : nn_model_output(model, position - stage->input_count);
}

static void copy_inputs(const stage_t *stage) {
    for (uint32_t i = 0; i < stage->input_count; ++i) {
        if (stage->as.model.copies & 1u << i) {
            const nn_tensor_t *tensor = model_tensor(stage, i);
            memcpy(tensor->data, stage->tensors[i]->data, tensor->bytes);
        }
    }
}

static void copy_outputs(const stage_t *stage) {
    uint32_t count = (uint32_t)stage->input_count + stage->output_count;
    for (uint32_t i = stage->input_count; i < count; ++i) {
        if (stage->as.model.copies & 1u << i) {
            const nn_tensor_t *tensor = model_tensor(stage, i);
            memcpy(stage->tensors[i]->data, tensor->data, tensor->bytes);
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

// A tensor without memory takes the model's; any other is copied.
static void bind_tensor(stage_t *stage, uint32_t position) {
    pipeline_tensor_t *entry = (pipeline_tensor_t *)stage->tensors[position];
    const nn_tensor_t *model = model_tensor(stage, position);
    bool is_input = position < stage->input_count;
    if (!same_shape(&entry->tensor, model)) {
        mp_raise_msg_varg(&mp_type_ValueError,
            MP_ERROR_TEXT("the model's %s %u has another type or shape than the tensor"),
            is_input ? "input" : "output", (unsigned)(is_input ? position : position - stage->input_count));
    }
    if (entry->tensor.data != NULL) {
        stage->as.model.copies |= (uint16_t)(1u << position);
        return;
    }
    entry->tensor.data = model->data;
    entry->model = stage->owner;
    entry->model_index = (uint8_t)(is_input ? position : position - stage->input_count);
    entry->is_model_input = is_input;
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
    for (uint32_t i = 0; i < (uint32_t)stage.input_count + stage.output_count; ++i) {
        bind_tensor(&stage, i);
    }
    pipeline_add_stage(self, &stage);
    return mp_const_none;
}

// Linear memory may move while the guest runs, and accesses must stay inside it.
static uint8_t *custom_at(pipeline_obj_t *self, const stage_t *stage, uint32_t position) {
    uint32_t length;
    uint8_t *memory = wasm3_module_memory(stage->as.custom.module, &length);
    uint32_t address = stage->as.custom.addresses[position];
    if (memory == NULL || address > length
        || stage->tensors[position]->capacity_bytes > length - address) {
        pipeline_fail(self, "a custom block's tensor lies outside its memory");
    }
    return memory + address;
}

static uint32_t custom_count(const runic_tensor_t *tensor) {
    uint32_t count = 0;
    if (tensor->type == RUNIC_UTF8 || !runic_tensor_count(tensor, &count)) {
        count = tensor->capacity_bytes;
    }
    return count;
}

static void run_custom(pipeline_obj_t *self, stage_t *stage) {
    uint32_t count = (uint32_t)stage->input_count + stage->output_count;
    uint32_t arguments[2 * PIPELINE_TENSORS_MAX];
    uint32_t completed = 0;
    wasm3_module_check_open(stage->as.custom.module);
    for (uint32_t i = 0; i < count; ++i) {
        arguments[2 * i] = stage->as.custom.addresses[i];
        arguments[2 * i + 1] = custom_count(stage->tensors[i]);
        if (i < stage->input_count) {
            memcpy(custom_at(self, stage, i), stage->tensors[i]->data, stage->tensors[i]->capacity_bytes);
        }
    }
    uint32_t answer = wasm3_call_repeatedly(stage->as.custom.module, stage->as.custom.transform,
        arguments, 1, &completed);
    if (answer != 0) {
        char text[48];
        snprintf(text, sizeof(text), "the custom block answered %d", (int)answer);
        pipeline_fail(self, text);
    }
    for (uint32_t i = stage->input_count; i < count; ++i) {
        memcpy(stage->tensors[i]->data, custom_at(self, stage, i), stage->tensors[i]->capacity_bytes);
    }
}

static IM3Function find_transform(wasm3_module_obj_t *module, uint32_t tensor_count) {
    IM3Function transform = wasm3_module_find(module, "transform", strlen("transform"));
    bool fits = transform != NULL && m3_GetArgCount(transform) == 2 * tensor_count
        && m3_GetRetCount(transform) <= 1 && m3_GetRetType(transform, 0) <= c_m3Type_i32;
    for (uint32_t i = 0; fits && i < 2 * tensor_count; ++i) {
        fits = m3_GetArgType(transform, i) == c_m3Type_i32;
    }
    if (!fits) {
        mp_raise_ValueError(MP_ERROR_TEXT(
            "a custom block exports transform with an i32 pointer and count per tensor"));
    }
    return transform;
}

static void read_addresses(pipeline_obj_t *self, stage_t *stage, mp_obj_t addresses) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(addresses, &count, &items);
    if (count != (size_t)stage->input_count + stage->output_count) {
        mp_raise_ValueError(MP_ERROR_TEXT("a custom block has one address per tensor"));
    }
    for (uint32_t i = 0; i < count; ++i) {
        stage->as.custom.addresses[i] = (uint32_t)mp_obj_get_int_truncated(items[i]);
        custom_at(self, stage, i);
    }
}

// add_custom(module, inputs, outputs, addresses)
mp_obj_t pipeline_add_custom(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    pipeline_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    if (!mp_obj_is_type(args[1], &wasm3_type_module)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a wasm3.Module is wanted"));
    }
    wasm3_module_obj_t *module = MP_OBJ_TO_PTR(args[1]);
    if (module->outline.import_count != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a custom block imports nothing"));
    }
    stage_t stage;
    pipeline_prepare_stage(self, &stage, run_custom, args[1], args[2], args[3]);
    stage.as.custom.module = module;
    wasm3_module_check_open(module);
    stage.as.custom.transform = find_transform(module,
        (uint32_t)stage.input_count + stage.output_count);
    read_addresses(self, &stage, args[4]);
    wasm3_module_compile(module);
    pipeline_add_stage(self, &stage);
    return mp_const_none;
}
