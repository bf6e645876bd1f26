// Type rune.Saga: the counts of one Rune, as bytes.
//
//     saga = rune.Saga(pipeline)   # its stages are there; Saga(None): of whole calls alone
//     pipeline.saga = saga
//     bytes(saga)
//     saga.forget_baseline()       # golden vectors run anew

#include <math.h>

#include "py/runtime.h"
#include "m3_env.h"
#include "modnn.h"
#include "rune_saga.h"
#include "runic_heap.h"

#define NO_STAGE (UINT32_MAX)
#define FACTOR_LIMIT (1 << 24)
#define STAGES_MAX (UINT8_MAX)

static saga_scale_t scale_of(const stage_t *stage) {
    const nn_tensor_t *result = nn_model_output(stage->as.model.model, 0);
    saga_scale_t scale = { .zero_point = result->zero_point };
    if (stage->tensors[stage->input_count]->type != RUNIC_F32) {
        float factor = ldexpf(result->scale, SAGA_FRACTION_BITS);
        scale.factor = factor >= 1 && factor < FACTOR_LIMIT ? (int32_t)factor : 1;
    }
    return scale;
}

static const runic_tensor_t *result_of(const stage_t *stage) {
    return stage->tensors[stage->input_count];
}

static void find_models(rune_saga_obj_t *self, const pipeline_obj_t *pipeline) {
    for (uint32_t i = 0; i < pipeline->stage_count; ++i) {
        const stage_t *stage = &pipeline->stages[i];
        if (!pipeline_is_model(stage) || stage->input_count == 0 || stage->output_count == 0) {
            continue;
        }
        if (self->input_stage == NO_STAGE && saga_reads(stage->tensors[0]->type)) {
            self->input_stage = i;
        }
        self->result_stage = saga_classes(result_of(stage)) != 0 ? i : NO_STAGE;
    }
}

static void look_at(rune_saga_obj_t *self, const pipeline_obj_t *pipeline) {
    uint8_t classes = 0;
    uint8_t input_type = SAGA_NO_TYPE;
    if (pipeline->stage_count > STAGES_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a Saga has at most 255 stages"));
    }
    find_models(self, pipeline);
    if (self->result_stage != NO_STAGE) {
        const stage_t *stage = &pipeline->stages[self->result_stage];
        classes = saga_classes(result_of(stage));
        self->scale = scale_of(stage);
    }
    if (self->input_stage != NO_STAGE) {
        const runic_tensor_t *input = pipeline->stages[self->input_stage].tensors[0];
        uint32_t count = input->capacity_bytes / runic_type_bytes(input->type);
        input_type = input->type;
        self->input_step = 1 + (count - (count != 0)) / SAGA_SAMPLES;
    }
    self->bytes = (uint32_t)saga_bytes(pipeline->stage_count, classes);
    self->saga = runic_heap_alloc(self->bytes);
    saga_init(self->saga, (uint8_t)pipeline->stage_count, classes, input_type);
}

static mp_obj_t saga_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    static const pipeline_obj_t none;
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    if (args[0] != mp_const_none && !mp_obj_is_type(args[0], &pipeline_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a rune.Pipeline or None is wanted"));
    }
    const pipeline_obj_t *pipeline = args[0] == mp_const_none ? &none : MP_OBJ_TO_PTR(args[0]);
    rune_saga_obj_t *self = mp_obj_malloc(rune_saga_obj_t, type);
    self->saga = NULL;
    self->bytes = 0;
    self->input_stage = self->result_stage = NO_STAGE;
    self->input_step = 1;
    look_at(self, pipeline);
    return MP_OBJ_FROM_PTR(self);
}

rune_saga_obj_t *rune_saga_from_obj(mp_obj_t object) {
    if (object == mp_const_none) {
        return NULL;
    }
    if (!mp_obj_is_type(object, &rune_saga_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a rune.Saga is wanted"));
    }
    return MP_OBJ_TO_PTR(object);
}

void rune_saga_look(rune_saga_obj_t *self, const stage_t *stage, uint32_t index, bool is_golden) {
    if (index == self->input_stage) {
        saga_t *saga = self->saga;
        saga_add_inputs(is_golden ? &saga->baseline : &saga->inputs, stage->tensors[0],
            is_golden ? 1 : self->input_step, saga->calls);
    }
}

void rune_saga_count_golden(rune_saga_obj_t *self, const stage_t *stage, uint32_t index) {
    if (index == self->result_stage) {
        saga_count_result(self->saga, result_of(stage), &self->scale, true);
    }
}

void rune_saga_count(rune_saga_obj_t *self, const stage_t *stage, uint32_t index,
    uint32_t elapsed_us) {
    saga_count_stage(self->saga, index, elapsed_us);
    if (index == self->result_stage) {
        saga_count_result(self->saga, result_of(stage), &self->scale, false);
    }
}

static mp_obj_t saga_forget_baseline_method(mp_obj_t self_in) {
    rune_saga_obj_t *self = MP_OBJ_TO_PTR(self_in);
    saga_forget_baseline(self->saga);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(saga_forget_baseline_obj, saga_forget_baseline_method);

static mp_int_t saga_get_buffer(mp_obj_t self_in, mp_buffer_info_t *info, mp_uint_t flags) {
    const rune_saga_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (flags & MP_BUFFER_WRITE) {
        return 1;
    }
    info->buf = self->saga;
    info->len = self->bytes;
    info->typecode = 'B';
    return 0;
}

// Stacks are zeros at first, so the last slot that is not has been in use.
static uint32_t stack_used_bytes(const struct M3Runtime *runtime) {
    const m3slot_t *slots = runtime->stack;
    uint32_t count = runtime->numStackSlots;
    while (count > 0 && slots[count - 1] == 0) {
        --count;
    }
    return count * (uint32_t)sizeof(m3slot_t);
}

// high_water(runtime): the most bytes of its stack that were in use, and those of its memory.
static mp_obj_t rune_high_water(mp_obj_t runtime_in) {
    if (!mp_obj_is_type(runtime_in, &wasm3_type_runtime)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a wasm3.Runtime is wanted"));
    }
    const wasm3_runtime_obj_t *runtime = MP_OBJ_TO_PTR(runtime_in);
    uint32_t stack_bytes = 0, memory_bytes = 0;
    if (runtime->runtime != NULL) {
        stack_bytes = stack_used_bytes(runtime->runtime);
        m3_GetMemory(runtime->runtime, &memory_bytes, 0);
    }
    mp_obj_t both[] = { mp_obj_new_int_from_uint(stack_bytes), mp_obj_new_int_from_uint(memory_bytes) };
    return mp_obj_new_tuple(2, both);
}
MP_DEFINE_CONST_FUN_OBJ_1(rune_high_water_obj, rune_high_water);

static size_t heap_most_bytes;

// heap(): bytes that are used, free, and the most that were used when this was asked.
static mp_obj_t rune_heap(void) {
    gc_info_t info;
    gc_info(&info);
    heap_most_bytes = info.used > heap_most_bytes ? info.used : heap_most_bytes;
    mp_obj_t all[] = {
        mp_obj_new_int_from_uint(info.used),
        mp_obj_new_int_from_uint(info.free),
        mp_obj_new_int_from_uint(heap_most_bytes),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(all), all);
}
MP_DEFINE_CONST_FUN_OBJ_0(rune_heap_obj, rune_heap);

static const mp_rom_map_elem_t saga_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_forget_baseline), MP_ROM_PTR(&saga_forget_baseline_obj) },
};
static MP_DEFINE_CONST_DICT(saga_locals, saga_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    rune_saga_type,
    MP_QSTR_Saga,
    MP_TYPE_FLAG_NONE,
    make_new, saga_make_new,
    buffer, saga_get_buffer,
    locals_dict, &saga_locals
    );
