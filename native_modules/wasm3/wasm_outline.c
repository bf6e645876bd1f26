// Reads the outline of a WebAssembly module: its sections, imports and exports.

#include <string.h>

#include "runic_utf8.h"
#include "wasm_outline.h"

#define TRY(call) do { const char *error_ = (call); if (error_ != NULL) { return error_; } } while (0)

static const char truncated[] = "truncated: a length reaches past the end";
static const char malformed_number[] = "malformed LEB128 number";

static size_t remaining(const wasm_span_t *span) {
    return (size_t)(span->end - span->next);
}

static const char *read_byte(wasm_span_t *span, uint8_t *value) {
    if (span->next >= span->end) {
        return truncated;
    }
    *value = *span->next++;
    return NULL;
}

static const char *read_u32(wasm_span_t *span, uint32_t *value) {
    uint32_t result = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte;
        TRY(read_byte(span, &byte));
        if (shift == 28 && (byte & 0xf0) != 0) {
            return malformed_number;
        }
        result |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *value = result;
            return NULL;
        }
    }
    return malformed_number;
}

static const char *skip(wasm_span_t *span, uint32_t byte_count) {
    if (byte_count > remaining(span)) {
        return truncated;
    }
    span->next += byte_count;
    return NULL;
}

static const char *finished(const wasm_span_t *span) {
    return span->next == span->end ? NULL : "bytes are left over in a section";
}

static const char *read_name(wasm_span_t *span, wasm_name_t *name) {
    TRY(read_u32(span, &name->length));
    const uint8_t *text = span->next;
    TRY(skip(span, name->length));
    name->text = (const char *)text;
    return runic_utf8_is_valid(text, name->length) ? NULL : "a name is not UTF-8";
}

// A vector's count: each element takes at least one byte.
static const char *read_count(wasm_span_t *span, uint32_t *count) {
    TRY(read_u32(span, count));
    return *count > remaining(span) ? truncated : NULL;
}

static const char *read_limits(wasm_span_t *span, uint32_t *minimum) {
    uint8_t flags;
    uint32_t maximum;
    TRY(read_byte(span, &flags));
    if (flags > 1) {
        return "unsupported limits (shared or 64-bit memory)";
    }
    TRY(read_u32(span, minimum));
    if (flags == 1) {
        TRY(read_u32(span, &maximum));
        if (maximum < *minimum) {
            return "limits: the maximum is below the minimum";
        }
    }
    return NULL;
}

static const char *check_values(wasm_span_t *span, uint32_t limit) {
    uint32_t count;
    TRY(read_count(span, &count));
    if (count > limit) {
        return "too many parameters or results";
    }
    for (; count > 0; --count) {
        uint8_t type;
        TRY(read_byte(span, &type));
        if (type < 0x7c || type > 0x7f) {
            return "unsupported value type";
        }
    }
    return NULL;
}

static const char *check_types(wasm_outline_t *outline, wasm_span_t span) {
    TRY(read_count(&span, &outline->type_count));
    for (uint32_t i = 0; i < outline->type_count; ++i) {
        uint8_t form;
        TRY(read_byte(&span, &form));
        if (form != 0x60) {
            return "unsupported type form";
        }
        TRY(check_values(&span, WASM_MAX_PARAMETERS));
        TRY(check_values(&span, WASM_MAX_RESULTS));
    }
    return finished(&span);
}

static const char *read_import(wasm_span_t *span, wasm_import_t *import) {
    uint8_t kind;
    TRY(read_name(span, &import->module));
    TRY(read_name(span, &import->field));
    TRY(read_byte(span, &kind));
    if (kind != WASM_KIND_FUNCTION) {
        return "only functions can be imported";
    }
    return read_u32(span, &import->type_index);
}

static const char *check_imports(wasm_outline_t *outline, wasm_span_t span) {
    TRY(read_count(&span, &outline->import_count));
    for (uint32_t i = 0; i < outline->import_count; ++i) {
        wasm_import_t import;
        TRY(read_import(&span, &import));
        if (import.type_index >= outline->type_count) {
            return "an import's type index is out of range";
        }
    }
    outline->function_count = outline->import_count;
    return finished(&span);
}

static const char *check_functions(wasm_outline_t *outline, wasm_span_t span) {
    uint32_t count;
    TRY(read_count(&span, &count));
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t type_index;
        TRY(read_u32(&span, &type_index));
        if (type_index >= outline->type_count) {
            return "a function's type index is out of range";
        }
    }
    outline->function_count += count;
    return finished(&span);
}

static const char *check_table(wasm_outline_t *outline, wasm_span_t span) {
    uint8_t element_type;
    uint32_t minimum;
    TRY(read_count(&span, &outline->table_count));
    if (outline->table_count > 1) {
        return "only one table is supported";
    }
    if (outline->table_count == 0) {
        return NULL;
    }
    TRY(read_byte(&span, &element_type));
    if (element_type != 0x70) {
        return "unsupported table element type";
    }
    return read_limits(&span, &minimum);
}

static const char *check_memory(wasm_outline_t *outline, wasm_span_t span) {
    TRY(read_count(&span, &outline->memory_count));
    if (outline->memory_count != 1) {
        return "only one memory is supported";
    }
    TRY(read_limits(&span, &outline->memory_pages));
    if (outline->memory_pages > 65536) {
        return "the memory is larger than 4 GiB";
    }
    return NULL;
}

static const char *check_globals(wasm_outline_t *outline, wasm_span_t span) {
    return read_count(&span, &outline->global_count);
}

static const char *read_export(wasm_span_t *span, wasm_export_t *export_) {
    TRY(read_name(span, &export_->name));
    TRY(read_byte(span, &export_->kind));
    return read_u32(span, &export_->index);
}

static bool export_exists(const wasm_outline_t *outline, const wasm_export_t *export_) {
    const uint32_t counts[] = {
        outline->function_count, outline->table_count, outline->memory_count, outline->global_count,
    };
    return export_->kind <= WASM_KIND_GLOBAL && export_->index < counts[export_->kind];
}

static const char *check_exports(wasm_outline_t *outline, wasm_span_t span) {
    TRY(read_count(&span, &outline->export_count));
    for (uint32_t i = 0; i < outline->export_count; ++i) {
        wasm_export_t export_;
        TRY(read_export(&span, &export_));
        if (!export_exists(outline, &export_)) {
            return "an export names nothing";
        }
    }
    return finished(&span);
}

static const char *check_start(wasm_outline_t *outline, wasm_span_t span) {
    uint32_t index;
    TRY(read_u32(&span, &index));
    if (index < outline->import_count || index >= outline->function_count) {
        return "the start function is not one of the module's own";
    }
    return NULL;
}

static const char *check_elements(wasm_outline_t *outline, wasm_span_t span) {
    uint32_t count;
    TRY(read_count(&span, &count));
    if (count > 0 && outline->table_count == 0) {
        return "an element segment without a table";
    }
    return NULL;
}

static const char *check_body(wasm_span_t body) {
    uint32_t groups;
    uint64_t locals = 0;
    TRY(read_count(&body, &groups));
    for (; groups > 0; --groups) {
        uint32_t count;
        uint8_t type;
        TRY(read_u32(&body, &count));
        TRY(read_byte(&body, &type));
        locals += count;
        if (locals > WASM_MAX_LOCALS) {
            return "a function has too many locals";
        }
        if (type < 0x7c || type > 0x7f) {
            return "unsupported type of a local";
        }
    }
    return body.next < body.end && body.end[-1] == 0x0b ? NULL : "a function body does not end";
}

static const char *check_code(wasm_outline_t *outline, wasm_span_t span) {
    uint32_t count;
    TRY(read_count(&span, &count));
    if (count != outline->function_count - outline->import_count) {
        return "function and code section differ in length";
    }
    for (; count > 0; --count) {
        uint32_t body_bytes;
        wasm_span_t body;
        TRY(read_u32(&span, &body_bytes));
        body.next = span.next;
        TRY(skip(&span, body_bytes));
        body.end = span.next;
        TRY(check_body(body));
    }
    return finished(&span);
}

static const char *check_data(wasm_outline_t *outline, wasm_span_t span) {
    uint32_t count;
    TRY(read_count(&span, &count));
    if (count > 0 && outline->memory_count == 0) {
        return "a data segment without a memory";
    }
    return NULL;
}

typedef const char *(*check_t)(wasm_outline_t *outline, wasm_span_t span);

static const check_t section_checks[13] = {
    NULL, check_types, check_imports, check_functions, check_table, check_memory, check_globals,
    check_exports, check_start, check_elements, check_code, check_data, NULL,
};

// The data count section (12) stands between elements and code.
static const uint8_t section_order[13] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10 };

static const char *read_section(wasm_outline_t *outline, wasm_span_t *file, uint8_t *last_order) {
    uint8_t id;
    uint32_t section_bytes;
    wasm_span_t section;
    TRY(read_byte(file, &id));
    TRY(read_u32(file, &section_bytes));
    section.next = file->next;
    TRY(skip(file, section_bytes));
    section.end = file->next;
    if (id == 0) {
        wasm_name_t name;
        return read_name(&section, &name);
    }
    if (id > 12) {
        return "unknown section";
    }
    if (section_order[id] <= *last_order) {
        return "sections are out of order";
    }
    *last_order = section_order[id];
    outline->sections[id] = section;
    return section_checks[id] == NULL ? NULL : section_checks[id](outline, section);
}

const char *wasm_outline_read(wasm_outline_t *outline, const uint8_t *bytes, size_t length) {
    static const uint8_t magic[4] = { 0x00, 'a', 's', 'm' };
    static const uint8_t version[4] = { 1, 0, 0, 0 };
    wasm_span_t file = { bytes, bytes + length };
    uint8_t last_order = 0;
    memset(outline, 0, sizeof(*outline));
    if (length < sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0) {
        return "not WebAssembly (no \\0asm at the start)";
    }
    if (length < 8 || memcmp(bytes + 4, version, sizeof(version)) != 0) {
        return "not version 1 of WebAssembly";
    }
    file.next += 8;
    while (file.next < file.end) {
        TRY(read_section(outline, &file, &last_order));
    }
    if (outline->function_count != outline->import_count && outline->sections[10].next == NULL) {
        return "the code section is missing";
    }
    return NULL;
}

static void start_list(const wasm_outline_t *outline, uint8_t id, wasm_span_t *cursor) {
    uint32_t count;
    *cursor = outline->sections[id];
    if (cursor->next != NULL) {
        read_u32(cursor, &count);
    }
}

void wasm_outline_imports(const wasm_outline_t *outline, wasm_span_t *cursor) {
    start_list(outline, 2, cursor);
}

void wasm_outline_exports(const wasm_outline_t *outline, wasm_span_t *cursor) {
    start_list(outline, 7, cursor);
}

bool wasm_outline_next_import(wasm_span_t *cursor, wasm_import_t *import) {
    return cursor->next < cursor->end && read_import(cursor, import) == NULL;
}

bool wasm_outline_next_export(const wasm_outline_t *outline, wasm_span_t *cursor,
    wasm_export_t *export_) {
    return cursor->next < cursor->end && read_export(cursor, export_) == NULL
           && export_exists(outline, export_);
}

bool wasm_name_is(const wasm_name_t *name, const char *text, size_t length) {
    return name->length == length && memcmp(name->text, text, length) == 0;
}
