// Fuzz target: the WebAssembly validator, outside any firmware.
//
// Each input is read and validated in blocks of exactly the sizes that were asked for. What a
// Rune may be, any module may be; a refusal has a reason, and a place inside the file.

#define TARGET "wasm_validator"
#define GOOD_ONE_IN 200

#include "_target.h"
#include "../native_modules/wasm3/wasm_validate.h"

static bool is_valid(const wasm_outline_t *outline, const wasm_limits_t *limits,
    const wasm_span_t *file) {
    if (wasm_check_counts(outline, limits) != NULL) {
        return false;
    }
    const uint8_t *where = NULL;
    uint8_t *workspace = block_of(wasm_workspace_bytes(outline, limits));
    const char *error = wasm_validate(outline, limits, workspace, &where);
    free(workspace);
    require(error == NULL || where == NULL || (where >= file->next && where <= file->end),
        "a fault lies outside the file");
    return error == NULL;
}

// What the binding does with a module that is loaded.
static void walk_lists(const wasm_outline_t *outline) {
    wasm_span_t cursor;
    wasm_import_t import;
    wasm_export_t export_;
    uint32_t imports = 0, exports = 0;
    wasm_outline_imports(outline, &cursor);
    while (wasm_outline_next_import(&cursor, &import)) {
        ++imports;
    }
    wasm_outline_exports(outline, &cursor);
    while (wasm_outline_next_export(outline, &cursor, &export_)) {
        ++exports;
    }
    require(imports == outline->import_count && exports == outline->export_count,
        "a valid module's lists are not as long as they say");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    uint8_t *bytes = block_of(length);
    memcpy(bytes, data, length);
    const wasm_span_t file = { bytes, bytes + length };
    wasm_span_t cursor = file;
    wasm_outline_t outline;
    ++inputs_seen;
    if (wasm_outline_read(&outline, &cursor) == NULL) {
        bool valid = is_valid(&outline, &wasm_limits_module, &file);
        require(valid || !is_valid(&outline, &wasm_limits_rune, &file),
            "a Rune's limits let through what a module's do not");
        if (valid) {
            walk_lists(&outline);
            ++inputs_good;
        }
    }
    free(bytes);
    return 0;
}
