// The wasm3 module's objects and what other native modules may do with them.
//
// Rules: functions here may raise, and so may a host function that wasm3 calls:
// the exception passes through wasm3 and comes out of the call that runs.

#ifndef MODWASM3_H
#define MODWASM3_H

#include "py/obj.h"
#include "wasm3.h"
#include "wasm3_arena.h"
#include "wasm3_meter.h"
#include "wasm_validate.h"

#define SIGNATURE_BYTES (WASM_MAX_PARAMETERS + 4)

struct _wasm3_module_obj_t;
struct _mp_obj_array_t;

typedef struct _wasm3_runtime_obj_t {
    mp_obj_base_t base;
    uint32_t stack_bytes;
    uint32_t memory_limit_bytes; // of linear memory; 0: what the module declares
    wasm3_arena_t arena;
    IM3Runtime runtime; // NULL while no module is loaded
    const struct _wasm3_module_obj_t *loaded; // what runtime holds, or NULL
    wasm3_meter_t meter;
    uint16_t calls_running;
    uint8_t limits; // what a module may ask for: WASM3_LIMITS_...
    bool damaged; // a call met code that does not compile: wasm3 would run garbage next time
    bool pinned; // a host function holds a pointer into linear memory: no call may move it
} wasm3_runtime_obj_t;

typedef struct _wasm3_module_obj_t {
    mp_obj_base_t base;
    wasm3_runtime_obj_t *runtime;
    mp_obj_t wasm; // kept alive: wasm3 and the outline point into it
    wasm_outline_t outline;
    IM3Module module;
    mp_obj_t imports_list; // Python callables that are linked
} wasm3_module_obj_t;

typedef struct _wasm3_function_obj_t {
    mp_obj_base_t base;
    wasm3_module_obj_t *module;
    IM3Function function;
} wasm3_function_obj_t;

extern const mp_obj_type_t wasm3_type_runtime;
extern const mp_obj_type_t wasm3_type_module;
extern const mp_obj_type_t wasm3_type_function;
extern const mp_obj_type_t wasm3_type_Error;
extern const mp_obj_type_t wasm3_type_LoadError;
extern const mp_obj_type_t wasm3_type_LinkError;
extern const mp_obj_type_t wasm3_type_Trap;

// Runtime.load(wasm).
mp_obj_t wasm3_runtime_load(mp_obj_t self_in, mp_obj_t wasm);

// Raises wasm3.Error when the module's Runtime was closed.
void wasm3_module_check_open(const wasm3_module_obj_t *self);

// Links one import. userdata must stay reachable for the collector. Raises
// LinkError when there is no such import or its signature differs.
void wasm3_module_link(wasm3_module_obj_t *self, const char *module, const char *field,
    const char *signature, M3RawCall call, const void *userdata);

// Whether the module imports module.field.
bool wasm3_module_imports(const wasm3_module_obj_t *self, const char *module, const char *field);

// The signature of the import module.field into text; false when there is none.
bool wasm3_module_import_signature(const wasm3_module_obj_t *self, const char *module,
    const char *field, char *text, size_t size);

// Makes view a writable memoryview of linear memory as it is now. It keeps that
// memory alive: items is its heap block, free the offset of byte 0 in it.
void wasm3_module_set_view(wasm3_module_obj_t *self, struct _mp_obj_array_t *view);

// Compiles every function; raises LinkError for an import that is not linked,
// LoadError for code that wasm3 refuses.
void wasm3_module_compile(wasm3_module_obj_t *self);

// The exported function, compiled, the start function having run; NULL when
// there is no such export. Raises as wasm3_module_compile and wasm3_call do.
IM3Function wasm3_module_find(wasm3_module_obj_t *self, const char *name, size_t length);

// Runs a function found in this module. Raises Trap, or what a host
// function raised.
void wasm3_call(wasm3_module_obj_t *self, IM3Function function, uint32_t argument_count,
    const void *arguments[]);

// Runs a function whose parameters and at most one result are i32, count times
// or until it answers anything but 0; returns the last answer. Raises as
// wasm3_call does. Calls that answered 0 are added to completed as they end.
uint32_t wasm3_call_repeatedly(wasm3_module_obj_t *self, IM3Function function,
    const uint32_t *arguments, mp_uint_t count, uint32_t *completed);

// Linear memory as it is now; calls may move it.
uint8_t *wasm3_module_memory(wasm3_module_obj_t *self, uint32_t *length);

// "i(ii)" into text, cut to size bytes.
void wasm3_signature(IM3Function function, char *text, size_t size);

// Attributes of Runtime: fuel, spent, deadline_ms.
void wasm3_meter_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest);

// What a call answers that was interrupted (Ctrl-C).
extern const char wasm3_trap_interrupted[];


// Raises LoadError or LinkError for what wasm3 answered while loading or compiling.
void wasm3_raise_load_error(wasm3_runtime_obj_t *self, M3Result result) __attribute__((noreturn));

#endif // MODWASM3_H
