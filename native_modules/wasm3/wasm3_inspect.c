// What a module says of itself: signatures, imports, exports, globals, memory.

#include "py/objarray.h"
#include "py/runtime.h"
#include "m3_env.h"
#include "wasm3_function.h"
#include "wasm3_inspect.h"

static void append_types(char *text, size_t size, size_t *used, IM3Function function, bool results) {
    static const char letters[] = { 'v', 'i', 'I', 'f', 'F', '?' };
    uint32_t count = results ? m3_GetRetCount(function) : m3_GetArgCount(function);
    for (uint32_t i = 0; i < count && *used + 1 < size; ++i) {
        M3ValueType type = results ? m3_GetRetType(function, i) : m3_GetArgType(function, i);
        text[(*used)++] = letters[type < c_m3Type_unknown ? type : c_m3Type_unknown];
    }
}

static void append_letter(char *text, size_t size, size_t *used, char letter) {
    if (*used + 1 < size) {
        text[(*used)++] = letter;
    }
}

void wasm3_signature(IM3Function function, char *text, size_t size) {
    size_t used = 0;
    if (m3_GetRetCount(function) == 0) {
        append_letter(text, size, &used, 'v');
    }
    append_types(text, size, &used, function, true);
    append_letter(text, size, &used, '(');
    append_types(text, size, &used, function, false);
    append_letter(text, size, &used, ')');
    text[used] = '\0';
}

static mp_obj_t new_name(const wasm_name_t *name) {
    return mp_obj_new_str(name->text, name->length);
}

static mp_obj_t new_signature(IM3Function function) {
    char text[SIGNATURE_BYTES];
    wasm3_signature(function, text, sizeof(text));
    return mp_obj_new_str_from_cstr(text);
}

static mp_obj_t as_tuple(mp_obj_t list) {
    size_t count;
    mp_obj_t *items;
    mp_obj_get_array(list, &count, &items);
    return mp_obj_new_tuple(count, items);
}

// ((module, name, signature), ...) in the order of the file.
mp_obj_t wasm3_list_imports(wasm3_module_obj_t *self) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wasm_span_t cursor;
    wasm_import_t import;
    wasm_outline_imports(&self->outline, &cursor);
    for (uint32_t i = 0; i < self->outline.import_count
         && wasm_outline_next_import(&cursor, &import); ++i) {
        mp_obj_t row[] = {
            new_name(&import.module), new_name(&import.field),
            new_signature(&self->module->functions[i]),
        };
        mp_obj_list_append(list, mp_obj_new_tuple(MP_ARRAY_SIZE(row), row));
    }
    return as_tuple(list);
}

// ((name, kind, signature), ...); the signature of anything but a function is "".
mp_obj_t wasm3_list_exports(wasm3_module_obj_t *self) {
    static const qstr kinds[] = { MP_QSTR_function, MP_QSTR_table, MP_QSTR_memory, MP_QSTR_global };
    mp_obj_t list = mp_obj_new_list(0, NULL);
    wasm_span_t cursor;
    wasm_export_t export_;
    wasm_outline_exports(&self->outline, &cursor);
    while (wasm_outline_next_export(&self->outline, &cursor, &export_)) {
        bool is_function = export_.kind == WASM_KIND_FUNCTION;
        mp_obj_t row[] = {
            new_name(&export_.name), MP_OBJ_NEW_QSTR(kinds[export_.kind]),
            is_function ? new_signature(&self->module->functions[export_.index])
            : MP_OBJ_NEW_QSTR(MP_QSTR_),
        };
        mp_obj_list_append(list, mp_obj_new_tuple(MP_ARRAY_SIZE(row), row));
    }
    return as_tuple(list);
}

// {name: value} of the exported globals, as they are now.
mp_obj_t wasm3_list_globals(wasm3_module_obj_t *self) {
    mp_obj_t dict = mp_obj_new_dict(0);
    wasm_span_t cursor;
    wasm_export_t export_;
    wasm_outline_exports(&self->outline, &cursor);
    while (wasm_outline_next_export(&self->outline, &cursor, &export_)) {
        M3TaggedValue tagged;
        if (export_.kind == WASM_KIND_GLOBAL && export_.index < self->module->numGlobals
            && m3_GetGlobal(&self->module->globals[export_.index], &tagged) == m3Err_none) {
            mp_obj_dict_store(dict, new_name(&export_.name),
                wasm3_value_to_object(tagged.type, &tagged.value));
        }
    }
    return dict;
}

void wasm3_module_set_view(wasm3_module_obj_t *self, mp_obj_array_t *view) {
    uint32_t length;
    uint8_t *data = wasm3_module_memory(self, &length);
    uint8_t *block = wasm3_arena_block(self->runtime->runtime->memory.mallocated);
    self->runtime->arena.has_views = true;
    mp_obj_memoryview_init(view, 'B' | MP_OBJ_ARRAY_TYPECODE_FLAG_RW,
        data == NULL ? 0 : (size_t)(data - block), length, block);
}

mp_obj_t wasm3_view_memory(wasm3_module_obj_t *self) {
    mp_obj_array_t *view = m_new_obj(mp_obj_array_t);
    wasm3_module_set_view(self, view);
    return MP_OBJ_FROM_PTR(view);
}
