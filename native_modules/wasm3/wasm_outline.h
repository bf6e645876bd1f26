// Reads the outline of a WebAssembly module: its sections, imports and exports.
//
// This is no validator. It makes sure that every length stays inside the file
// and that nothing asks for what wasm3 0.5.0 mishandles, before wasm3 sees a
// byte. It allocates nothing; found names point into the file.

#ifndef WASM_OUTLINE_H
#define WASM_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WASM_MAX_PARAMETERS (64)
#define WASM_MAX_RESULTS (16)
#define WASM_MAX_LOCALS (500)
#define WASM_PAGE_BYTES (65536)

enum {
    WASM_KIND_FUNCTION = 0,
    WASM_KIND_TABLE = 1,
    WASM_KIND_MEMORY = 2,
    WASM_KIND_GLOBAL = 3,
};

// A part of the file; next moves towards end as it is read.
typedef struct _wasm_span_t {
    const uint8_t *next;
    const uint8_t *end;
} wasm_span_t;

typedef struct _wasm_name_t {
    const char *text; // not terminated
    uint32_t length;
} wasm_name_t;

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

typedef struct _wasm_outline_t {
    wasm_span_t sections[13]; // by section id, empty where absent
    uint32_t type_count;
    uint32_t import_count; // functions: nothing else may be imported
    uint32_t function_count; // with the imported ones
    uint32_t table_count;
    uint32_t memory_count;
    uint32_t global_count;
    uint32_t export_count;
    uint32_t memory_pages;
} wasm_outline_t;

// NULL, or what is wrong as a static text.
const char *wasm_outline_read(wasm_outline_t *outline, const uint8_t *bytes, size_t length);

// Walk the lists of an outline that was read without error. Start with the
// span that the first call fills in; false at the end. An export's kind and index
// are checked each time: the file may lie where it was let go of since.
void wasm_outline_imports(const wasm_outline_t *outline, wasm_span_t *cursor);
void wasm_outline_exports(const wasm_outline_t *outline, wasm_span_t *cursor);
bool wasm_outline_next_import(wasm_span_t *cursor, wasm_import_t *import);
bool wasm_outline_next_export(const wasm_outline_t *outline, wasm_span_t *cursor,
    wasm_export_t *export_);

bool wasm_name_is(const wasm_name_t *name, const char *text, size_t length);

#endif // WASM_OUTLINE_H
