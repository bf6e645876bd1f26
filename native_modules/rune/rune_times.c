// Type rune.Times: how many calls went well, and how long they took.
//
//     container.times = times = rune.Times()
//     times.calls, times.last_us, times.max_us, times.total_ms, times.rest_us

#include "py/runtime.h"
#include "rune_times.h"
#include "runic_arguments.h"

rune_times_obj_t *rune_times_from_obj(mp_obj_t object) {
    if (!mp_obj_is_type(object, &rune_times_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a rune.Times is wanted"));
    }
    return MP_OBJ_TO_PTR(object);
}

static mp_obj_t times_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    (void)args;
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    rune_times_obj_t *self = mp_obj_malloc(rune_times_obj_t, type);
    self->calls = self->last_us = self->longest_us = self->total_ms = self->rest_us = 0;
    return MP_OBJ_FROM_PTR(self);
}

// add(calls, elapsed_us): calls that no Container made, or of which it was not told.
static mp_obj_t times_add(mp_obj_t self_in, mp_obj_t calls, mp_obj_t elapsed_us) {
    rune_times_add(MP_OBJ_TO_PTR(self_in), runic_integer_u32(calls), runic_integer_u32(elapsed_us));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(times_add_obj, times_add);

static const uint32_t *number(const rune_times_obj_t *self, qstr attribute) {
    switch (attribute) {
        case MP_QSTR_calls:
            return &self->calls;
        case MP_QSTR_last_us:
            return &self->last_us;
        case MP_QSTR_max_us:
            return &self->longest_us;
        case MP_QSTR_total_ms:
            return &self->total_ms;
        case MP_QSTR_rest_us:
            return &self->rest_us;
        default:
            return NULL;
    }
}

static void times_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest) {
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    const uint32_t *found = number(MP_OBJ_TO_PTR(self_in), attribute);
    if (found == NULL) {
        dest[1] = MP_OBJ_SENTINEL;
    } else {
        dest[0] = MP_OBJ_NEW_SMALL_INT((mp_int_t)(*found & RUNE_TIMES_MAX));
    }
}

static const mp_rom_map_elem_t times_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_add), MP_ROM_PTR(&times_add_obj) },
};
static MP_DEFINE_CONST_DICT(times_locals, times_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    rune_times_type,
    MP_QSTR_Times,
    MP_TYPE_FLAG_NONE,
    make_new, times_make_new,
    attr, times_attr,
    locals_dict, &times_locals
    );
