// Type wasm3.Function, and Python callables as imports: values in both directions.

#include <string.h>

#include "py/objint.h"
#include "py/runtime.h"
#include "modwasm3.h"
#include "wasm3_function.h"
#include "wasm3_meter_hot.h"

static uint64_t big_integer(mp_obj_t object) {
    uint64_t value = 0;
    #if MICROPY_LONGINT_IMPL == MICROPY_LONGINT_IMPL_NONE
    value = (uint64_t)(int64_t)mp_obj_get_int(object);
    #else
    uint8_t bytes[8];
    if (!mp_obj_int_to_bytes_impl(object, false, sizeof(bytes), bytes)) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("integer does not fit i64"));
    }
    for (size_t i = 0; i < sizeof(bytes); ++i) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    #endif
    return value;
}

uint64_t wasm3_integer_from_object(mp_obj_t object) {
    if (mp_obj_is_small_int(object)) {
        return (uint64_t)(int64_t)MP_OBJ_SMALL_INT_VALUE(object);
    }
    if (mp_obj_is_exact_type(object, &mp_type_int)) {
        return big_integer(object);
    }
    if (!mp_obj_is_bool(object)) {
        mp_raise_TypeError(MP_ERROR_TEXT("an integer is wanted for i32 and i64"));
    }
    return mp_obj_is_true(object);
}

// Both signed and unsigned notation are taken.
static uint32_t narrow(uint64_t value) {
    if (value > UINT32_MAX && (int64_t)value < INT32_MIN) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("integer does not fit i32"));
    }
    if ((int64_t)value > (int64_t)UINT32_MAX) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("integer does not fit i32"));
    }
    return (uint32_t)value;
}

void wasm3_value_from_object(M3ValueType type, mp_obj_t object, void *slot) {
    switch (type) {
        case c_m3Type_i32: {
            uint32_t value = narrow(wasm3_integer_from_object(object));
            memcpy(slot, &value, sizeof(value));
            break;
        }
        case c_m3Type_i64: {
            uint64_t value = wasm3_integer_from_object(object);
            memcpy(slot, &value, sizeof(value));
            break;
        }
        case c_m3Type_f32: {
            float value = mp_obj_get_float_to_f(object);
            memcpy(slot, &value, sizeof(value));
            break;
        }
        case c_m3Type_f64: {
            double value = mp_obj_get_float_to_d(object);
            memcpy(slot, &value, sizeof(value));
            break;
        }
        default:
            mp_raise_TypeError(MP_ERROR_TEXT("unsupported value type"));
    }
}

mp_obj_t wasm3_value_to_object(M3ValueType type, const void *slot) {
    union {
        int32_t i32;
        int64_t i64;
        float f32;
        double f64;
    } value;
    memcpy(&value, slot, type == c_m3Type_i32 || type == c_m3Type_f32 ? 4 : 8);
    switch (type) {
        case c_m3Type_i32:
            return mp_obj_new_int(value.i32);
        case c_m3Type_i64:
            return mp_obj_new_int_from_ll(value.i64);
        case c_m3Type_f32:
            return mp_obj_new_float_from_f(value.f32);
        case c_m3Type_f64:
            return mp_obj_new_float_from_d(value.f64);
        default:
            return mp_const_none;
    }
}

mp_obj_t wasm3_function_new(wasm3_module_obj_t *module, IM3Function function) {
    wasm3_function_obj_t *self = mp_obj_malloc(wasm3_function_obj_t, &wasm3_type_function);
    self->module = module;
    self->function = function;
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t result_of(IM3Function function) {
    uint64_t slot;
    const void *pointer = &slot;
    if (m3_GetRetCount(function) == 0 || m3_GetResults(function, 1, &pointer) != m3Err_none) {
        return mp_const_none;
    }
    return wasm3_value_to_object(m3_GetRetType(function, 0), &slot);
}

static mp_obj_t function_call(mp_obj_t self_in, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    wasm3_function_obj_t *self = MP_OBJ_TO_PTR(self_in);
    wasm3_module_check_open(self->module);
    uint32_t count = m3_GetArgCount(self->function);
    mp_arg_check_num(n_args, n_kw, count, count, false);
    uint64_t slots[WASM_MAX_PARAMETERS];
    const void *pointers[WASM_MAX_PARAMETERS];
    for (uint32_t i = 0; i < count; ++i) {
        wasm3_value_from_object(m3_GetArgType(self->function, i), args[i], &slots[i]);
        pointers[i] = &slots[i];
        // An argument's own __float__ may have closed the Runtime.
        wasm3_module_check_open(self->module);
    }
    wasm3_call(self->module, self->function, count, pointers);
    return result_of(self->function);
}

MP_DEFINE_CONST_OBJ_TYPE(
    wasm3_type_function,
    MP_QSTR_Function,
    MP_TYPE_FLAG_NONE,
    call, function_call
    );

// Arguments lie behind the space for the results.
static void call_object(mp_obj_t callable, IM3Function function, uint64_t *stack) {
    mp_obj_t objects[WASM_MAX_PARAMETERS];
    uint32_t result_count = m3_GetRetCount(function);
    uint32_t count = m3_GetArgCount(function);
    for (uint32_t i = 0; i < count; ++i) {
        objects[i] = wasm3_value_to_object(m3_GetArgType(function, i), &stack[result_count + i]);
    }
    mp_obj_t result = mp_call_function_n_kw(callable, count, 0, objects);
    if (result_count == 1) {
        wasm3_value_from_object(m3_GetRetType(function, 0), result, &stack[0]);
    }
}

static const void *host_function(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack,
    void *memory) {
    (void)memory;
    call_object(MP_OBJ_FROM_PTR(context->userdata), context->function, stack);
    wasm3_meter_check_soon(m3_GetUserData(runtime));
    return m3Err_none;
}

void wasm3_link_callable(wasm3_module_obj_t *self, const char *module, const char *field,
    const char *signature, mp_obj_t callable) {
    if (!mp_obj_is_callable(callable)) {
        mp_raise_TypeError(MP_ERROR_TEXT("link wants a callable"));
    }
    wasm3_module_link(self, module, field, signature, host_function, MP_OBJ_TO_PTR(callable));
    mp_obj_list_append(self->imports_list, callable);
}
