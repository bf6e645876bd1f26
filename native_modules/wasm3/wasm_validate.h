// Validates a WebAssembly module: what wasm3 takes for granted is so, or the module is refused.
//
// The rules are those of WebAssembly 1.0 (https://www.w3.org/TR/wasm-core-1/, "Validation",
// and its appendix "Validation Algorithm"), with the sign extension instructions and without
// imports of tables, memories and globals. Beside them are limits: what a module may ask of a
// microcontroller. Segments are held to the sizes of table and memory here already.

#ifndef WASM_VALIDATE_H
#define WASM_VALIDATE_H

#include "wasm_outline.h"

#define WASM_MAX_PARAMETERS (64)
#define WASM_MAX_GLOBALS (256)
#define WASM_MAX_TABLE_ELEMENTS (4096)
// Values of one function at a time, without parameters and locals.
#define WASM_MAX_OPERANDS (512)

// What one module may ask for.
typedef struct _wasm_limits_t {
    uint16_t types;
    uint16_t imports;
    uint16_t functions; // without the imported ones
    uint16_t exports;
    uint16_t locals; // of a function, without its parameters
    uint16_t nesting; // of blocks, loops and ifs
    uint16_t branch_targets; // of one br_table
    uint32_t body_bytes;
    bool start; // whether there may be a start function
} wasm_limits_t;

// What runicd builds, and boards load as a Rune or its block.
extern const wasm_limits_t wasm_limits_rune;
// What wasm3 runs safely on a microcontroller.
extern const wasm_limits_t wasm_limits_module;

// Types of values as the binary format has them, and what code that is never reached leaves.
enum {
    WASM_UNKNOWN = 0,
    WASM_F64 = 0x7c,
    WASM_F32 = 0x7d,
    WASM_I64 = 0x7e,
    WASM_I32 = 0x7f,
    WASM_NO_VALUE = 0x40,
};

typedef struct _wasm_signature_t {
    const uint8_t *parameters;
    uint32_t parameter_count;
    uint8_t result; // WASM_NO_VALUE without one
} wasm_signature_t;

// A block, loop, if or else that is open.
typedef struct _wasm_frame_t {
    uint16_t height; // of the operand stack below it
    uint8_t opcode;
    uint8_t result;
    bool is_unreachable;
} wasm_frame_t;

// A module while it is validated. The tables lie in the caller's workspace.
typedef struct _wasm_validation_t {
    const wasm_outline_t *outline;
    const wasm_limits_t *limits;
    uint32_t *types; // where each lies, from the type section's start
    wasm_frame_t *frames;
    uint16_t *functions; // the type of each
    uint8_t *globals; // the type of each; WASM_MUTABLE is set in that of a variable
    uint8_t *locals; // of the current function, parameters first
    uint8_t *operands; // their types
    uint32_t local_count, operand_count, frame_count;
    uint32_t table_elements;
    uint64_t memory_bytes; // that are declared
} wasm_validation_t;

#define WASM_MUTABLE (0x80)

// NULL, or why no module may ask for so much. wasm_workspace_bytes is to be called after it.
const char *wasm_check_counts(const wasm_outline_t *outline, const wasm_limits_t *limits);

// Bytes that validating a module of this outline takes, aligned to words.
size_t wasm_workspace_bytes(const wasm_outline_t *outline, const wasm_limits_t *limits);

// NULL, or what is wrong as a static text, and *where is then that byte of the file.
const char *wasm_validate(const wasm_outline_t *outline, const wasm_limits_t *limits,
    void *workspace, const uint8_t **where);

// --- parts, each in a file of its own

// All sections but code (wasm_sections.c); the code section's bodies (wasm_code.c).
const char *wasm_check_sections(wasm_validation_t *self, wasm_span_t *cursor);
const char *wasm_check_body(wasm_validation_t *self, uint32_t function, wasm_span_t *code);

void wasm_signature_at(const wasm_validation_t *self, uint32_t type, wasm_signature_t *signature);
const char *wasm_read_value_type(wasm_span_t *span, uint8_t *type);

#endif // WASM_VALIDATE_H
