// Module wasm3: the Runtime type, the exceptions and the module table.
//
//     r = wasm3.Runtime(stack_bytes=4096, memory_bytes=None, limits=wasm3.MODULE)
//     m = r.load(wasm)
//     m.link("env", "double", "i(i)", lambda x: 2 * x)
//     m.find("main")(1, 2)

#include "py/runtime.h"
#include "m3_env.h"
#include "m3_exec_defs.h"
#include "modwasm3.h"
#include "wasm3_meter_hot.h"
#include "wasm3_validation.h"

#define STACK_BYTES_DEFAULT (4096)
#define STACK_BYTES_MINIMUM (256)
#define STACK_BYTES_MAXIMUM (1024 * 1024)

#define DEFINE_ERROR(name, parent_type) \
    MP_DEFINE_CONST_OBJ_TYPE(wasm3_type_##name, MP_QSTR_##name, MP_TYPE_FLAG_NONE, \
    make_new, mp_obj_exception_make_new, print, mp_obj_exception_print, \
    attr, mp_obj_exception_attr, parent, &parent_type)

DEFINE_ERROR(Error, mp_type_Exception);
DEFINE_ERROR(LoadError, wasm3_type_Error);
DEFINE_ERROR(LinkError, wasm3_type_Error);
DEFINE_ERROR(Trap, wasm3_type_Error);

const char wasm3_trap_interrupted[] = "[trap] interrupted";

// Which address of the native stack MicroPython wants nothing to go down to.
static uintptr_t native_stack_end(void) {
    #if MICROPY_STACK_CHECK
    return (uintptr_t)MP_STATE_THREAD(stack_top) - MP_STATE_THREAD(stack_limit);
    #else
    return 0;
    #endif
}

// wasm3 calls this on every block that it compiles.
const char *wasm3_check_native_stack(void) {
    return wasm3_native_stack() <= native_stack_end() ? "native stack overflow" : NULL;
}

static void raise_text(const mp_obj_type_t *type, M3Result result, const char *detail) {
    if (detail[0] == '\0') {
        mp_raise_msg_varg(type, MP_ERROR_TEXT("%s"), result);
    }
    mp_raise_msg_varg(type, MP_ERROR_TEXT("%s: %s"), result, detail);
}

void wasm3_raise_load_error(wasm3_runtime_obj_t *self, M3Result result) {
    M3ErrorInfo info = { .message = "" };
    if (result == m3Err_mallocFailed || result == m3Err_mallocFailedCodePage) {
        mp_raise_type(&mp_type_MemoryError);
    }
    m3_GetErrorInfo(self->runtime, &info);
    raise_text(result == m3Err_functionImportMissing ? &wasm3_type_LinkError : &wasm3_type_LoadError,
        result, info.message == NULL ? "" : info.message);
    MP_UNREACHABLE
}

static void raise_call_error(wasm3_runtime_obj_t *self, M3Result result) {
    mp_handle_pending(true);
    if (self->runtime == NULL) {
        // What was pending closed the Runtime, and with it what could be said of the error.
        mp_raise_msg_varg(&wasm3_type_Error, MP_ERROR_TEXT("%s"), result);
    }
    if (result[0] == '[') {
        m3_ResetErrorInfo(self->runtime);
        mp_raise_msg_varg(&wasm3_type_Trap, MP_ERROR_TEXT("%s"), result);
    }
    wasm3_raise_load_error(self, result);
}

// A host function may call back into wasm3, deeper in the same stack.
static bool arguments_fit(wasm3_runtime_obj_t *self, IM3Function function) {
    size_t needed = (size_t)(m3_GetArgCount(function) + m3_GetRetCount(function)) * sizeof(uint64_t);
    const uint8_t *limit = self->runtime->memory.mallocated->maxStack;
    size_t left = (size_t)(limit - (const uint8_t *)self->runtime->stack);
    return needed <= left;
}

// What a call changes while it runs. A host function may raise straight through
// wasm3's frames, which hold nothing that needs to be given back but this.
typedef struct _call_t {
    wasm3_module_obj_t *module;
    wasm3_arena_t *previous;
    void *stack;
    nlr_buf_t nlr;
} call_t;

static void begin_call(call_t *call, wasm3_module_obj_t *module, IM3Function function) {
    wasm3_runtime_obj_t *self = module->runtime;
    wasm3_module_check_open(module);
    if (self->damaged) {
        mp_raise_msg(&wasm3_type_Error,
            MP_ERROR_TEXT("a call met code that does not compile: close the Runtime"));
    }
    if (self->pinned) {
        mp_raise_msg(&wasm3_type_Error, MP_ERROR_TEXT("a stream is filling this Runtime's memory"));
    }
    // wasm3 does not always notice that it got no memory for what it compiled.
    if (self->arena.starved) {
        mp_raise_type(&mp_type_MemoryError);
    }
    if (!arguments_fit(self, function)) {
        raise_call_error(self, m3Err_trapStackOverflow);
    }
    call->module = module;
    call->stack = self->runtime->stack;
    call->previous = wasm3_arena_select(&self->arena);
    if (++self->calls_running == 1) {
        self->runtime->nativeEnd = native_stack_end();
        wasm3_meter_begin(self);
    }
}

static void end_call(call_t *call) {
    wasm3_runtime_obj_t *self = call->module->runtime;
    wasm3_arena_select(call->previous);
    self->runtime->stack = call->stack;
    self->pinned = false;
    if (--self->calls_running == 0) {
        wasm3_meter_end(self);
    }
}

static void raise_on(call_t *call) {
    end_call(call);
    nlr_jump(call->nlr.ret_val);
}

static void finish_call(call_t *call, M3Result result) {
    nlr_pop();
    end_call(call);
    if (result != m3Err_none) {
        // wasm3 takes a function for compiled once a call has tried to compile it.
        call->module->runtime->damaged |= result[0] != '[';
        raise_call_error(call->module->runtime, result);
    }
}

void wasm3_call(wasm3_module_obj_t *module, IM3Function function, uint32_t argument_count,
    const void *arguments[]) {
    call_t call;
    begin_call(&call, module, function);
    if (nlr_push(&call.nlr) == 0) {
        finish_call(&call, m3_Call(function, argument_count, arguments));
    } else {
        raise_on(&call);
    }
}

// What m3_Call does, without looking at types: arguments lie behind the space for
// the result, a word in each 64-bit slot; the callee may have changed them.
static M3Result call_until(wasm3_runtime_obj_t *self, IM3Function function,
    const uint32_t *arguments, mp_uint_t count, uint32_t *completed, uint32_t *answer) {
    IM3Runtime runtime = self->runtime;
    uint64_t *stack = runtime->stack;
    uint64_t *slots = stack + function->funcType->numRets;
    uint32_t argument_count = function->funcType->numArgs;
    uint32_t answer_mask = function->funcType->numRets != 0 ? UINT32_MAX : 0;
    pc_t code = function->compiled;
    M3Result result = NULL;
    for (; count > 0 && result == NULL; --count) {
        if (MP_STATE_THREAD(mp_pending_exception) != MP_OBJ_NULL) {
            return wasm3_trap_interrupted;
        }
        for (uint32_t i = 0; i < argument_count; ++i) {
            slots[i] = arguments[i];
        }
        result = ((IM3Operation)*code)(code + 1, (m3stack_t)stack, runtime->memory.mallocated,
            d_m3OpDefaultArgs);
        *answer = *(const uint32_t *)stack & answer_mask;
        if (result != NULL || *answer != 0) {
            break;
        }
        ++*completed;
        if (count > 1 && self->calls_running == 1) {
            wasm3_meter_renew(self);
        }
    }
    return result;
}

uint32_t wasm3_call_repeatedly(wasm3_module_obj_t *module, IM3Function function,
    const uint32_t *arguments, mp_uint_t count, uint32_t *completed) {
    call_t call;
    uint32_t answer = 0;
    begin_call(&call, module, function);
    if (nlr_push(&call.nlr) == 0) {
        finish_call(&call, call_until(module->runtime, function, arguments, count, completed,
            &answer));
    } else {
        raise_on(&call);
    }
    return answer;
}

static mp_obj_t runtime_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *all_args) {
    enum { ARG_stack_bytes, ARG_memory_bytes, ARG_limits };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_stack_bytes, MP_ARG_INT, { .u_int = STACK_BYTES_DEFAULT } },
        { MP_QSTR_memory_bytes, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_limits, MP_ARG_INT, { .u_int = WASM3_LIMITS_MODULE } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, all_args, MP_ARRAY_SIZE(allowed), allowed, args);
    mp_int_t stack_bytes = args[ARG_stack_bytes].u_int;
    mp_int_t memory_bytes = 0;
    if (stack_bytes < STACK_BYTES_MINIMUM || stack_bytes > STACK_BYTES_MAXIMUM) {
        mp_raise_ValueError(MP_ERROR_TEXT("stack_bytes must be 256 to 1048576"));
    }
    if (args[ARG_memory_bytes].u_obj != mp_const_none) {
        memory_bytes = mp_obj_get_int(args[ARG_memory_bytes].u_obj);
        if (memory_bytes <= 0 || (mp_uint_t)memory_bytes > INT32_MAX) {
            mp_raise_ValueError(MP_ERROR_TEXT("memory_bytes must be positive"));
        }
    }
    wasm3_limits_of(args[ARG_limits].u_int);
    wasm3_runtime_obj_t *self = mp_obj_malloc_with_finaliser(wasm3_runtime_obj_t, type);
    memset((uint8_t *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    self->stack_bytes = (uint32_t)stack_bytes & ~7u;
    self->memory_limit_bytes = (uint32_t)memory_bytes;
    self->limits = (uint8_t)args[ARG_limits].u_int;
    wasm3_meter_limit(&self->meter, WASM3_FUEL_UNLIMITED);
    return MP_OBJ_FROM_PTR(self);
}

// Gives the memory back at once; the module and its functions raise from then on.
static mp_obj_t runtime_close(mp_obj_t self_in) {
    wasm3_runtime_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->calls_running != 0) {
        mp_raise_msg(&wasm3_type_Error, MP_ERROR_TEXT("a call is running in this Runtime"));
    }
    void *memory = self->runtime == NULL ? NULL : self->runtime->memory.mallocated;
    wasm3_meter_settle(self);
    self->runtime = NULL;
    self->loaded = NULL;
    self->damaged = false;
    wasm3_arena_drop_viewed(&self->arena, memory);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(runtime_close_obj, runtime_close);

static mp_obj_t runtime_del(mp_obj_t self_in) {
    wasm3_runtime_obj_t *self = MP_OBJ_TO_PTR(self_in);
    wasm3_arena_forget(&self->arena);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(runtime_del_obj, runtime_del);

static MP_DEFINE_CONST_FUN_OBJ_2(runtime_load_obj, wasm3_runtime_load);

static const mp_rom_map_elem_t runtime_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___del__), MP_ROM_PTR(&runtime_del_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&runtime_close_obj) },
    { MP_ROM_QSTR(MP_QSTR_load), MP_ROM_PTR(&runtime_load_obj) },
};
static MP_DEFINE_CONST_DICT(runtime_locals, runtime_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    wasm3_type_runtime,
    MP_QSTR_Runtime,
    MP_TYPE_FLAG_NONE,
    make_new, runtime_make_new,
    attr, wasm3_meter_attr,
    locals_dict, &runtime_locals
    );

static mp_obj_t wasm3_allocated(void) {
    return mp_obj_new_int_from_uint(wasm3_arena_total_bytes());
}
static MP_DEFINE_CONST_FUN_OBJ_0(wasm3_allocated_obj, wasm3_allocated);

static const mp_rom_map_elem_t wasm3_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_wasm3) },
    { MP_ROM_QSTR(MP_QSTR_Runtime), MP_ROM_PTR(&wasm3_type_runtime) },
    { MP_ROM_QSTR(MP_QSTR_Module), MP_ROM_PTR(&wasm3_type_module) },
    { MP_ROM_QSTR(MP_QSTR_Error), MP_ROM_PTR(&wasm3_type_Error) },
    { MP_ROM_QSTR(MP_QSTR_LoadError), MP_ROM_PTR(&wasm3_type_LoadError) },
    { MP_ROM_QSTR(MP_QSTR_LinkError), MP_ROM_PTR(&wasm3_type_LinkError) },
    { MP_ROM_QSTR(MP_QSTR_Trap), MP_ROM_PTR(&wasm3_type_Trap) },
    { MP_ROM_QSTR(MP_QSTR_allocated), MP_ROM_PTR(&wasm3_allocated_obj) },
    { MP_ROM_QSTR(MP_QSTR_validate), MP_ROM_PTR(&wasm3_validate_obj) },
    { MP_ROM_QSTR(MP_QSTR_MODULE), MP_ROM_INT(WASM3_LIMITS_MODULE) },
    { MP_ROM_QSTR(MP_QSTR_RUNE), MP_ROM_INT(WASM3_LIMITS_RUNE) },
};
static MP_DEFINE_CONST_DICT(wasm3_globals, wasm3_globals_table);

const mp_obj_module_t wasm3_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&wasm3_globals,
};

MP_REGISTER_MODULE(MP_QSTR_wasm3, wasm3_module);
