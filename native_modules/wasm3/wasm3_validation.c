// Validation for Python: wasm3.validate, and what each load begins with.

#include "py/runtime.h"
#include "modwasm3.h"
#include "wasm3_validation.h"

const wasm_limits_t *wasm3_limits_of(mp_int_t limits) {
    if (limits != WASM3_LIMITS_MODULE && limits != WASM3_LIMITS_RUNE) {
        mp_raise_ValueError(MP_ERROR_TEXT("limits must be MODULE or RUNE"));
    }
    return limits == WASM3_LIMITS_RUNE ? &wasm_limits_rune : &wasm_limits_module;
}

static void raise_at(const char *error, size_t offset) {
    mp_raise_msg_varg(&wasm3_type_LoadError, MP_ERROR_TEXT("%s, at byte %u"), error,
        (unsigned)offset);
}

void wasm3_validate_bytes(wasm_outline_t *outline, const void *bytes, size_t length,
    const wasm_limits_t *limits) {
    wasm_span_t file = { bytes, (const uint8_t *)bytes + length };
    const uint8_t *where;
    const char *error = wasm_outline_read(outline, &file);
    if (error != NULL) {
        raise_at(error, (size_t)(file.next - (const uint8_t *)bytes));
    }
    error = wasm_check_counts(outline, limits);
    if (error != NULL) {
        mp_raise_msg_varg(&wasm3_type_LoadError, MP_ERROR_TEXT("%s"), error);
    }
    size_t workspace_bytes = wasm_workspace_bytes(outline, limits);
    uint8_t *workspace = m_new(uint8_t, workspace_bytes);
    error = wasm_validate(outline, limits, workspace, &where);
    m_del(uint8_t, workspace, workspace_bytes);
    if (error != NULL) {
        raise_at(error, where == NULL ? length : (size_t)(where - (const uint8_t *)bytes));
    }
}

// validate(wasm, limits=MODULE)
static mp_obj_t validate(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t info;
    wasm_outline_t outline;
    mp_get_buffer_raise(args[0], &info, MP_BUFFER_READ);
    mp_int_t limits = n_args > 1 ? mp_obj_get_int(args[1]) : WASM3_LIMITS_MODULE;
    wasm3_validate_bytes(&outline, info.buf, info.len, wasm3_limits_of(limits));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(wasm3_validate_obj, 1, 2, validate);
