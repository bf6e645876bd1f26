// Type wasm3.Module: loading, linking, finding, and what a module says of itself.

#include <string.h>

#include "py/runtime.h"
#include "m3_env.h"
#include "modwasm3.h"
#include "runic_arguments.h"
#include "wasm3_function.h"
#include "wasm3_inspect.h"
#include "wasm3_validation.h"

static uint32_t pages_within(uint32_t memory_bytes) {
    return memory_bytes / WASM_PAGE_BYTES + (memory_bytes % WASM_PAGE_BYTES != 0);
}

// wasm3 clamps what it allocates to memoryLimit, yet lets memory.grow succeed
// beyond it; a guest that asks for pages it cannot have must be told.
static void limit_growth(wasm3_runtime_obj_t *self) {
    M3Memory *memory = &self->runtime->memory;
    if (self->memory_limit_bytes != 0) {
        uint32_t pages = pages_within(self->memory_limit_bytes);
        uint32_t most = memory->numPages > pages ? memory->numPages : pages;
        memory->maxPages = memory->maxPages < most ? memory->maxPages : most;
    }
}

static void make_runtime(wasm3_runtime_obj_t *self) {
    IM3Environment environment = m3_NewEnvironment();
    self->runtime = m3_NewRuntime(environment, self->stack_bytes, self);
    self->runtime->memoryLimit = self->memory_limit_bytes;
}

static M3Result load(wasm3_module_obj_t *self, const mp_buffer_info_t *wasm) {
    wasm3_runtime_obj_t *runtime = self->runtime;
    make_runtime(runtime);
    M3Result result = m3_ParseModule(runtime->runtime->environment, &self->module, wasm->buf,
        (uint32_t)wasm->len);
    if (result == m3Err_none) {
        result = m3_LoadModule(runtime->runtime, self->module);
    }
    if (result == m3Err_none) {
        limit_growth(runtime);
    }
    return result;
}

// Everything of a load that failed goes at once: wasm3 itself loses parts of it.
static void load_or_drop(wasm3_module_obj_t *self, const mp_buffer_info_t *wasm) {
    wasm3_runtime_obj_t *runtime = self->runtime;
    wasm3_arena_t *previous = wasm3_arena_select(&runtime->arena);
    M3Result result = m3Err_none;
    nlr_buf_t nlr;
    runtime->arena.raise_when_full = true;
    if (nlr_push(&nlr) == 0) {
        result = load(self, wasm);
        if (result != m3Err_none) {
            wasm3_raise_load_error(runtime, result);
        }
        nlr_pop();
        runtime->arena.raise_when_full = false;
        wasm3_arena_select(previous);
    } else {
        runtime->arena.raise_when_full = false;
        wasm3_arena_select(previous);
        wasm3_arena_drop(&runtime->arena);
        runtime->arena.starved = false;
        runtime->runtime = NULL;
        nlr_jump(nlr.ret_val);
    }
}

// A bytearray can move while it is in use, so a copy is taken of it.
static mp_obj_t steady(mp_obj_t wasm, mp_buffer_info_t *info) {
    mp_get_buffer_raise(wasm, info, MP_BUFFER_READ);
    if (mp_obj_is_type(wasm, &mp_type_bytearray)) {
        wasm = mp_obj_new_bytes(info->buf, info->len);
        mp_get_buffer_raise(wasm, info, MP_BUFFER_READ);
    }
    return wasm;
}

mp_obj_t wasm3_runtime_load(mp_obj_t self_in, mp_obj_t wasm_in) {
    wasm3_runtime_obj_t *runtime = MP_OBJ_TO_PTR(self_in);
    if (runtime->runtime != NULL) {
        mp_raise_msg(&wasm3_type_LoadError, MP_ERROR_TEXT("this Runtime already holds a module"));
    }
    mp_buffer_info_t info;
    mp_obj_t wasm = steady(wasm_in, &info);
    wasm3_module_obj_t *self = mp_obj_malloc(wasm3_module_obj_t, &wasm3_type_module);
    self->runtime = runtime;
    self->wasm = wasm;
    self->module = NULL;
    self->imports_list = mp_obj_new_list(0, NULL);
    wasm3_validate_bytes(&self->outline, info.buf, info.len, wasm3_limits_of(runtime->limits));
    load_or_drop(self, &info);
    runtime->loaded = self;
    return MP_OBJ_FROM_PTR(self);
}

void wasm3_module_check_open(const wasm3_module_obj_t *self) {
    if (self->runtime->loaded != self) {
        mp_raise_msg(&wasm3_type_Error, MP_ERROR_TEXT("the Runtime is closed"));
    }
}

static bool name_equals(const char *name, const char *text) {
    return name != NULL && strcmp(name, text) == 0;
}

static IM3Function find_import(const wasm3_module_obj_t *self, const char *module,
    const char *field) {
    for (uint32_t i = 0; i < self->outline.import_count; ++i) {
        IM3Function function = &self->module->functions[i];
        if (name_equals(function->import.moduleUtf8, module)
            && name_equals(function->import.fieldUtf8, field)) {
            return function;
        }
    }
    return NULL;
}

bool wasm3_module_imports(const wasm3_module_obj_t *self, const char *module, const char *field) {
    return find_import(self, module, field) != NULL;
}

bool wasm3_module_import_signature(const wasm3_module_obj_t *self, const char *module,
    const char *field, char *text, size_t size) {
    IM3Function function = find_import(self, module, field);
    if (function != NULL) {
        wasm3_signature(function, text, size);
    }
    return function != NULL;
}

static bool signature_is_sound(const char *text) {
    text += strspn(text, "viIfF");
    if (*text++ != '(') {
        return false;
    }
    text += strspn(text, "iIfF");
    return strcmp(text, ")") == 0;
}

static void check_link(wasm3_module_obj_t *self, const char *module, const char *field,
    const char *signature) {
    IM3Function function = find_import(self, module, field);
    char wanted[SIGNATURE_BYTES];
    if (function == NULL) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("no import %s.%s"), module, field);
    }
    if (!signature_is_sound(signature)) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("malformed signature %s"), signature);
    }
    wasm3_signature(function, wanted, sizeof(wanted));
    if (strcmp(wanted, signature) != 0) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("%s.%s is imported as %s, not %s"),
            module, field, wanted, signature);
    }
    if (function->compiled != NULL) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("%s.%s is already linked"),
            module, field);
    }
}

void wasm3_module_link(wasm3_module_obj_t *self, const char *module, const char *field,
    const char *signature, M3RawCall call, const void *userdata) {
    wasm3_module_check_open(self);
    check_link(self, module, field, signature);
    wasm3_arena_t *previous = wasm3_arena_select(&self->runtime->arena);
    M3Result result = m3_LinkRawFunctionEx(self->module, module, field, signature, call, userdata);
    wasm3_arena_select(previous);
    if (result != m3Err_none) {
        wasm3_raise_load_error(self->runtime, result);
    }
}

static void compile(wasm3_module_obj_t *self, IM3Function function) {
    wasm3_arena_t *arena = &self->runtime->arena;
    wasm3_arena_t *previous = wasm3_arena_select(arena);
    M3Result result = m3Err_none;
    if (function == NULL) {
        result = m3_CompileModule(self->module);
    } else if (function->compiled == NULL) {
        result = CompileFunction(function);
    }
    wasm3_arena_select(previous);
    // wasm3 does not look whether it got memory for a function's constants.
    if (arena->starved) {
        mp_raise_type(&mp_type_MemoryError);
    }
    if (result != m3Err_none) {
        wasm3_raise_load_error(self->runtime, result);
    }
}

void wasm3_module_compile(wasm3_module_obj_t *self) {
    wasm3_module_check_open(self);
    compile(self, NULL);
}

// Here, not by m3_FindFunction, which would run it uncounted, and not at all when its index is 0.
static void run_start(wasm3_module_obj_t *self) {
    int32_t start = self->module->startFunction;
    if (start >= 0) {
        IM3Function function = &self->module->functions[start];
        compile(self, function);
        wasm3_call(self, function, 0, NULL);
        self->module->startFunction = -1;
    }
}

IM3Function wasm3_module_find(wasm3_module_obj_t *self, const char *name, size_t length) {
    wasm_span_t cursor;
    wasm_export_t export_;
    wasm3_module_check_open(self);
    wasm_outline_exports(&self->outline, &cursor);
    while (wasm_outline_next_export(&self->outline, &cursor, &export_)) {
        if (export_.kind == WASM_KIND_FUNCTION && wasm_name_is(&export_.name, name, length)) {
            if (export_.index < self->outline.import_count) {
                return NULL;
            }
            IM3Function function = &self->module->functions[export_.index];
            run_start(self);
            compile(self, function);
            return function;
        }
    }
    return NULL;
}

uint8_t *wasm3_module_memory(wasm3_module_obj_t *self, uint32_t *length) {
    return m3_GetMemory(self->runtime->runtime, length, 0);
}

static mp_obj_t module_link(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    wasm3_module_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    wasm3_link_callable(self, runic_text_of(args[1]), runic_text_of(args[2]),
        runic_text_of(args[3]), args[4]);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(module_link_obj, 5, 5, module_link);

static mp_obj_t module_find(mp_obj_t self_in, mp_obj_t name) {
    size_t length;
    const char *text = runic_text(name, &length);
    wasm3_module_obj_t *self = MP_OBJ_TO_PTR(self_in);
    IM3Function function = wasm3_module_find(self, text, length);
    if (function == NULL) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("no exported function %s"), text);
    }
    return wasm3_function_new(self, function);
}
static MP_DEFINE_CONST_FUN_OBJ_2(module_find_obj, module_find);

static mp_obj_t module_compile(mp_obj_t self_in) {
    wasm3_module_compile(MP_OBJ_TO_PTR(self_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(module_compile_obj, module_compile);

static void module_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest) {
    wasm3_module_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (dest[0] != MP_OBJ_NULL) {
        return;
    }
    wasm3_module_check_open(self);
    switch (attribute) {
        case MP_QSTR_memory:
            dest[0] = wasm3_view_memory(self);
            break;
        case MP_QSTR_imports:
            dest[0] = wasm3_list_imports(self);
            break;
        case MP_QSTR_exports:
            dest[0] = wasm3_list_exports(self);
            break;
        case MP_QSTR_globals:
            dest[0] = wasm3_list_globals(self);
            break;
        default:
            dest[1] = MP_OBJ_SENTINEL;
            break;
    }
}

static const mp_rom_map_elem_t module_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_link), MP_ROM_PTR(&module_link_obj) },
    { MP_ROM_QSTR(MP_QSTR_find), MP_ROM_PTR(&module_find_obj) },
    { MP_ROM_QSTR(MP_QSTR_compile), MP_ROM_PTR(&module_compile_obj) },
};
static MP_DEFINE_CONST_DICT(module_locals, module_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wasm3_type_module,
    MP_QSTR_Module,
    MP_TYPE_FLAG_NONE,
    attr, module_attr,
    locals_dict, &module_locals
    );
