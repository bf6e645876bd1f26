// dsp.Block: a stock block as a MicroPython object.

#include "py/objstr.h"
#include "py/runtime.h"

#include "moddsp.h"
#include "moddsp_block.h"
#include "runic_arguments.h"
#include "runic_heap.h"

// `texts` keeps text arguments alive; `shapes` are the outputs' as of the last run.
typedef struct _dsp_block_obj_t {
    mp_obj_base_t base;
    dsp_block_t block;
    mp_obj_t texts[DSP_MAX_PARAMETERS];
    runic_tensor_t shapes[DSP_MAX_OUTPUTS];
    uint16_t holders; // who keep pointers into it
    bool closed;
} dsp_block_obj_t;

dsp_block_t *dsp_block_from_obj(mp_obj_t object) {
    if (!mp_obj_is_type(object, &dsp_type_block)) {
        mp_raise_TypeError(MP_ERROR_TEXT("dsp.Block expected"));
    }
    dsp_block_obj_t *self = MP_OBJ_TO_PTR(object);
    if (self->closed) {
        mp_raise_ValueError(MP_ERROR_TEXT("the Block is closed"));
    }
    return &self->block;
}

void dsp_block_hold(mp_obj_t object) {
    ++((dsp_block_obj_t *)MP_OBJ_TO_PTR(object))->holders;
}

void dsp_block_release(mp_obj_t object) {
    --((dsp_block_obj_t *)MP_OBJ_TO_PTR(object))->holders;
}

static void check_status(const dsp_block_t *block, dsp_status_t status) {
    if (status != NULL) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s %s"), block->type->name, status);
    }
}

const dsp_block_type_t *dsp_find_type(mp_obj_t name_in) {
    size_t length;
    const char *name = runic_text(name_in, &length);
    const dsp_block_type_t *type = dsp_block_find(name, length);
    if (type == NULL) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("no block '%s'"), name);
    }
    return type;
}

static void take_text(dsp_block_obj_t *self, int index, mp_obj_t value) {
    size_t length;
    self->block.values[index].text.data = runic_text(value, &length);
    self->block.values[index].text.length = (uint32_t)length;
    self->texts[index] = value;
}

// Whether the object is of the parameter's kind; its value is then stored.
static bool take_value(dsp_block_obj_t *self, int index, mp_obj_t value) {
    dsp_value_t *place = &self->block.values[index];
    switch (self->block.type->parameters[index].kind) {
        case DSP_INTEGER:
            if (!mp_obj_is_int(value)) {
                return false;
            }
            mp_int_t integer = runic_integer(value);
            place->integer = (int32_t)(integer < INT32_MIN ? INT32_MIN : integer > INT32_MAX ? INT32_MAX : integer);
            return place->integer == integer;
        case DSP_NUMBER:
            if (!mp_obj_is_int(value) && !mp_obj_is_float(value)) {
                return false;
            }
            place->number = (float)mp_obj_get_float(value);
            return true;
        default:
            if (!mp_obj_is_str(value)) {
                return false;
            }
            take_text(self, index, value);
            return true;
    }
}

static void take_argument(dsp_block_obj_t *self, mp_obj_t key, mp_obj_t value) {
    size_t length;
    const char *name = runic_text(key, &length);
    const dsp_block_type_t *type = self->block.type;
    int index = dsp_parameter_find(type, name, length);
    if (index < 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s has no argument '%s'"), type->name, name);
    }
    if (!take_value(self, index, value) || !dsp_parameter_allows(&type->parameters[index], self->block.values[index])) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s: argument '%s' is out of range"), type->name, name);
    }
}

static void take_arguments(dsp_block_obj_t *self, mp_obj_t args_in) {
    if (!mp_obj_is_dict_or_ordereddict(args_in)) {
        mp_raise_TypeError(MP_ERROR_TEXT("dict of arguments expected"));
    }
    mp_map_t *map = mp_obj_dict_get_map(args_in);
    const dsp_block_type_t *type = self->block.type;
    for (size_t i = 0; i < map->alloc; ++i) {
        if (mp_map_slot_is_filled(map, i)) {
            take_argument(self, map->table[i].key, map->table[i].value);
        }
    }
    for (uint8_t i = 0; i < type->parameter_count; ++i) {
        mp_obj_t key = mp_obj_new_str_from_cstr(type->parameters[i].name);
        if (type->parameters[i].required && mp_map_lookup(map, key, MP_MAP_LOOKUP) == NULL) {
            mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%s needs the argument '%s'"), type->name,
                type->parameters[i].name);
        }
    }
}

static void take_dims(runic_tensor_t *tensor, mp_obj_t dims_in) {
    size_t rank;
    mp_obj_t *dims;
    mp_obj_get_array(dims_in, &rank, &dims);
    if (rank > RUNIC_MAX_RANK) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many dimensions"));
    }
    tensor->rank = (uint8_t)rank;
    for (size_t axis = 0; axis < rank; ++axis) {
        mp_int_t dim = runic_integer(dims[axis]);
        if (dim < 0 || dim > INT32_MAX) {
            mp_raise_ValueError(MP_ERROR_TEXT("dimension out of range"));
        }
        tensor->dims[axis] = (uint32_t)dim;
    }
}

// (type, dims), or (type, dims, bytes), which says how long a utf8 tensor's texts may be.
static void take_tensor(runic_tensor_t *tensor, mp_obj_t tensor_in) {
    size_t count, length;
    mp_obj_t *items;
    mp_obj_get_array(tensor_in, &count, &items);
    if (count != 2 && count != 3) {
        mp_raise_ValueError(MP_ERROR_TEXT("tensor is (type, dims) or (type, dims, bytes)"));
    }
    const char *name = runic_text(items[0], &length);
    int type = runic_type_from_name(name, length);
    if (type < 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("no element type '%s'"), name);
    }
    memset(tensor, 0, sizeof(*tensor));
    tensor->type = (uint8_t)type;
    take_dims(tensor, items[1]);
    uint32_t elements;
    uint64_t bytes = runic_tensor_count(tensor, &elements) ? (uint64_t)elements * runic_type_bytes(tensor->type) : UINT64_MAX;
    if (count == 3) {
        mp_int_t given = runic_integer(items[2]);
        bytes = given < 0 ? UINT64_MAX : (uint64_t)given;
    }
    if (bytes > INT32_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("tensor too large"));
    }
    tensor->capacity_bytes = (uint32_t)bytes;
}

static size_t take_tensors(runic_tensor_t *tensors, const runic_tensor_t **places, size_t most, mp_obj_t tensors_in) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(tensors_in, &count, &items);
    for (size_t i = 0; i < count && i < most; ++i) {
        take_tensor(&tensors[i], items[i]);
        places[i] = &tensors[i];
    }
    return count;
}

static mp_obj_t dsp_block_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 4, 4, false);
    dsp_block_obj_t *self = mp_obj_malloc(dsp_block_obj_t, type);
    memset((uint8_t *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    dsp_block_begin(&self->block, dsp_find_type(args[0]));
    take_arguments(self, args[1]);
    runic_tensor_t tensors[1 + DSP_MAX_OUTPUTS];
    const runic_tensor_t *inputs[1], *outputs[DSP_MAX_OUTPUTS];
    size_t input_count = take_tensors(tensors, inputs, 1, args[2]);
    size_t output_count = take_tensors(tensors + 1, outputs, DSP_MAX_OUTPUTS, args[3]);
    check_status(&self->block, dsp_block_prepare(&self->block, inputs, input_count, outputs, output_count));
    memcpy(self->shapes, self->block.outputs, sizeof(self->shapes));
    dsp_block_init(&self->block, self->block.state_bytes > 0 ? runic_heap_alloc(self->block.state_bytes) : NULL);
    return MP_OBJ_FROM_PTR(self);
}

static void bind_buffer(const dsp_block_t *block, runic_tensor_t *tensor, mp_obj_t buffer_in, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, flags);
    uint32_t element_bytes = runic_type_bytes(tensor->type);
    if (buffer.len < tensor->capacity_bytes || (tensor->type == RUNIC_UTF8 && buffer.len == 0)) {
        check_status(block, "is given a buffer that is too short");
    }
    if (element_bytes > 1 && (uintptr_t)buffer.buf % element_bytes != 0) {
        check_status(block, "is given a buffer that is not aligned");
    }
    tensor->data = buffer.buf;
    if (tensor->type == RUNIC_UTF8) {
        tensor->capacity_bytes = buffer.len < INT32_MAX ? (uint32_t)buffer.len : INT32_MAX;
    }
}

// run(inputs, outputs, rows=): `rows` of the input count where an earlier block gave fewer than it might.
static mp_obj_t dsp_block_obj_run(size_t n_args, const mp_obj_t *args) {
    dsp_block_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    dsp_block_t *block = dsp_block_from_obj(args[0]);
    mp_obj_t *inputs, *outputs;
    mp_obj_get_array_fixed_n(args[1], 1, &inputs);
    mp_obj_get_array_fixed_n(args[2], block->type->output_count, &outputs);
    runic_tensor_t input = block->input;
    bind_buffer(block, &input, inputs[0], MP_BUFFER_READ);
    if (n_args > 3 && input.rank > 0) {
        mp_int_t rows = runic_integer(args[3]);
        input.dims[0] = rows >= 0 && rows <= INT32_MAX ? (uint32_t)rows : UINT32_MAX;
    }
    runic_tensor_t results[DSP_MAX_OUTPUTS];
    runic_tensor_t *places[DSP_MAX_OUTPUTS], *const input_places[] = { &input };
    for (uint8_t i = 0; i < block->type->output_count; ++i) {
        results[i] = block->outputs[i];
        places[i] = &results[i];
        bind_buffer(block, &results[i], outputs[i], MP_BUFFER_WRITE);
    }
    check_status(block, dsp_block_run(block, input_places, places));
    for (uint8_t i = 0; i < block->type->output_count; ++i) {
        memcpy(self->shapes[i].dims, results[i].dims, sizeof(results[i].dims));
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dsp_block_run_obj, 3, 4, dsp_block_obj_run);

static mp_obj_t dsp_block_obj_reset(mp_obj_t self_in) {
    dsp_block_reset(dsp_block_from_obj(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(dsp_block_reset_obj, dsp_block_obj_reset);

// Gives the state's memory back at once; a Block that is closed already stays so.
static mp_obj_t dsp_block_obj_close(mp_obj_t self_in) {
    dsp_block_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->holders != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a pipeline uses this Block"));
    }
    if (!self->closed && self->block.state != NULL) {
        runic_heap_free(self->block.state, self->block.state_bytes);
        self->block.state = NULL;
    }
    self->closed = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(dsp_block_close_obj, dsp_block_obj_close);

static mp_obj_t dsp_block_obj_shape(size_t n_args, const mp_obj_t *args) {
    dsp_block_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_int_t index = n_args > 1 ? runic_integer(args[1]) : 0;
    if (index < 0 || index >= self->block.type->output_count) {
        mp_raise_msg(&mp_type_IndexError, MP_ERROR_TEXT("no such output"));
    }
    mp_obj_t dims[RUNIC_MAX_RANK];
    for (uint8_t axis = 0; axis < self->shapes[index].rank; ++axis) {
        dims[axis] = mp_obj_new_int_from_uint(self->shapes[index].dims[axis]);
    }
    return mp_obj_new_tuple(self->shapes[index].rank, dims);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dsp_block_shape_obj, 1, 2, dsp_block_obj_shape);

static void dsp_block_obj_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *destination) {
    dsp_block_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (destination[0] != MP_OBJ_NULL) {
        return;
    }
    if (attribute == MP_QSTR_name) {
        destination[0] = mp_obj_new_str_from_cstr(self->block.type->name);
    } else if (attribute == MP_QSTR_state_bytes) {
        destination[0] = mp_obj_new_int_from_uint(self->block.state_bytes);
    } else {
        destination[1] = MP_OBJ_SENTINEL;
    }
}

static void dsp_block_obj_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    dsp_block_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "<dsp.Block %s>", self->block.type->name);
}

static const mp_rom_map_elem_t dsp_block_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_run), MP_ROM_PTR(&dsp_block_run_obj) },
    { MP_ROM_QSTR(MP_QSTR_reset), MP_ROM_PTR(&dsp_block_reset_obj) },
    { MP_ROM_QSTR(MP_QSTR_shape), MP_ROM_PTR(&dsp_block_shape_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&dsp_block_close_obj) },
};
static MP_DEFINE_CONST_DICT(dsp_block_locals, dsp_block_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    dsp_type_block,
    MP_QSTR_Block,
    MP_TYPE_FLAG_NONE,
    make_new, dsp_block_make_new,
    attr, dsp_block_obj_attr,
    print, dsp_block_obj_print,
    locals_dict, &dsp_block_locals
    );
