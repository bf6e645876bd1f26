// Type rune.Ring: output records between a Rune and whoever delivers them.

#include "py/runtime.h"
#include "rune_ring.h"
#include "runic_arguments.h"
#include "runic_heap.h"

#define RING_BYTES_MINIMUM (32)

static mp_obj_t ring_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    mp_int_t capacity = runic_integer(args[0]);
    if (capacity < RING_BYTES_MINIMUM || capacity > INT32_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a ring has 32 bytes or more"));
    }
    rune_ring_obj_t *self = mp_obj_malloc(rune_ring_obj_t, type);
    self->holders = 0;
    runic_ring_init(&self->ring, runic_heap_alloc((size_t)capacity), (uint32_t)capacity);
    return MP_OBJ_FROM_PTR(self);
}

rune_ring_obj_t *rune_ring_from_obj(mp_obj_t object) {
    if (!mp_obj_is_type(object, &rune_ring_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a rune.Ring is wanted"));
    }
    rune_ring_obj_t *self = MP_OBJ_TO_PTR(object);
    if (self->ring.bytes == NULL) {
        mp_raise_ValueError(MP_ERROR_TEXT("the Ring is closed"));
    }
    return self;
}

void rune_ring_hold(mp_obj_t object) {
    ++((rune_ring_obj_t *)MP_OBJ_TO_PTR(object))->holders;
}

void rune_ring_release(mp_obj_t object) {
    --((rune_ring_obj_t *)MP_OBJ_TO_PTR(object))->holders;
}

// Gives the memory back at once, unread records with it.
static mp_obj_t ring_close(mp_obj_t self_in) {
    rune_ring_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->holders != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a pipeline or a container uses this Ring"));
    }
    if (self->ring.bytes != NULL) {
        runic_heap_free(self->ring.bytes, self->ring.capacity);
        self->ring.bytes = NULL;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(ring_close_obj, ring_close);

// Bytes written to buffer, 0 when the ring is empty; ValueError and nothing
// lost when the buffer is too short.
static mp_obj_t ring_read_into(mp_obj_t self_in, mp_obj_t buffer) {
    rune_ring_obj_t *self = rune_ring_from_obj(self_in);
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_WRITE);
    uint32_t needed = runic_ring_next_bytes(&self->ring);
    if (needed > info.len) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("the record has %u bytes"),
            (unsigned)needed);
    }
    if (needed != 0) {
        runic_ring_read(&self->ring, info.buf);
    }
    return MP_OBJ_NEW_SMALL_INT(needed);
}
static MP_DEFINE_CONST_FUN_OBJ_2(ring_read_into_obj, ring_read_into);

// drop(is_read): counts a record as dropped that could not be handed on: the oldest, or one that was
// read already.
static mp_obj_t ring_drop(mp_obj_t self_in, mp_obj_t is_read) {
    runic_ring_drop(&rune_ring_from_obj(self_in)->ring, mp_obj_is_true(is_read));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(ring_drop_obj, ring_drop);

static void ring_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest) {
    rune_ring_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    if (attribute == MP_QSTR_dropped) {
        dest[0] = mp_obj_new_int_from_uint(self->ring.dropped);
    } else if (attribute == MP_QSTR_most_bytes) {
        dest[0] = mp_obj_new_int_from_uint(self->ring.most);
    } else if (attribute == MP_QSTR_next_bytes) {
        dest[0] = mp_obj_new_int_from_uint(runic_ring_next_bytes(&rune_ring_from_obj(self_in)->ring));
    } else {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t ring_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_read_into), MP_ROM_PTR(&ring_read_into_obj) },
    { MP_ROM_QSTR(MP_QSTR_drop), MP_ROM_PTR(&ring_drop_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&ring_close_obj) },
};
static MP_DEFINE_CONST_DICT(ring_locals, ring_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    rune_ring_type,
    MP_QSTR_Ring,
    MP_TYPE_FLAG_NONE,
    make_new, ring_make_new,
    attr, ring_attr,
    locals_dict, &ring_locals
    );
