// The exception nn.ModelError: what is wrong with a model, in words.

#include "py/objstr.h"
#include "py/runtime.h"

#include "modnn.h"
#include "nn_schema.h"

MP_DEFINE_CONST_OBJ_TYPE(
    nn_type_ModelError,
    MP_QSTR_ModelError,
    MP_TYPE_FLAG_NONE,
    make_new, mp_obj_exception_make_new,
    print, mp_obj_exception_print,
    attr, mp_obj_exception_attr,
    parent, &mp_type_ValueError
    );

// ADD:float32, ADD:int8, ... or only the types of one op, when it has any.
static bool print_types_of(const mp_print_t *print, uint16_t wanted) {
    const char *separator = "";
    uint16_t code;
    uint8_t type;
    for (uint32_t i = 0; nn_supported(i, &code, &type); ++i) {
        if (code == wanted) {
            mp_printf(print, "%s%s", separator, nn_type_name(type));
            separator = ", ";
        }
    }
    return *separator != '\0';
}

static void print_all_ops(const mp_print_t *print) {
    uint16_t code, previous = NN_CODE_NONE;
    uint8_t type;
    for (uint32_t i = 0; nn_supported(i, &code, &type); ++i) {
        if (code != previous) {
            mp_printf(print, "%s%s", i == 0 ? "" : ", ", nn_op_name(code));
            previous = code;
        }
    }
}

static void print_unsupported(const mp_print_t *print, const nn_error_t *error) {
    mp_printf(print, "op %d %s: %s input is not supported; supported: ", (int)error->op,
        nn_op_name(error->code), nn_type_name(error->type));
    if (!print_types_of(print, error->code)) {
        print_all_ops(print);
    }
}

static void print_error(const mp_print_t *print, const nn_error_t *error) {
    if (error->unsupported_op) {
        print_unsupported(print, error);
        return;
    }
    if (error->op >= 0) {
        mp_printf(print, "op %d %s: ", (int)error->op, nn_op_name(error->code));
    }
    if (error->tensor >= 0) {
        mp_printf(print, "tensor %d: ", (int)error->tensor);
    }
    mp_print_str(print, error->what);
    if (error->needed > 0) {
        mp_printf(print, ": %u bytes needed, %u given", (unsigned)error->needed,
            (unsigned)error->available);
    }
}

void nn_raise_model_error(const nn_model_t *model) {
    vstr_t text;
    mp_print_t print;
    vstr_init_print(&text, 64, &print);
    print_error(&print, &model->error);
    mp_obj_t message = mp_obj_new_str_from_vstr(&text);
    nlr_raise(mp_obj_new_exception_arg1(&nn_type_ModelError, message));
}
