// Reads the numbers, names and lengths that a WebAssembly file is made of.
//
// Each function moves the span past what it read, or answers with what is wrong,
// a static text, and leaves the span where that is. Nothing is read past its end.

#ifndef WASM_READ_H
#define WASM_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Answers with what the call found wrong, if anything.
#define WASM_TRY(call) \
    do { const char *error_ = (call); if (error_ != NULL) { return error_; } } while (0)

// A part of the file; next moves towards end as it is read.
typedef struct _wasm_span_t {
    const uint8_t *next;
    const uint8_t *end;
} wasm_span_t;

typedef struct _wasm_name_t {
    const char *text; // not terminated
    uint32_t length;
} wasm_name_t;

static inline size_t wasm_remaining(const wasm_span_t *span) {
    return (size_t)(span->end - span->next);
}

const char *wasm_read_byte(wasm_span_t *span, uint8_t *value);
const char *wasm_read_u32(wasm_span_t *span, uint32_t *value);
const char *wasm_read_i32(wasm_span_t *span, int32_t *value);
const char *wasm_read_i64(wasm_span_t *span, int64_t *value);

// A vector's count: each element takes at least one byte.
const char *wasm_read_count(wasm_span_t *span, uint32_t *count);

// UTF-8 is checked.
const char *wasm_read_name(wasm_span_t *span, wasm_name_t *name);

const char *wasm_skip(wasm_span_t *span, uint32_t byte_count);

// Reads a length and ends the span that many bytes further on; outer_end is where it ended.
const char *wasm_enter(wasm_span_t *span, const uint8_t **outer_end);

// NULL when the span was read to its end, which outer_end then replaces.
const char *wasm_leave(wasm_span_t *span, const uint8_t *outer_end);

bool wasm_name_is(const wasm_name_t *name, const char *text, size_t length);

#endif // WASM_READ_H
