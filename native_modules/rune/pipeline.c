// Type rune.Pipeline: tensors and their memory, and running the stages.

#include <string.h>

#include "py/binary.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "pipeline.h"
#include "rune_saga.h"
#include "runic_arguments.h"
#include "runic_heap.h"

#define ARENA_ALIGNMENT (16)
#define TENSORS_MAX (64)
#define TICKS_MASK (0x3fffffff)

void pipeline_fail(pipeline_obj_t *self, const char *text) {
    mp_obj_t args[] = {
        MP_OBJ_NEW_SMALL_INT(self->running),
        mp_obj_new_str_from_cstr(text),
    };
    nlr_raise(mp_obj_new_exception_args(&rune_type_StageError, MP_ARRAY_SIZE(args), args));
}

static uint32_t get_size(mp_obj_t object) {
    mp_int_t value = runic_integer(object);
    if (value < 0 || value > INT32_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("size out of range"));
    }
    return (uint32_t)value;
}

static void set_type(runic_tensor_t *tensor, mp_obj_t name) {
    size_t length;
    const char *text = runic_text(name, &length);
    int type = runic_type_from_name(text, length);
    if (type < 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("unknown element type %s"), text);
    }
    tensor->type = (uint8_t)type;
}

static void set_dims(runic_tensor_t *tensor, mp_obj_t dims) {
    size_t rank;
    mp_obj_t *items;
    mp_obj_get_array(dims, &rank, &items);
    if (rank > RUNIC_MAX_RANK) {
        mp_raise_ValueError(MP_ERROR_TEXT("a tensor has at most 6 dimensions"));
    }
    tensor->rank = (uint8_t)rank;
    for (size_t axis = 0; axis < rank; ++axis) {
        tensor->dims[axis] = get_size(items[axis]);
    }
}

static void check_bytes(const runic_tensor_t *tensor) {
    uint32_t count = 0;
    bool fits = runic_tensor_count(tensor, &count);
    uint64_t wanted = (uint64_t)count * runic_type_bytes(tensor->type);
    if (tensor->type == RUNIC_UTF8) {
        fits = fits && count <= tensor->capacity_bytes; // a terminator each
    } else {
        fits = fits && wanted == tensor->capacity_bytes;
    }
    if (!fits) {
        mp_raise_ValueError(MP_ERROR_TEXT("a tensor's bytes do not match its shape"));
    }
}

// offset: bytes into the arena, or None or -1 for memory that a model owns.
static void place(pipeline_obj_t *self, runic_tensor_t *tensor, mp_obj_t offset_in) {
    if (offset_in == mp_const_none || offset_in == MP_OBJ_NEW_SMALL_INT(-1)) {
        return;
    }
    uint32_t offset = get_size(offset_in);
    if (offset % ARENA_ALIGNMENT != 0 || offset > self->arena_bytes
        || tensor->capacity_bytes > self->arena_bytes - offset) {
        mp_raise_ValueError(MP_ERROR_TEXT("a tensor's offset does not lie in the arena"));
    }
    tensor->data = self->arena + offset;
}

static void read_tensor(pipeline_obj_t *self, runic_tensor_t *tensor, mp_obj_t row) {
    mp_obj_t *fields;
    mp_obj_get_array_fixed_n(row, 4, &fields);
    set_type(tensor, fields[0]);
    set_dims(tensor, fields[1]);
    tensor->capacity_bytes = get_size(fields[2]);
    check_bytes(tensor);
    place(self, tensor, fields[3]);
}

static mp_obj_t pipeline_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 2, 2, false);
    size_t count;
    mp_obj_t *rows;
    mp_obj_get_array(args[0], &count, &rows);
    if (count > TENSORS_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a pipeline has at most 64 tensors"));
    }
    pipeline_obj_t *self = mp_obj_malloc(pipeline_obj_t, type);
    memset((uint8_t *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    self->arena_bytes = get_size(args[1]);
    self->arena = runic_heap_alloc(self->arena_bytes);
    self->tensors = m_new0(pipeline_tensor_t, count);
    self->tensor_count = (uint32_t)count;
    for (size_t i = 0; i < count; ++i) {
        read_tensor(self, &self->tensors[i].tensor, rows[i]);
    }
    return MP_OBJ_FROM_PTR(self);
}

static pipeline_tensor_t *tensor_at(pipeline_obj_t *self, mp_obj_t index_in) {
    mp_int_t index = runic_integer(index_in);
    pipeline_check_open(self);
    if (index < 0 || (mp_uint_t)index >= self->tensor_count) {
        mp_raise_msg(&mp_type_IndexError, MP_ERROR_TEXT("no tensor of that index"));
    }
    return &self->tensors[index];
}

static uint8_t take_tensors(pipeline_obj_t *self, stage_t *stage, mp_obj_t indices) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(indices, &count, &items);
    if (count + stage->input_count > PIPELINE_TENSORS_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a stage has at most 8 tensors"));
    }
    for (size_t i = 0; i < count; ++i) {
        stage->tensors[stage->input_count + i] = &tensor_at(self, items[i])->tensor;
    }
    return (uint8_t)count;
}

static void check_producers(const stage_t *stage) {
    runic_tensor_t *const *outputs = stage->tensors + stage->input_count;
    for (uint8_t i = 0; i < stage->output_count; ++i) {
        bool again = ((const pipeline_tensor_t *)outputs[i])->produced;
        for (uint8_t other = 0; other < i; ++other) {
            again = again || outputs[i] == outputs[other];
        }
        if (again) {
            mp_raise_ValueError(MP_ERROR_TEXT("two stages write the same tensor"));
        }
    }
}

// The old block is left to the collector: a view or a running stage may see it.
static void *grown(const void *old, size_t old_bytes, size_t more_bytes) {
    uint8_t *block = m_new0(uint8_t, old_bytes + more_bytes);
    if (old_bytes != 0) {
        memcpy(block, old, old_bytes);
    }
    return block;
}

void pipeline_prepare_stage(pipeline_obj_t *self, stage_t *stage, stage_run_t run, mp_obj_t owner,
    mp_obj_t inputs, mp_obj_t outputs) {
    pipeline_check_open(self);
    memset(stage, 0, sizeof(*stage));
    stage->run = run;
    stage->owner = owner;
    self->running = self->stage_count;
    stage->input_count = take_tensors(self, stage, inputs);
    stage->output_count = take_tensors(self, stage, outputs);
    check_producers(stage);
}

static void count_uses(const stage_t *stage) {
    for (uint8_t i = 0; i < stage->input_count; ++i) {
        pipeline_tensor_t *entry = (pipeline_tensor_t *)stage->tensors[i];
        entry->consumers += entry->consumers < UINT8_MAX;
    }
    for (uint8_t i = 0; i < stage->output_count; ++i) {
        ((pipeline_tensor_t *)stage->tensors[stage->input_count + i])->produced = true;
    }
}

stage_t *pipeline_add_stage(pipeline_obj_t *self, const stage_t *stage) {
    uint32_t count = self->stage_count;
    void *stages = grown(self->stages, count * sizeof(stage_t), sizeof(stage_t));
    void *ticks = grown(self->ticks, count * sizeof(stage_ticks_t), sizeof(stage_ticks_t));
    pipeline_check_open(self); // a finaliser may have closed it
    self->stages = stages, self->ticks = ticks;
    self->stages[count] = *stage;
    self->stage_count = count + 1;
    self->sealed = false;
    count_uses(stage);
    return &self->stages[count];
}

static mp_obj_t pipeline_run_method(mp_obj_t self_in, mp_obj_t first, mp_obj_t count) {
    pipeline_run_here(MP_OBJ_TO_PTR(self_in), get_size(first), get_size(count), 1);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(pipeline_run_obj, pipeline_run_method);

// A view that keeps the arena alive: it points at the arena's head, with an offset.
static mp_obj_t view_arena(pipeline_obj_t *self, const runic_tensor_t *tensor, uint32_t length) {
    mp_obj_array_t *view = m_new_obj(mp_obj_array_t);
    self->viewed = true;
    mp_obj_memoryview_init(view, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW,
        (size_t)((uint8_t *)tensor->data - self->arena), length, self->arena);
    return MP_OBJ_FROM_PTR(view);
}

static mp_obj_t view_model(const pipeline_tensor_t *entry) {
    mp_obj_t call[3];
    mp_load_method(entry->model, entry->is_model_input ? MP_QSTR_input : MP_QSTR_output, call);
    call[2] = MP_OBJ_NEW_SMALL_INT(entry->model_index);
    return mp_call_method_n_kw(1, 0, call);
}

mp_obj_t pipeline_view_bytes(pipeline_obj_t *self, const runic_tensor_t *tensor) {
    const pipeline_tensor_t *entry = (const pipeline_tensor_t *)tensor;
    if (entry->model == MP_OBJ_NULL) {
        return view_arena(self, tensor, tensor->capacity_bytes);
    }
    mp_obj_array_t *view = MP_OBJ_TO_PTR(view_model(entry));
    char typecode = (char)(view->typecode & ~MP_OBJ_ARRAY_TYPECODE_FLAG_RW);
    size_t element_bytes = mp_binary_get_size('@', typecode, NULL);
    view->typecode = 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW;
    view->free *= element_bytes;
    view->len *= element_bytes;
    return MP_OBJ_FROM_PTR(view);
}

// A memoryview of the bytes that are valid now (a model's: of all of them).
static mp_obj_t pipeline_tensor(mp_obj_t self_in, mp_obj_t index) {
    pipeline_obj_t *self = MP_OBJ_TO_PTR(self_in);
    pipeline_tensor_t *entry = tensor_at(self, index);
    uint32_t length;
    if (entry->tensor.data == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("no model gives this tensor its memory"));
    }
    if (entry->model != MP_OBJ_NULL) {
        return view_model(entry);
    }
    if (!runic_tensor_bytes(&entry->tensor, &length)) {
        length = entry->tensor.capacity_bytes;
    }
    return view_arena(self, &entry->tensor, length);
}
static MP_DEFINE_CONST_FUN_OBJ_2(pipeline_tensor_obj, pipeline_tensor);

static mp_obj_t pipeline_reset_method(mp_obj_t self_in) {
    pipeline_check_open(MP_OBJ_TO_PTR(self_in));
    pipeline_reset(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(pipeline_reset_obj, pipeline_reset_method);

static MP_DEFINE_CONST_FUN_OBJ_2(pipeline_replay_obj, pipeline_replay);

static void load_attr(pipeline_obj_t *self, qstr attribute, mp_obj_t *dest) {
    switch (attribute) {
        case MP_QSTR_ticks:
            pipeline_check_open(self);
            dest[0] = mp_obj_new_memoryview('I' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW,
                self->stage_count * sizeof(stage_ticks_t) / sizeof(uint32_t), self->ticks);
            break;
        case MP_QSTR_timing:
            dest[0] = mp_obj_new_bool(self->timing);
            break;
        case MP_QSTR_stage:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->running);
            break;
        case MP_QSTR_began_us:
            dest[0] = MP_OBJ_NEW_SMALL_INT(self->began_us & TICKS_MASK);
            break;
        case MP_QSTR_saga:
            dest[0] = self->saga == NULL ? mp_const_none : MP_OBJ_FROM_PTR(self->saga);
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL;
            break;
    }
}

static void pipeline_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest) {
    pipeline_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] == MP_OBJ_NULL) {
        load_attr(self, attribute, dest);
    } else if (attribute == MP_QSTR_timing && dest[1] != MP_OBJ_NULL) {
        self->timing = mp_obj_is_true(dest[1]);
        self->untimed_left = 0;
        dest[0] = MP_OBJ_NULL;
    } else if (attribute == MP_QSTR_saga && dest[1] != MP_OBJ_NULL) {
        pipeline_check_open(self);
        self->saga = rune_saga_from_obj(dest[1]);
        dest[0] = MP_OBJ_NULL;
    }
}

static MP_DEFINE_CONST_FUN_OBJ_1(pipeline_close_obj, pipeline_close);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pipeline_add_capability_obj, 3, 4, pipeline_add_capability);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pipeline_add_block_obj, 4, 4, pipeline_add_block);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pipeline_add_model_obj, 4, 4, pipeline_add_model);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pipeline_add_custom_obj, 5, 5, pipeline_add_custom);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(pipeline_add_output_obj, 5, 6, pipeline_add_output);

static const mp_rom_map_elem_t pipeline_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_add_capability), MP_ROM_PTR(&pipeline_add_capability_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_block), MP_ROM_PTR(&pipeline_add_block_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_model), MP_ROM_PTR(&pipeline_add_model_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_custom), MP_ROM_PTR(&pipeline_add_custom_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_output), MP_ROM_PTR(&pipeline_add_output_obj) },
    { MP_ROM_QSTR(MP_QSTR_run), MP_ROM_PTR(&pipeline_run_obj) },
    { MP_ROM_QSTR(MP_QSTR_tensor), MP_ROM_PTR(&pipeline_tensor_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&pipeline_reset_obj) },
    { MP_ROM_QSTR(MP_QSTR_replay), MP_ROM_PTR(&pipeline_replay_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&pipeline_close_obj) },
};
static MP_DEFINE_CONST_DICT(pipeline_locals, pipeline_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    pipeline_type,
    MP_QSTR_Pipeline,
    MP_TYPE_FLAG_NONE,
    make_new, pipeline_make_new,
    attr, pipeline_attr,
    locals_dict, &pipeline_locals
    );
