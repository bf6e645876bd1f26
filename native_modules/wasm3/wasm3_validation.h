// Validation for Python: wasm3.validate, and what each load begins with.

#ifndef WASM3_VALIDATION_H
#define WASM3_VALIDATION_H

#include "py/obj.h"
#include "wasm_validate.h"

// Values of `limits` in Python.
enum {
    WASM3_LIMITS_MODULE,
    WASM3_LIMITS_RUNE,
};

// Raises ValueError for what is none of these.
const wasm_limits_t *wasm3_limits_of(mp_int_t limits);

// Reads and validates a module. Raises LoadError, or MemoryError when there is no room for what
// validating takes; nothing of it stays.
void wasm3_validate_bytes(wasm_outline_t *outline, const void *bytes, size_t length,
    const wasm_limits_t *limits);

MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(wasm3_validate_obj);

#endif // WASM3_VALIDATION_H
