// Where what is in a WebAssembly module: its sections, imports and exports.

#include <string.h>

#include "wasm_outline.h"

const char *wasm_read_import(wasm_span_t *span, wasm_import_t *import) {
    uint8_t kind;
    WASM_TRY(wasm_read_name(span, &import->module));
    WASM_TRY(wasm_read_name(span, &import->field));
    WASM_TRY(wasm_read_byte(span, &kind));
    if (kind != WASM_KIND_FUNCTION) {
        return "only functions can be imported";
    }
    return wasm_read_u32(span, &import->type_index);
}

const char *wasm_read_export(wasm_span_t *span, wasm_export_t *export_) {
    WASM_TRY(wasm_read_name(span, &export_->name));
    WASM_TRY(wasm_read_byte(span, &export_->kind));
    return wasm_read_u32(span, &export_->index);
}

bool wasm_export_exists(const wasm_outline_t *outline, const wasm_export_t *export_) {
    const uint32_t counts[] = {
        outline->function_count, outline->table_count, outline->memory_count, outline->global_count,
    };
    return export_->kind <= WASM_KIND_GLOBAL && export_->index < counts[export_->kind];
}

static const char *read_section(wasm_outline_t *outline, wasm_span_t *file, uint8_t *last) {
    uint8_t id;
    const uint8_t *file_end;
    wasm_name_t name;
    WASM_TRY(wasm_read_byte(file, &id));
    WASM_TRY(wasm_enter(file, &file_end));
    if (id == WASM_SECTION_CUSTOM) {
        WASM_TRY(wasm_read_name(file, &name));
    } else if (id >= WASM_SECTIONS) {
        return "unknown section";
    } else if (id <= *last) {
        return "sections are out of order";
    } else {
        *last = id;
        outline->sections[id] = *file;
    }
    file->next = file->end;
    return wasm_leave(file, file_end);
}

static const char *read_header(wasm_span_t *file) {
    static const uint8_t header[8] = { 0x00, 'a', 's', 'm', 1, 0, 0, 0 };
    size_t length = wasm_remaining(file);
    if (length < 4 || memcmp(file->next, header, 4) != 0) {
        return "not WebAssembly (no \\0asm at the start)";
    }
    if (length < sizeof(header) || memcmp(file->next, header, sizeof(header)) != 0) {
        return "not version 1 of WebAssembly";
    }
    file->next += sizeof(header);
    return NULL;
}

static uint32_t claimed_count(const wasm_outline_t *outline, unsigned id) {
    wasm_span_t section = outline->sections[id];
    uint32_t count = 0;
    return section.next != NULL && wasm_read_count(&section, &count) == NULL ? count : 0;
}

const char *wasm_outline_read(wasm_outline_t *outline, wasm_span_t *file) {
    uint8_t last = WASM_SECTION_CUSTOM;
    memset(outline, 0, sizeof(*outline));
    WASM_TRY(read_header(file));
    while (file->next < file->end) {
        WASM_TRY(read_section(outline, file, &last));
    }
    outline->type_count = claimed_count(outline, WASM_SECTION_TYPE);
    outline->import_count = claimed_count(outline, WASM_SECTION_IMPORT);
    outline->function_count = outline->import_count
        + claimed_count(outline, WASM_SECTION_FUNCTION);
    outline->table_count = claimed_count(outline, WASM_SECTION_TABLE);
    outline->memory_count = claimed_count(outline, WASM_SECTION_MEMORY);
    outline->global_count = claimed_count(outline, WASM_SECTION_GLOBAL);
    outline->export_count = claimed_count(outline, WASM_SECTION_EXPORT);
    return NULL;
}

static void start_list(const wasm_outline_t *outline, unsigned id, wasm_span_t *cursor) {
    uint32_t count;
    *cursor = outline->sections[id];
    if (cursor->next != NULL) {
        wasm_read_count(cursor, &count);
    }
}

void wasm_outline_imports(const wasm_outline_t *outline, wasm_span_t *cursor) {
    start_list(outline, WASM_SECTION_IMPORT, cursor);
}

void wasm_outline_exports(const wasm_outline_t *outline, wasm_span_t *cursor) {
    start_list(outline, WASM_SECTION_EXPORT, cursor);
}

bool wasm_outline_next_import(wasm_span_t *cursor, wasm_import_t *import) {
    return cursor->next < cursor->end && wasm_read_import(cursor, import) == NULL;
}

bool wasm_outline_next_export(const wasm_outline_t *outline, wasm_span_t *cursor,
    wasm_export_t *export_) {
    return cursor->next < cursor->end && wasm_read_export(cursor, export_) == NULL
           && wasm_export_exists(outline, export_);
}
