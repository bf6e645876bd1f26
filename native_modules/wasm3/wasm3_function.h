// Values between MicroPython and wasm3, for the wasm3 module's own files.

#ifndef WASM3_FUNCTION_H
#define WASM3_FUNCTION_H

#include "modwasm3.h"

mp_obj_t wasm3_function_new(wasm3_module_obj_t *module, IM3Function function);

// slot points at a wasm3 stack slot (or a union of the same layout).
mp_obj_t wasm3_value_to_object(M3ValueType type, const void *slot);

// Raises TypeError or OverflowError.
void wasm3_value_from_object(M3ValueType type, mp_obj_t object, void *slot);

// An integer object as 64 bits of two's complement. Raises TypeError or OverflowError.
uint64_t wasm3_integer_from_object(mp_obj_t object);

// Links a Python callable; it takes and gives what the signature says.
void wasm3_link_callable(wasm3_module_obj_t *self, const char *module, const char *field,
    const char *signature, mp_obj_t callable);

#endif // WASM3_FUNCTION_H
