// What nn.Model.profile() returns: a list of the ops that prints as a table.

#include <string.h>

#include "py/objlist.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "modnn.h"

typedef struct _nn_profile_obj_t {
    mp_obj_base_t base;
    mp_obj_t ops; // a list of (name, calls, total_us)
    uint32_t calls;
    uint64_t total_us;
} nn_profile_obj_t;

static mp_obj_t new_row(const nn_model_t *model, uint32_t index) {
    static const qstr fields[] = { MP_QSTR_name, MP_QSTR_calls, MP_QSTR_total_us };
    const char *name = nn_op_name(nn_model_op_code(model, index));
    mp_obj_t items[] = {
        mp_obj_new_str(name, strlen(name)),
        mp_obj_new_int_from_uint(model->calls),
        mp_obj_new_int_from_uint(model->ops[index].total_us),
    };
    return mp_obj_new_attrtuple(fields, MP_ARRAY_SIZE(fields), items);
}

static mp_obj_t profile_of(mp_obj_t object) {
    return ((nn_profile_obj_t *)MP_OBJ_TO_PTR(object))->ops;
}

// total in hundredths of a part; 0 when there are no parts.
static uint32_t hundredths(uint64_t total, uint64_t parts) {
    return parts == 0 ? 0 : (uint32_t)(total * 100 / parts);
}

static void print_row(const mp_print_t *print, const nn_profile_obj_t *self, const char *name,
    uint64_t total_us) {
    uint32_t each = hundredths(total_us, self->calls);
    uint32_t share = hundredths(total_us * 100, self->total_us) / 10;
    mp_printf(print, "%-24s%9u%12u%10u.%02u%6u.%u", name, (unsigned)self->calls,
        (unsigned)total_us, (unsigned)(each / 100), (unsigned)(each % 100),
        (unsigned)(share / 10), (unsigned)(share % 10));
}

static void profile_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    (void)kind;
    const nn_profile_obj_t *self = MP_OBJ_TO_PTR(self_in);
    size_t count;
    mp_obj_t *rows;
    mp_obj_list_get(self->ops, &count, &rows);
    mp_printf(print, " op  %-24s%9s%12s%13s%8s\n", "name", "calls", "total us", "us a call", "%");
    for (size_t i = 0; i < count; ++i) {
        const mp_obj_tuple_t *row = MP_OBJ_TO_PTR(rows[i]);
        mp_printf(print, "%3u  ", (unsigned)i);
        print_row(print, self, mp_obj_str_get_str(row->items[0]),
            (uint32_t)mp_obj_get_int_truncated(row->items[2]));
        mp_print_str(print, "\n");
    }
    mp_print_str(print, "     ");
    print_row(print, self, "all", self->total_us);
}

static mp_obj_t profile_unary_op(mp_unary_op_t op, mp_obj_t self_in) {
    return mp_unary_op(op, profile_of(self_in));
}

static mp_obj_t profile_binary_op(mp_binary_op_t op, mp_obj_t self_in, mp_obj_t other) {
    if (op != MP_BINARY_OP_EQUAL) {
        return MP_OBJ_NULL;
    }
    if (mp_obj_is_type(other, mp_obj_get_type(self_in))) {
        other = profile_of(other);
    }
    return mp_obj_new_bool(mp_obj_equal(profile_of(self_in), other));
}

static mp_obj_t profile_subscr(mp_obj_t self_in, mp_obj_t index, mp_obj_t value) {
    return value == MP_OBJ_SENTINEL ? mp_obj_subscr(profile_of(self_in), index, value) : MP_OBJ_NULL;
}

static mp_obj_t profile_iter(mp_obj_t self_in, mp_obj_iter_buf_t *buffer) {
    return mp_getiter(profile_of(self_in), buffer);
}

static MP_DEFINE_CONST_OBJ_TYPE(
    nn_type_Profile,
    MP_QSTR_Profile,
    MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE,
    print, profile_print,
    unary_op, profile_unary_op,
    binary_op, profile_binary_op,
    subscr, profile_subscr,
    iter, profile_iter
    );

mp_obj_t nn_new_profile(const nn_model_t *model) {
    nn_profile_obj_t *self = mp_obj_malloc(nn_profile_obj_t, &nn_type_Profile);
    self->ops = mp_obj_new_list(0, NULL);
    self->calls = model->calls;
    self->total_us = 0;
    for (uint32_t i = 0; i < nn_model_op_count(model); ++i) {
        mp_obj_list_append(self->ops, new_row(model, i));
        self->total_us += model->ops[i].total_us;
    }
    return MP_OBJ_FROM_PTR(self);
}
