// Reads modules from standard input, each behind its length (4 bytes, little endian) and the
// number of its limits (1 byte); prints a line for each: "valid", or the byte and what is wrong.

#include <stdio.h>
#include <stdlib.h>

#include "wasm_validate.h"

// Exactly as long as what it holds, so that a sanitiser sees a byte too many.
static uint8_t *block_of(size_t byte_count) {
    uint8_t *block = malloc(byte_count == 0 ? 1 : byte_count);
    if (block == NULL) {
        abort();
    }
    return block;
}

static const char *validate(const uint8_t *bytes, size_t length, const wasm_limits_t *limits,
    const uint8_t **where) {
    wasm_outline_t outline;
    wasm_span_t file = { bytes, bytes + length };
    const char *error = wasm_outline_read(&outline, &file);
    *where = file.next;
    error = error == NULL ? wasm_check_counts(&outline, limits) : error;
    if (error == NULL) {
        uint8_t *workspace = block_of(wasm_workspace_bytes(&outline, limits));
        error = wasm_validate(&outline, limits, workspace, where);
        free(workspace);
    }
    return error;
}

int main(void) {
    uint8_t head[5];
    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        size_t length = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
        uint8_t *bytes = block_of(length);
        const uint8_t *where = NULL;
        if (fread(bytes, 1, length, stdin) != length) {
            abort();
        }
        const wasm_limits_t *limits = head[4] ? &wasm_limits_rune : &wasm_limits_module;
        const char *error = validate(bytes, length, limits, &where);
        if (error == NULL) {
            puts("valid");
        } else {
            printf("%ld %s\n", where == NULL ? -1L : (long)(where - bytes), error);
        }
        free(bytes);
    }
    return 0;
}
