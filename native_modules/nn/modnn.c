// The MicroPython module `nn`: .tflite models, run in place.
//
// Everything that can fail fails when a Model is made; invoke() allocates
// nothing. A Model keeps its file, its tables and its arena alive, and so do the
// memoryviews it hands out for the arena. close() frees all three at once: the Model
// raises from then on, and memoryviews of an arena of its own are empty.

#include <string.h>

#include "py/mphal.h"
#include "py/objarray.h"
#include "py/objstr.h"
#include "py/objtuple.h"
#include "py/runtime.h"
#include "py/unicode.h"

#include "kernels/nn_rounding.h"
#include "modnn.h"
#include "nn_schema.h"
#include "runic_heap.h"

typedef struct _nn_model_obj_t {
    mp_obj_base_t base;
    nn_model_t model;
    mp_obj_t file; // whatever buffer the caller gave
    void *table;
    void *prepared;
    void *packed; // NULL: weights are used where they lie
    mp_obj_t arena; // likewise, or a bytearray of our own
    uint16_t holders; // who keep pointers into it
    bool owns_arena;
    bool viewed; // there were views of the arena
    bool timed;
} nn_model_obj_t;

// --- loading

// Reads the file as far as it goes without an arena; returns the table.
static void *read_model(nn_model_t *model, mp_obj_t file) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(file, &info, MP_BUFFER_READ);
    if (!nn_model_open(model, info.buf, info.len)) {
        nn_raise_model_error(model);
    }
    void *table = runic_heap_alloc(model->table_bytes);
    if (!nn_model_read(model, table)) {
        nn_raise_model_error(model);
    }
    return table;
}

static mp_obj_t nn_arena_size(mp_obj_t file) {
    nn_model_t model;
    void *table = read_model(&model, file);
    m_del(uint8_t, table, model.table_bytes);
    return mp_obj_new_int_from_uint(model.arena_bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_1(nn_arena_size_obj, nn_arena_size);

static void bind_arena(nn_model_obj_t *self, mp_obj_t arena) {
    if (arena == mp_const_none) {
        size_t bytes = self->model.arena_bytes;
        arena = mp_obj_new_bytearray_by_ref(bytes, runic_heap_alloc(bytes));
        self->owns_arena = true;
    }
    mp_buffer_info_t info;
    mp_get_buffer_raise(arena, &info, MP_BUFFER_WRITE);
    self->arena = arena;
    self->prepared = runic_heap_alloc(self->model.prepared_bytes);
    if (!nn_model_prepare(&self->model, self->prepared, info.buf, info.len)) {
        nn_raise_model_error(&self->model);
    }
}

static mp_obj_t model_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    enum { ARG_buf, ARG_arena, ARG_pack };
    static const mp_arg_t allowed_args[] = {
        { MP_QSTR_buf, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_obj = MP_OBJ_NULL } },
        { MP_QSTR_arena, MP_ARG_OBJ, { .u_obj = MP_ROM_NONE } },
        { MP_QSTR_pack, MP_ARG_KW_ONLY | MP_ARG_BOOL, { .u_bool = false } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed_args)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed_args), allowed_args,
        values);
    nn_model_obj_t *self = mp_obj_malloc(nn_model_obj_t, type);
    self->file = values[ARG_buf].u_obj;
    self->prepared = self->packed = NULL;
    self->holders = 0;
    self->owns_arena = self->viewed = self->timed = false;
    self->table = read_model(&self->model, self->file);
    bind_arena(self, values[ARG_arena].u_obj);
    if (values[ARG_pack].u_bool && self->model.packed_bytes > 0) {
        self->packed = runic_heap_alloc(self->model.packed_bytes);
        nn_model_pack(&self->model, self->packed);
    }
    return MP_OBJ_FROM_PTR(self);
}

static nn_model_obj_t *open_model(mp_obj_t self_in) {
    nn_model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->table == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("the Model is closed"));
    }
    return self;
}

nn_model_t *nn_model_from_obj(mp_obj_t object) {
    if (!mp_obj_is_type(object, &nn_type_Model)) {
        mp_raise_TypeError(MP_ERROR_TEXT("nn.Model wanted"));
    }
    return &open_model(object)->model;
}

void nn_model_hold(mp_obj_t object) {
    ++((nn_model_obj_t *)MP_OBJ_TO_PTR(object))->holders;
}

void nn_model_release(mp_obj_t object) {
    --((nn_model_obj_t *)MP_OBJ_TO_PTR(object))->holders;
}

static void free_arena(nn_model_obj_t *self) {
    mp_buffer_info_t info;
    if (self->owns_arena) {
        mp_obj_array_t *own = MP_OBJ_TO_PTR(self->arena);
        mp_get_buffer_raise(self->arena, &info, MP_BUFFER_WRITE);
        own->items = NULL;
        own->len = 0;
        if (self->viewed) {
            runic_heap_free_viewed(info.buf, info.len);
        } else {
            runic_heap_free(info.buf, info.len);
        }
    }
}

// Gives the memory back at once; a Model that is closed already stays so.
static mp_obj_t model_close(mp_obj_t self_in) {
    nn_model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->holders != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a pipeline or a container uses this Model"));
    }
    if (self->packed != NULL) {
        runic_heap_free(self->packed, self->model.packed_bytes);
        self->packed = NULL;
    }
    if (self->table != NULL) {
        runic_heap_free(self->prepared, self->model.prepared_bytes);
        runic_heap_free(self->table, self->model.table_bytes);
        free_arena(self);
        self->table = self->prepared = NULL;
        self->file = self->arena = mp_const_none;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_close_obj, model_close);

// --- tensors

static mp_obj_t new_description(const nn_model_t *model, const nn_tensor_t *tensor) {
    static const qstr fields[] = {
        MP_QSTR_name, MP_QSTR_shape, MP_QSTR_dtype, MP_QSTR_scale, MP_QSTR_zero_point,
    };
    uint32_t length;
    const char *name = nn_tensor_name(model, tensor, &length);
    const char *type = nn_type_name(tensor->type);
    mp_obj_t dims[NN_MAX_RANK];
    for (uint8_t axis = 0; axis < tensor->rank; ++axis) {
        dims[axis] = mp_obj_new_int(tensor->dims[axis]);
    }
    // A name in a foreign file need not be text: bytes that are not show as "?".
    mp_obj_t items[] = {
        utf8_check((const byte *)name, length) ? mp_obj_new_str(name, length)
            : MP_OBJ_NEW_QSTR(MP_QSTR__question_),
        mp_obj_new_tuple(tensor->rank, dims),
        mp_obj_new_str(type, strlen(type)),
        mp_obj_new_float((mp_float_t)tensor->scale),
        mp_obj_new_int(tensor->zero_point),
    };
    return mp_obj_new_attrtuple(fields, MP_ARRAY_SIZE(fields), items);
}

static mp_obj_t new_descriptions(const nn_model_t *model, nn_tensor_t **tensors,
    uint32_t count) {
    mp_obj_t result = mp_obj_new_tuple(count, NULL);
    mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(result);
    for (uint32_t i = 0; i < count; ++i) {
        tuple->items[i] = mp_const_none;
    }
    for (uint32_t i = 0; i < count; ++i) {
        tuple->items[i] = new_description(model, tensors[i]);
    }
    return result;
}

char nn_typecode(uint8_t type) {
    switch (type) {
        case NN_FLOAT32:
            return 'f';
        case NN_INT8:
            return 'b';
        case NN_INT16:
            return 'h';
        case NN_INT32:
            return 'i';
        case NN_INT64:
            return 'q';
        default:
            return 'B';
    }
}

// A view that keeps the arena alive: the collector follows the start of a block
// only, so the view names the block's start and carries its offset apart. An
// arena that is itself a view into a bigger buffer has the latter's start.
static mp_obj_t new_view(nn_model_obj_t *self, const nn_tensor_t *tensor) {
    mp_buffer_info_t info;
    self->viewed = true;
    mp_get_buffer_raise(self->arena, &info, MP_BUFFER_WRITE);
    char typecode = nn_typecode(tensor->type);
    uint32_t element_bytes = tensor->bytes / nn_count(tensor);
    uint8_t *start = info.buf;
    if (mp_obj_is_type(self->arena, &mp_type_memoryview)) {
        mp_obj_array_t *outer = MP_OBJ_TO_PTR(self->arena);
        start = outer->items;
    }
    size_t offset = (size_t)(tensor->data - start);
    if (offset % element_bytes != 0) {
        start = tensor->data;
        offset = 0;
    }
    mp_obj_array_t *view = m_new_obj(mp_obj_array_t);
    mp_obj_memoryview_init(view, (size_t)typecode | MP_OBJ_ARRAY_TYPECODE_FLAG_RW,
        offset / element_bytes, tensor->bytes / element_bytes, start);
    return MP_OBJ_FROM_PTR(view);
}

static mp_obj_t view_of(mp_obj_t self_in, mp_obj_t index_in, bool output) {
    nn_model_obj_t *self = open_model(self_in);
    const nn_model_t *model = &self->model;
    uint32_t count = output ? nn_model_output_count(model) : nn_model_input_count(model);
    mp_int_t index = mp_obj_get_int(index_in);
    if (index < 0 || (mp_uint_t)index >= count) {
        mp_raise_msg(&mp_type_IndexError, MP_ERROR_TEXT("tensor index out of range"));
    }
    return new_view(self, output ? nn_model_output(model, (uint32_t)index)
        : nn_model_input(model, (uint32_t)index));
}

static mp_obj_t model_input(mp_obj_t self_in, mp_obj_t index_in) {
    return view_of(self_in, index_in, false);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_input_obj, model_input);

mp_obj_t nn_model_output_view(mp_obj_t self_in, mp_obj_t index_in) {
    return view_of(self_in, index_in, true);
}
static MP_DEFINE_CONST_FUN_OBJ_2(model_output_obj, nn_model_output_view);

// --- running

static uint32_t clock_us(void) {
    return (uint32_t)mp_hal_ticks_us();
}

void nn_model_run(mp_obj_t self_in) {
    nn_model_obj_t *self = open_model(self_in);
    if (self->timed) {
        nn_invoke_timed(&self->model, clock_us);
    } else {
        nn_invoke(&self->model);
    }
}

static mp_obj_t model_invoke(mp_obj_t self_in) {
    nn_model_run(self_in);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_invoke_obj, model_invoke);

static mp_obj_t model_reset(mp_obj_t self_in) {
    nn_model_reset(&open_model(self_in)->model);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(model_reset_obj, model_reset);

// profile(True) starts timing from zero, profile(False) stops it; either way,
// and with no argument, the times so far are returned.
static mp_obj_t model_profile(size_t n_args, const mp_obj_t *args) {
    nn_model_obj_t *self = open_model(args[0]);
    mp_obj_t profile = nn_new_profile(&self->model);
    if (n_args > 1) {
        self->timed = mp_obj_is_true(args[1]);
        if (self->timed) {
            nn_model_reset_times(&self->model);
        }
    }
    return profile;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(model_profile_obj, 1, 2, model_profile);

// --- the type

static void model_attr(mp_obj_t self_in, qstr attr, mp_obj_t *dest) {
    nn_model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    const nn_model_t *model = &self->model;
    if (dest[0] != MP_OBJ_NULL) {
        return; // nothing can be set
    }
    if (attr == MP_QSTR_inputs) {
        open_model(self_in);
        dest[0] = new_descriptions(model, model->inputs, nn_model_input_count(model));
    } else if (attr == MP_QSTR_outputs) {
        open_model(self_in);
        dest[0] = new_descriptions(model, model->outputs, nn_model_output_count(model));
    } else if (attr == MP_QSTR_arena_bytes) {
        dest[0] = mp_obj_new_int_from_uint(model->arena_bytes);
    } else if (attr == MP_QSTR_table_bytes) {
        dest[0] = mp_obj_new_int_from_uint(model->table_bytes + model->prepared_bytes);
    } else if (attr == MP_QSTR_packed_bytes) {
        dest[0] = mp_obj_new_int_from_uint(model->packed_bytes);
    } else {
        dest[1] = MP_OBJ_SENTINEL; // look among the methods
    }
}

static void model_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    nn_model_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "<nn.Model ops=%u arena_bytes=%u>",
        (unsigned)nn_model_op_count(&self->model), (unsigned)self->model.arena_bytes);
}

static const mp_rom_map_elem_t model_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_input), MP_ROM_PTR(&model_input_obj) },
    { MP_ROM_QSTR(MP_QSTR_output), MP_ROM_PTR(&model_output_obj) },
    { MP_ROM_QSTR(MP_QSTR_invoke), MP_ROM_PTR(&model_invoke_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&model_reset_obj) },
    { MP_ROM_QSTR(MP_QSTR_predict), MP_ROM_PTR(&nn_model_predict_obj) },
    { MP_ROM_QSTR(MP_QSTR_profile), MP_ROM_PTR(&model_profile_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&model_close_obj) },
};
static MP_DEFINE_CONST_DICT(model_locals, model_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    nn_type_Model,
    MP_QSTR_Model,
    MP_TYPE_FLAG_NONE,
    make_new, model_make_new,
    attr, model_attr,
    print, model_print,
    locals_dict, &model_locals
    );

// --- the module

static const MP_DEFINE_STR_OBJ(nn_rounding_obj, NN_ROUNDING_NAME);

static const mp_rom_map_elem_t nn_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_nn) },
    { MP_ROM_QSTR(MP_QSTR_Model), MP_ROM_PTR(&nn_type_Model) },
    { MP_ROM_QSTR(MP_QSTR_ModelError), MP_ROM_PTR(&nn_type_ModelError) },
    { MP_ROM_QSTR(MP_QSTR_arena_size), MP_ROM_PTR(&nn_arena_size_obj) },
    { MP_ROM_QSTR(MP_QSTR_ops), MP_ROM_PTR(&nn_ops_obj) },
    { MP_ROM_QSTR(MP_QSTR_rounding), MP_ROM_PTR(&nn_rounding_obj) },
};
static MP_DEFINE_CONST_DICT(nn_globals, nn_globals_table);

const mp_obj_module_t nn_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&nn_globals,
};

MP_REGISTER_MODULE(MP_QSTR_nn, nn_module);
