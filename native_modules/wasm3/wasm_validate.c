// Validates a WebAssembly module: its limits and the memory that validating takes.

#include "wasm_validate.h"

const wasm_limits_t wasm_limits_rune = {
    .types = 128, .imports = 32, .functions = 256, .exports = 64, .locals = 128, .nesting = 24,
    .branch_targets = 64, .body_bytes = 8192, .start = false,
};

const wasm_limits_t wasm_limits_module = {
    .types = 512, .imports = 256, .functions = 4096, .exports = 512, .locals = 500, .nesting = 64,
    .branch_targets = 1024, .body_bytes = 65536, .start = true,
};

const char *wasm_check_counts(const wasm_outline_t *outline, const wasm_limits_t *limits) {
    if (outline->type_count > limits->types) {
        return "too many types";
    }
    if (outline->import_count > limits->imports) {
        return "too many imports";
    }
    if (outline->function_count - outline->import_count > limits->functions) {
        return "too many functions";
    }
    if (outline->export_count > limits->exports) {
        return "too many exports";
    }
    return outline->global_count > WASM_MAX_GLOBALS ? "too many globals" : NULL;
}

static size_t align(size_t byte_count) {
    return (byte_count + sizeof(uint32_t) - 1) / sizeof(uint32_t) * sizeof(uint32_t);
}

// Gives each table its place in the workspace, or only counts its bytes where that is NULL.
static size_t lay_out(wasm_validation_t *self, uint8_t *workspace) {
    const wasm_outline_t *outline = self->outline;
    // The function itself is a frame, too.
    size_t frame_bytes = align((self->limits->nesting + 1u) * sizeof(wasm_frame_t));
    size_t type_bytes = outline->type_count * sizeof(uint32_t);
    size_t function_bytes = align(outline->function_count * sizeof(uint16_t));
    size_t local_bytes = align((size_t)self->limits->locals + WASM_MAX_PARAMETERS);
    if (workspace != NULL) {
        self->types = (uint32_t *)workspace;
        self->frames = (wasm_frame_t *)(workspace += type_bytes);
        self->functions = (uint16_t *)(workspace += frame_bytes);
        self->locals = workspace += function_bytes;
        self->operands = workspace += local_bytes;
        self->globals = workspace + WASM_MAX_OPERANDS;
    }
    return type_bytes + frame_bytes + function_bytes + local_bytes + WASM_MAX_OPERANDS
           + align(outline->global_count);
}

size_t wasm_workspace_bytes(const wasm_outline_t *outline, const wasm_limits_t *limits) {
    wasm_validation_t self = { .outline = outline, .limits = limits };
    return lay_out(&self, NULL);
}

const char *wasm_validate(const wasm_outline_t *outline, const wasm_limits_t *limits,
    void *workspace, const uint8_t **where) {
    wasm_validation_t self = { .outline = outline, .limits = limits };
    wasm_span_t cursor = { NULL, NULL };
    lay_out(&self, workspace);
    const char *error = wasm_check_sections(&self, &cursor);
    *where = cursor.next;
    return error;
}
