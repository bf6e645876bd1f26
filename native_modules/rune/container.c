// Type rune.Container: links a Rune to what it was granted and calls it.

#include <string.h>

#include "py/mphal.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "container.h"
#include "m3_env.h"
#include "modnn.h"
#include "rune_saga.h"
#include "rune_times.h"
#include "runic_arguments.h"
#include "runic_running.h"
#include "wasm3_meter_hot.h"

void guest_fail(const guest_call_t *call, const char *text) {
    mp_raise_msg_varg(&rune_type_GuestError, MP_ERROR_TEXT("%s: %s"), call->binding->import->field, text);
    MP_UNREACHABLE
}

uint8_t *guest_bytes(const guest_call_t *call, uint32_t pointer, uint32_t length) {
    if (pointer > call->memory_bytes || length > call->memory_bytes - pointer) {
        guest_fail(call, "a pointer or length lies outside the memory");
    }
    return call->memory + pointer;
}

void guest_set_view(const guest_call_t *call, mp_obj_t view_in, uint32_t pointer, uint32_t length) {
    mp_obj_array_t *view = MP_OBJ_TO_PTR(view_in);
    guest_bytes(call, pointer, length);
    wasm3_module_set_view(call->binding->container->module, view);
    view->free += pointer;
    view->len = length;
}

mp_obj_t guest_view(const guest_call_t *call, uint32_t pointer, uint32_t length) {
    mp_obj_t view = mp_obj_new_memoryview('B', 0, NULL);
    guest_set_view(call, view, pointer, length);
    return view;
}

handle_t *guest_handle(const guest_call_t *call, const handles_t *handles, uint32_t id) {
    for (uint32_t i = 0; i < handles->count; ++i) {
        if (handles->items[i].id == id) {
            return &handles->items[i];
        }
    }
    guest_fail(call, "nothing is bound to that id");
}

// Arguments lie behind the space for the result, if there is one.
static const void *host_call(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack,
    void *memory) {
    const binding_t *binding = context->userdata;
    (void)runtime;
    guest_call_t call = {
        .binding = binding,
        .arguments = stack + binding->has_result,
        .memory = memory,
        .memory_bytes = (uint32_t)((const M3MemoryHeader *)memory)[-1].length,
    };
    uint32_t result = binding->function(&call);
    wasm3_meter_check_soon(binding->container->module->runtime);
    if (binding->has_result) {
        *(uint32_t *)stack = result;
    }
    return m3Err_none;
}

static bool name_matches(const host_import_t *import, const char *name) {
    size_t module_bytes = strlen(import->module);
    return strncmp(name, import->module, module_bytes) == 0 && name[module_bytes] == '.'
           && strcmp(name + module_bytes + 1, import->field) == 0;
}

static bool signature_matches(container_obj_t *self, const host_import_t *import) {
    char signature[SIGNATURE_BYTES];
    return wasm3_module_import_signature(self->module, import->module, import->field, signature,
        sizeof(signature)) && strcmp(signature, import->signature) == 0;
}

// Of two rows with one name the one that the Rune imports; the first if neither
// is, so that linking says what is wrong.
static const host_import_t *find_row(container_obj_t *self, const char *name) {
    const host_import_t *first = NULL;
    for (const host_import_t *import = host_imports; import->module != NULL; ++import) {
        if (name_matches(import, name)) {
            first = first == NULL ? import : first;
            if (signature_matches(self, import)) {
                return import;
            }
        }
    }
    if (first == NULL) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("no host function %s"), name);
    }
    return first;
}

// Granted functions that the Rune does not import are passed over.
static void link_granted(container_obj_t *self, mp_obj_t names) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(names, &count, &items);
    self->bindings = m_new0(binding_t, count + 1);
    for (size_t i = 0; i < count; ++i) {
        const host_import_t *import = find_row(self, runic_text_of(items[i]));
        if (wasm3_module_imports(self->module, import->module, import->field)) {
            self->bindings[i].container = self;
            self->bindings[i].import = import;
            self->bindings[i].function = import->function;
            self->bindings[i].has_result = import->signature[0] != 'v';
            wasm3_module_link(self->module, import->module, import->field, import->signature,
                import->raw != NULL ? import->raw : host_call, &self->bindings[i]);
        }
    }
}

// Said at once: else only the call of such an import would find it missing.
static void check_all_linked(const container_obj_t *self) {
    IM3Module module = self->module->module;
    for (uint32_t i = 0; i < module->numFuncImports; ++i) {
        IM3Function function = &module->functions[i];
        if (function->compiled == NULL) {
            mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("missing imported function: '%s.%s'"),
                function->import.moduleUtf8, function->import.fieldUtf8);
        }
    }
}

static IM3Function find_export(container_obj_t *self, const char *name, const char *wanted) {
    char signature[SIGNATURE_BYTES];
    IM3Function function = wasm3_module_find(self->module, name, strlen(name));
    if (function == NULL) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("no exported function %s"), name);
    }
    wasm3_signature(function, signature, sizeof(signature));
    if (strcmp(signature, wanted) != 0) {
        mp_raise_msg_varg(&wasm3_type_LinkError, MP_ERROR_TEXT("%s is %s, not %s"), name, signature,
            wanted);
    }
    return function;
}

// Container(module, host, imports)
static mp_obj_t container_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 3, 3, false);
    if (!mp_obj_is_type(args[0], &wasm3_type_module)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a wasm3.Module is wanted"));
    }
    container_obj_t *self = mp_obj_malloc(container_obj_t, type);
    memset((uint8_t *)self + sizeof(self->base), 0, sizeof(*self) - sizeof(self->base));
    self->module = MP_OBJ_TO_PTR(args[0]);
    self->host = args[1];
    self->quota = m_new0(quota_t, 1);
    wasm3_module_check_open(self->module);
    link_granted(self, args[2]);
    check_all_linked(self);
    wasm3_module_compile(self->module);
    self->manifest = find_export(self, "_manifest", "i()");
    self->call = find_export(self, "_call", "i(iii)");
    return MP_OBJ_FROM_PTR(self);
}

container_obj_t *container_open(mp_obj_t self_in) {
    container_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->closed) {
        mp_raise_ValueError(MP_ERROR_TEXT("the Container is closed"));
    }
    return self;
}

static mp_obj_t container_manifest(mp_obj_t self_in) {
    container_obj_t *self = container_open(self_in);
    uint32_t completed = 0;
    return mp_obj_new_int_from_uint(
        wasm3_call_repeatedly(self->module, self->manifest, NULL, 1, &completed));
}
static MP_DEFINE_CONST_FUN_OBJ_1(container_manifest_obj, container_manifest);

// limit_log(bytes_per_s, unit): what _debug may say.
static mp_obj_t container_limit_log(mp_obj_t self_in, mp_obj_t rate) {
    quota_t *quota = container_open(self_in)->quota;
    const quota_bucket_t *bucket = rune_quota_bucket(rate);
    if (bucket != NULL) {
        quota->log = *bucket;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(container_limit_log_obj, container_limit_log);

static void pace_handles(const handles_t *handles, uint32_t period_ms) {
    for (uint32_t i = 0; i < handles->count; ++i) {
        if (handles->items[i].bucket != NULL) {
            quota_pace(handles->items[i].bucket, period_ms);
        }
    }
}

// pace(period_ms): raises the rates to what a call in each such period takes.
static mp_obj_t container_pace(mp_obj_t self_in, mp_obj_t period) {
    container_obj_t *self = container_open(self_in);
    mp_int_t period_ms = runic_integer(period);
    if (period_ms < 1 || period_ms > QUOTA_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a period is out of range"));
    }
    pace_handles(&self->capabilities, (uint32_t)period_ms);
    pace_handles(&self->outputs, (uint32_t)period_ms);
    if (self->pipeline != NULL) {
        pipeline_pace(self->pipeline, (uint32_t)period_ms);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(container_pace_obj, container_pace);

// The old array is left to the collector: a host function may be looking at it.
static handle_t *add_handle(handles_t *handles, mp_obj_t id, mp_obj_t owner) {
    uint32_t number = runic_integer_u32(id);
    handle_t *items = m_new0(handle_t, handles->count + 1);
    if (handles->count != 0) {
        memcpy(items, handles->items, handles->count * sizeof(handle_t));
    }
    handle_t *handle = &items[handles->count];
    handle->id = number;
    handle->owner = owner;
    handles->items = items;
    return handle;
}

// bind_capability(id, driver[, rate])
static mp_obj_t container_bind_capability(size_t n_args, const mp_obj_t *args) {
    container_obj_t *self = container_open(args[0]);
    source_t source;
    source_init(&source, args[2]);
    quota_bucket_t *bucket = rune_quota_bucket(n_args > 3 ? args[3] : mp_const_none);
    handle_t *handle = add_handle(&self->capabilities, args[1], args[2]);
    handle->source = source;
    handle->bucket = bucket;
    handle->view = mp_obj_new_memoryview('B', 0, NULL);
    ++self->capabilities.count;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(container_bind_capability_obj, 3, 4, container_bind_capability);

static mp_obj_t container_bind_model(mp_obj_t self_in, mp_obj_t id, mp_obj_t model_in) {
    container_obj_t *self = container_open(self_in);
    nn_model_t *model = nn_model_from_obj(model_in);
    add_handle(&self->models, id, model_in)->model = model;
    ++self->models.count;
    nn_model_hold(model_in);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(container_bind_model_obj, container_bind_model);

// bind_output(id, kind, ring[, rate])
static mp_obj_t container_bind_output(size_t n_args, const mp_obj_t *args) {
    container_obj_t *self = container_open(args[0]);
    rune_ring_obj_t *ring = rune_ring_from_obj(args[3]);
    mp_int_t kind = runic_integer(args[2]);
    mp_int_t id = runic_integer(args[1]);
    if (id < 0 || id > UINT8_MAX || kind < 1 || kind > UINT8_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("id or kind out of range"));
    }
    quota_bucket_t *bucket = rune_quota_bucket(n_args > 4 ? args[4] : mp_const_none);
    handle_t *handle = add_handle(&self->outputs, args[1], args[3]);
    handle->ring = ring;
    handle->bucket = bucket;
    handle->kind = (uint8_t)kind;
    ++self->outputs.count;
    rune_ring_hold(args[3]);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(container_bind_output_obj, 4, 5, container_bind_output);

// Lets its models, rings and pipeline go, unless a call runs: then ValueError. The wasm3
// Runtime is its owner's to close.
static mp_obj_t container_close(mp_obj_t self_in) {
    container_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->module->runtime->calls_running != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("a call is running in this Container"));
    }
    for (uint32_t i = 0; i < self->models.count; ++i) {
        nn_model_release(self->models.items[i].owner);
    }
    for (uint32_t i = 0; i < self->outputs.count; ++i) {
        rune_ring_release(self->outputs.items[i].owner);
    }
    self->capabilities.count = self->models.count = self->outputs.count = 0;
    self->pipeline = NULL;
    self->saga = NULL;
    self->closed = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(container_close_obj, container_close);

static void set_pipeline(container_obj_t *self, mp_obj_t pipeline) {
    if (!mp_obj_is_type(pipeline, &pipeline_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a rune.Pipeline is wanted"));
    }
    self->pipeline = MP_OBJ_TO_PTR(pipeline);
}

static mp_obj_t denials(const quota_t *quota) {
    mp_obj_t counts[QUOTA_KINDS];
    for (uint32_t kind = 0; kind < QUOTA_KINDS; ++kind) {
        counts[kind] = mp_obj_new_int_from_uint(quota->denials[kind]);
    }
    return mp_obj_new_tuple(QUOTA_KINDS, counts);
}

static void container_attr(mp_obj_t self_in, qstr attribute, mp_obj_t *dest) {
    container_obj_t *self = MP_OBJ_TO_PTR(self_in);
    bool is_load = dest[0] == MP_OBJ_NULL;
    if (attribute == MP_QSTR_pipeline && is_load) {
        dest[0] = self->pipeline == NULL ? mp_const_none : MP_OBJ_FROM_PTR(self->pipeline);
    } else if (attribute == MP_QSTR_pipeline && dest[1] != MP_OBJ_NULL) {
        set_pipeline(container_open(self_in), dest[1]);
        dest[0] = MP_OBJ_NULL;
    } else if (attribute == MP_QSTR_saga && is_load) {
        dest[0] = self->saga == NULL ? mp_const_none : MP_OBJ_FROM_PTR(self->saga);
    } else if (attribute == MP_QSTR_saga && dest[1] != MP_OBJ_NULL) {
        self->saga = rune_saga_from_obj(dest[1]);
        dest[0] = MP_OBJ_NULL;
    } else if (attribute == MP_QSTR_times && dest[0] == MP_OBJ_SENTINEL && dest[1] != MP_OBJ_NULL) {
        self->times = rune_times_from_obj(dest[1]);
        dest[0] = MP_OBJ_NULL;
    } else if (attribute == MP_QSTR_name && dest[0] == MP_OBJ_SENTINEL && dest[1] != MP_OBJ_NULL) {
        self->tag = runic_tag(runic_text_of(dest[1]));
        dest[0] = MP_OBJ_NULL;
    } else if (attribute == MP_QSTR_calls && is_load) {
        dest[0] = mp_obj_new_int_from_uint(self->quota->calls);
    } else if (attribute == MP_QSTR_denials && is_load) {
        dest[0] = denials(self->quota);
    } else if (is_load) {
        dest[1] = MP_OBJ_SENTINEL;
    }
}

static const mp_rom_map_elem_t container_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_manifest), MP_ROM_PTR(&container_manifest_obj) },
    { MP_ROM_QSTR(MP_QSTR_call), MP_ROM_PTR(&container_call_obj) },
    { MP_ROM_QSTR(MP_QSTR_limit_log), MP_ROM_PTR(&container_limit_log_obj) },
    { MP_ROM_QSTR(MP_QSTR_pace), MP_ROM_PTR(&container_pace_obj) },
    { MP_ROM_QSTR(MP_QSTR_bind_capability), MP_ROM_PTR(&container_bind_capability_obj) },
    { MP_ROM_QSTR(MP_QSTR_bind_model), MP_ROM_PTR(&container_bind_model_obj) },
    { MP_ROM_QSTR(MP_QSTR_bind_output), MP_ROM_PTR(&container_bind_output_obj) },
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&container_close_obj) },
};
static MP_DEFINE_CONST_DICT(container_locals, container_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    container_type,
    MP_QSTR_Container,
    MP_TYPE_FLAG_NONE,
    make_new, container_make_new,
    attr, container_attr,
    locals_dict, &container_locals
    );
