// Stages that are custom blocks: modules of their own, in a sandbox.

#include <stdio.h>
#include <string.h>

#include "py/runtime.h"
#include "m3_env.h"
#include "pipeline.h"
#include "runic_arguments.h"
#include "runic_heap.h"

// What a block was when it was added, its arguments set: the part of its memory that
// was not zero, and its globals.
typedef struct _custom_start_t {
    uint32_t at;
    uint32_t bytes;
    uint8_t *memory;
    int64_t *globals;
} custom_start_t;

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
            memmove(custom_at(self, stage, i), stage->tensors[i]->data, stage->tensors[i]->capacity_bytes);
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
        memmove(stage->tensors[i]->data, custom_at(self, stage, i), stage->tensors[i]->capacity_bytes);
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
        stage->as.custom.addresses[i] = runic_integer_u32(items[i]);
        custom_at(self, stage, i);
    }
}

static void remember_memory(custom_start_t *start, wasm3_module_obj_t *module) {
    uint32_t end;
    const uint8_t *memory = wasm3_module_memory(module, &end);
    uint32_t at = 0;
    while (end > 0 && memory[end - 1] == 0) {
        --end;
    }
    while (at < end && memory[at] == 0) {
        ++at;
    }
    start->at = at;
    start->bytes = end - at;
    start->memory = runic_heap_alloc(start->bytes);
    if (start->bytes != 0) {
        memcpy(start->memory, memory + at, start->bytes);
    }
}

static custom_start_t *remember_start(wasm3_module_obj_t *module) {
    custom_start_t *start = m_new0(custom_start_t, 1);
    uint32_t count = module->module->numGlobals;
    remember_memory(start, module);
    start->globals = m_new(int64_t, count);
    for (uint32_t i = 0; i < count; ++i) {
        start->globals[i] = module->module->globals[i].intValue;
    }
    return start;
}

// Memory that grew stays grown, and memory that shrank has lost its end.
static void restore_memory(const custom_start_t *start, wasm3_module_obj_t *module) {
    uint32_t length;
    uint8_t *memory = wasm3_module_memory(module, &length);
    if (memory == NULL) {
        return;
    }
    memset(memory, 0, length);
    if (start->at < length && start->bytes != 0) {
        uint32_t left = length - start->at;
        memcpy(memory + start->at, start->memory, start->bytes < left ? start->bytes : left);
    }
}

void pipeline_reset_custom(stage_t *stage) {
    if (stage->run == run_custom) {
        wasm3_module_obj_t *module = stage->as.custom.module;
        const custom_start_t *start = stage->as.custom.start;
        wasm3_module_check_open(module);
        restore_memory(start, module);
        for (uint32_t i = 0; i < module->module->numGlobals; ++i) {
            module->module->globals[i].intValue = start->globals[i];
        }
    }
}

void pipeline_release_custom(const stage_t *stage) {
    if (stage->run == run_custom) {
        runic_heap_free(stage->as.custom.start->memory, stage->as.custom.start->bytes);
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
    stage.as.custom.start = remember_start(module);
    pipeline_add_stage(self, &stage);
    return mp_const_none;
}
