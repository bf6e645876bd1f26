// Where what is in a WebAssembly module: its sections, imports and exports.
//
// Finding the sections makes sure that they lie inside the file, once each and in
// order; what is in them is for wasm_validate.h to check. Nothing is allocated;
// found names point into the file.

#ifndef WASM_OUTLINE_H
#define WASM_OUTLINE_H

#include "wasm_read.h"

#define WASM_PAGE_BYTES (65536)

enum {
    WASM_KIND_FUNCTION = 0,
    WASM_KIND_TABLE = 1,
    WASM_KIND_MEMORY = 2,
    WASM_KIND_GLOBAL = 3,
};

enum {
    WASM_SECTION_CUSTOM,
    WASM_SECTION_TYPE,
    WASM_SECTION_IMPORT,
    WASM_SECTION_FUNCTION,
    WASM_SECTION_TABLE,
    WASM_SECTION_MEMORY,
    WASM_SECTION_GLOBAL,
    WASM_SECTION_EXPORT,
    WASM_SECTION_START,
    WASM_SECTION_ELEMENT,
    WASM_SECTION_CODE,
    WASM_SECTION_DATA,
    WASM_SECTIONS,
};

typedef struct _wasm_import_t {
    wasm_name_t module;
    wasm_name_t field;
    uint32_t type_index;
} wasm_import_t;

typedef struct _wasm_export_t {
    wasm_name_t name;
    uint8_t kind;
    uint32_t index;
} wasm_export_t;

// Counts are what the sections begin with, until the module is validated no more than claims.
typedef struct _wasm_outline_t {
    wasm_span_t sections[WASM_SECTIONS]; // empty where absent
    uint32_t type_count;
    uint32_t import_count; // functions: nothing else may be imported
    uint32_t function_count; // with the imported ones
    uint32_t table_count;
    uint32_t memory_count;
    uint32_t global_count;
    uint32_t export_count;
} wasm_outline_t;

// NULL, or what is wrong as a static text, and file is then where.
const char *wasm_outline_read(wasm_outline_t *outline, wasm_span_t *file);

// One entry of the import section; only functions are taken.
const char *wasm_read_import(wasm_span_t *span, wasm_import_t *import);
const char *wasm_read_export(wasm_span_t *span, wasm_export_t *export_);
bool wasm_export_exists(const wasm_outline_t *outline, const wasm_export_t *export_);

// Walk the lists of a module that was validated. Start with the span that the first call
// fills in; false at the end. An export's kind and index are checked each time: the file may
// lie where it was let go of since.
void wasm_outline_imports(const wasm_outline_t *outline, wasm_span_t *cursor);
void wasm_outline_exports(const wasm_outline_t *outline, wasm_span_t *cursor);
bool wasm_outline_next_import(wasm_span_t *cursor, wasm_import_t *import);
bool wasm_outline_next_export(const wasm_outline_t *outline, wasm_span_t *cursor,
    wasm_export_t *export_);

#endif // WASM_OUTLINE_H
