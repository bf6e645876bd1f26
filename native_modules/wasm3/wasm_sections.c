// Validates all sections of a module but the bodies of its functions.

#include "wasm_validate.h"

#define FUNCTION_TYPE (0x60)
#define FUNCTION_REFERENCE (0x70)
#define END (0x0b)
#define MAX_PAGES (65536)

const char *wasm_read_value_type(wasm_span_t *span, uint8_t *type) {
    WASM_TRY(wasm_read_byte(span, type));
    return *type >= WASM_F64 && *type <= WASM_I32 ? NULL : "unsupported value type";
}

static const char *check_values(wasm_span_t *span, uint32_t limit) {
    uint32_t count;
    uint8_t type;
    WASM_TRY(wasm_read_count(span, &count));
    if (count > limit) {
        return "too many parameters or results";
    }
    for (; count > 0; --count) {
        WASM_TRY(wasm_read_value_type(span, &type));
    }
    return NULL;
}

void wasm_signature_at(const wasm_validation_t *self, uint32_t type,
    wasm_signature_t *signature) {
    wasm_span_t span = self->outline->sections[WASM_SECTION_TYPE];
    uint32_t result_count = 0;
    span.next += self->types[type];
    wasm_read_count(&span, &signature->parameter_count);
    signature->parameters = span.next;
    wasm_skip(&span, signature->parameter_count);
    wasm_read_count(&span, &result_count);
    signature->result = result_count == 0 ? WASM_NO_VALUE : *span.next;
}

static const char *check_type(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint8_t form;
    WASM_TRY(wasm_read_byte(span, &form));
    if (form != FUNCTION_TYPE) {
        return "unsupported type form";
    }
    self->types[i] = (uint32_t)(span->next - self->outline->sections[WASM_SECTION_TYPE].next);
    WASM_TRY(check_values(span, WASM_MAX_PARAMETERS));
    return check_values(span, 1);
}

static const char *check_import(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    wasm_import_t import;
    WASM_TRY(wasm_read_import(span, &import));
    if (import.type_index >= self->outline->type_count) {
        return "an import's type index is out of range";
    }
    self->functions[i] = (uint16_t)import.type_index;
    return NULL;
}

static const char *check_function(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint32_t type;
    WASM_TRY(wasm_read_u32(span, &type));
    if (type >= self->outline->type_count) {
        return "a function's type index is out of range";
    }
    self->functions[self->outline->import_count + i] = (uint16_t)type;
    return NULL;
}

static const char *read_limits(wasm_span_t *span, uint32_t *minimum, uint32_t most) {
    uint8_t flags;
    uint32_t maximum;
    WASM_TRY(wasm_read_byte(span, &flags));
    if (flags > 1) {
        return "unsupported limits (shared or 64-bit memory)";
    }
    WASM_TRY(wasm_read_u32(span, minimum));
    if (flags == 1) {
        WASM_TRY(wasm_read_u32(span, &maximum));
        if (maximum < *minimum) {
            return "limits: the maximum is below the minimum";
        }
    }
    return *minimum > most ? "a table or memory is too large" : NULL;
}

static const char *check_table(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint8_t element_type;
    if (i > 0) {
        return "only one table is supported";
    }
    WASM_TRY(wasm_read_byte(span, &element_type));
    if (element_type != FUNCTION_REFERENCE) {
        return "unsupported table element type";
    }
    return read_limits(span, &self->table_elements, WASM_MAX_TABLE_ELEMENTS);
}

static const char *check_memory(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint32_t pages;
    if (i > 0) {
        return "only one memory is supported";
    }
    WASM_TRY(read_limits(span, &pages, MAX_PAGES));
    self->memory_bytes = (uint64_t)pages * WASM_PAGE_BYTES;
    return NULL;
}

// A constant expression. There are no imported globals, so it can be nothing but a constant.
static const char *read_constant(wasm_span_t *span, uint8_t type, uint32_t *word) {
    static const uint8_t opcodes[] = { 0x44, 0x43, 0x42, 0x41 };
    uint8_t opcode, end;
    int32_t word_value = 0;
    int64_t wide;
    WASM_TRY(wasm_read_byte(span, &opcode));
    if (opcode != opcodes[type - WASM_F64]) {
        return "a constant of the type is wanted";
    }
    switch (type) {
        case WASM_I32:
            WASM_TRY(wasm_read_i32(span, &word_value));
            break;
        case WASM_I64:
            WASM_TRY(wasm_read_i64(span, &wide));
            break;
        default:
            WASM_TRY(wasm_skip(span, type == WASM_F32 ? 4 : 8));
            break;
    }
    WASM_TRY(wasm_read_byte(span, &end));
    *word = (uint32_t)word_value;
    return end == END ? NULL : "a constant expression does not end";
}

static const char *check_global(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint8_t type, is_mutable;
    uint32_t word;
    WASM_TRY(wasm_read_value_type(span, &type));
    WASM_TRY(wasm_read_byte(span, &is_mutable));
    if (is_mutable > 1) {
        return "a global is neither constant nor variable";
    }
    self->globals[i] = (uint8_t)(type | (is_mutable ? WASM_MUTABLE : 0));
    return read_constant(span, type, &word);
}

static bool is_exported_twice(const wasm_validation_t *self, const wasm_name_t *name) {
    wasm_span_t cursor;
    wasm_export_t other;
    wasm_outline_exports(self->outline, &cursor);
    while (wasm_read_export(&cursor, &other) == NULL && other.name.text != name->text) {
        if (wasm_name_is(name, other.name.text, other.name.length)) {
            return true;
        }
    }
    return false;
}

static const char *check_export(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    wasm_export_t export_;
    (void)i;
    WASM_TRY(wasm_read_export(span, &export_));
    if (!wasm_export_exists(self->outline, &export_)) {
        return "an export names nothing";
    }
    return is_exported_twice(self, &export_.name) ? "two exports have one name" : NULL;
}

static const char *check_start(wasm_validation_t *self, wasm_span_t *span) {
    uint32_t function;
    wasm_signature_t signature;
    WASM_TRY(wasm_read_u32(span, &function));
    if (!self->limits->start) {
        return "there may be no start function";
    }
    if (function < self->outline->import_count || function >= self->outline->function_count) {
        return "the start function is not one of the module's own";
    }
    wasm_signature_at(self, self->functions[function], &signature);
    return signature.parameter_count == 0 && signature.result == WASM_NO_VALUE
        ? NULL : "the start function has parameters or results";
}

// What element and data segments begin with: table or memory 0, and where in it.
static const char *read_place(wasm_span_t *span, uint32_t *place) {
    uint32_t index;
    WASM_TRY(wasm_read_u32(span, &index));
    return index == 0 ? read_constant(span, WASM_I32, place) : "unsupported kind of segment";
}

static const char *check_element(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint32_t place, count, function;
    (void)i;
    if (self->outline->table_count == 0) {
        return "an element segment without a table";
    }
    WASM_TRY(read_place(span, &place));
    WASM_TRY(wasm_read_count(span, &count));
    if ((uint64_t)place + count > self->table_elements) {
        return "an element segment reaches past the table";
    }
    for (; count > 0; --count) {
        WASM_TRY(wasm_read_u32(span, &function));
        if (function >= self->outline->function_count) {
            return "an element is no function";
        }
    }
    return NULL;
}

static const char *check_data(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    uint32_t place, byte_count;
    (void)i;
    if (self->outline->memory_count == 0) {
        return "a data segment without a memory";
    }
    WASM_TRY(read_place(span, &place));
    WASM_TRY(wasm_read_count(span, &byte_count));
    if ((uint64_t)place + byte_count > self->memory_bytes) {
        return "a data segment reaches past the memory";
    }
    return wasm_skip(span, byte_count);
}

static const char *check_code(wasm_validation_t *self, wasm_span_t *span, uint32_t i) {
    const uint8_t *outer_end;
    uint32_t function = self->outline->import_count + i;
    if (function >= self->outline->function_count) {
        return "there is more code than functions";
    }
    WASM_TRY(wasm_enter(span, &outer_end));
    if (wasm_remaining(span) > self->limits->body_bytes) {
        return "a function's code is too long";
    }
    WASM_TRY(wasm_check_body(self, function, span));
    return wasm_leave(span, outer_end);
}

typedef const char *(*check_entry_t)(wasm_validation_t *self, wasm_span_t *span, uint32_t i);

// The start section is no list.
static const check_entry_t entry_checks[WASM_SECTIONS] = {
    [WASM_SECTION_TYPE] = check_type,
    [WASM_SECTION_IMPORT] = check_import,
    [WASM_SECTION_FUNCTION] = check_function,
    [WASM_SECTION_TABLE] = check_table,
    [WASM_SECTION_MEMORY] = check_memory,
    [WASM_SECTION_GLOBAL] = check_global,
    [WASM_SECTION_EXPORT] = check_export,
    [WASM_SECTION_ELEMENT] = check_element,
    [WASM_SECTION_CODE] = check_code,
    [WASM_SECTION_DATA] = check_data,
};

static const char *check_section(wasm_validation_t *self, unsigned id, wasm_span_t *span) {
    uint32_t count;
    if (id == WASM_SECTION_START) {
        return check_start(self, span);
    }
    WASM_TRY(wasm_read_count(span, &count));
    for (uint32_t i = 0; i < count; ++i) {
        WASM_TRY(entry_checks[id](self, span, i));
    }
    uint32_t own = self->outline->function_count - self->outline->import_count;
    return id == WASM_SECTION_CODE && count != own ? "there are more functions than code" : NULL;
}

const char *wasm_check_sections(wasm_validation_t *self, wasm_span_t *cursor) {
    const wasm_outline_t *outline = self->outline;
    for (unsigned id = WASM_SECTION_TYPE; id < WASM_SECTIONS; ++id) {
        if (outline->sections[id].next == NULL) {
            continue;
        }
        *cursor = outline->sections[id];
        WASM_TRY(check_section(self, id, cursor));
        WASM_TRY(wasm_leave(cursor, cursor->end));
    }
    bool has_code = outline->sections[WASM_SECTION_CODE].next != NULL;
    return has_code || outline->function_count == outline->import_count
        ? NULL : "the code section is missing";
}
