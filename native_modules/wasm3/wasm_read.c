// Reads the numbers, names and lengths that a WebAssembly file is made of.

#include <string.h>

#include "runic_utf8.h"
#include "wasm_read.h"

static const char truncated[] = "truncated: a length reaches past the end";
static const char malformed_number[] = "malformed LEB128 number";

const char *wasm_read_byte(wasm_span_t *span, uint8_t *value) {
    if (span->next >= span->end) {
        return truncated;
    }
    *value = *span->next++;
    return NULL;
}

// The last byte that a number of so many bits may have holds its uppermost ones: above
// them are zeros, or copies of the sign.
static bool last_byte_fits(uint8_t byte, unsigned bits, bool is_signed) {
    uint8_t mask = (uint8_t)(0x7fu & (0xffu << (is_signed ? bits - 1 : bits)));
    uint8_t above = byte & mask;
    return (byte & 0x80) == 0 && (above == 0 || (is_signed && above == mask));
}

static const char *read_leb128(wasm_span_t *span, unsigned bits, bool is_signed,
    uint64_t *value) {
    uint64_t result = 0;
    uint8_t byte;
    unsigned shift = 0;
    do {
        WASM_TRY(wasm_read_byte(span, &byte));
        if (bits - shift <= 7 && !last_byte_fits(byte, bits - shift, is_signed)) {
            --span->next;
            return malformed_number;
        }
        result |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (is_signed && (byte & 0x40) && shift < 64) {
        result |= UINT64_MAX << shift;
    }
    *value = result;
    return NULL;
}

const char *wasm_read_u32(wasm_span_t *span, uint32_t *value) {
    uint64_t wide;
    WASM_TRY(read_leb128(span, 32, false, &wide));
    *value = (uint32_t)wide;
    return NULL;
}

const char *wasm_read_i32(wasm_span_t *span, int32_t *value) {
    uint64_t wide;
    WASM_TRY(read_leb128(span, 32, true, &wide));
    *value = (int32_t)(uint32_t)wide;
    return NULL;
}

const char *wasm_read_i64(wasm_span_t *span, int64_t *value) {
    uint64_t wide;
    WASM_TRY(read_leb128(span, 64, true, &wide));
    *value = (int64_t)wide;
    return NULL;
}

const char *wasm_read_count(wasm_span_t *span, uint32_t *count) {
    WASM_TRY(wasm_read_u32(span, count));
    return *count > wasm_remaining(span) ? truncated : NULL;
}

const char *wasm_skip(wasm_span_t *span, uint32_t byte_count) {
    if (byte_count > wasm_remaining(span)) {
        return truncated;
    }
    span->next += byte_count;
    return NULL;
}

const char *wasm_read_name(wasm_span_t *span, wasm_name_t *name) {
    WASM_TRY(wasm_read_u32(span, &name->length));
    const uint8_t *text = span->next;
    WASM_TRY(wasm_skip(span, name->length));
    name->text = (const char *)text;
    return runic_utf8_is_valid(text, name->length) ? NULL : "a name is not UTF-8";
}

const char *wasm_enter(wasm_span_t *span, const uint8_t **outer_end) {
    uint32_t byte_count;
    WASM_TRY(wasm_read_count(span, &byte_count));
    *outer_end = span->end;
    span->end = span->next + byte_count;
    return NULL;
}

const char *wasm_leave(wasm_span_t *span, const uint8_t *outer_end) {
    if (span->next != span->end) {
        return "bytes are left over";
    }
    span->end = outer_end;
    return NULL;
}

bool wasm_name_is(const wasm_name_t *name, const char *text, size_t length) {
    return name->length == length && memcmp(name->text, text, length) == 0;
}
