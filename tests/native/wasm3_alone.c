// Runs modules in wasm3 alone, without our validator in front of it and under sanitisers.
//
// Reads modules from standard input, each behind its length (4 bytes, little endian); prints a line
// for each: what its exported functions return in turn, each called with all arguments 3, the trap
// that ended one, or why the module was refused. With the argument "compile" it calls none.

#include <stdio.h>
#include <stdlib.h>

#include "m3_env.h"

#undef calloc
#undef realloc
#undef free
#undef memcpy

#define STACK_BYTES (8192)
#define FUEL (100000)
#define NATIVE_STACK_BYTES (1000000)
#define MOST_PARAMETERS (64)

static const char *native_stack_begin;

#if TREE_HAS_FUEL
const void *wasm3_meter_refill(struct M3Runtime *runtime) {
    runtime->memory.mallocated->fuel = 1;
    return "[trap] out of fuel";
}
#endif

const char *wasm3_check_native_stack(void) {
    const char *here = __builtin_frame_address(0);
    return native_stack_begin - here > NATIVE_STACK_BYTES ? "native stack overflow" : NULL;
}

void *wasm3_arena_calloc(size_t item_count, size_t item_bytes) {
    return calloc(item_count, item_bytes);
}

void *wasm3_arena_realloc(void *data, size_t size_bytes) {
    return realloc(data, size_bytes);
}

void wasm3_arena_free(void *data) {
    free(data);
}

static void print_result(IM3Function function) {
    uint64_t slot = 0;
    const void *pointer = &slot;
    if (m3_GetRetCount(function) == 0 || m3_GetResults(function, 1, &pointer) != NULL) {
        printf(" nothing");
        return;
    }
    switch (m3_GetRetType(function, 0)) {
        case c_m3Type_f32:
            printf(" %g", (double)*(const float *)pointer);
            break;
        case c_m3Type_f64:
            printf(" %g", *(const double *)pointer);
            break;
        case c_m3Type_i64:
            printf(" %lld", (long long)slot);
            break;
        default:
            printf(" %d", (int)(int32_t)slot);
    }
}

static M3Result call(IM3Function function) {
    uint64_t values[MOST_PARAMETERS];
    const void *pointers[MOST_PARAMETERS];
    for (uint32_t i = 0; i < m3_GetArgCount(function); ++i) {
        float single = 3;
        double full = 3;
        M3ValueType type = m3_GetArgType(function, i);
        values[i] = 3;
        if (type == c_m3Type_f32) {
            __builtin_memcpy(&values[i], &single, sizeof(single));
        } else if (type == c_m3Type_f64) {
            __builtin_memcpy(&values[i], &full, sizeof(full));
        }
        pointers[i] = &values[i];
    }
    return m3_Call(function, m3_GetArgCount(function), pointers);
}

static M3Result run_each(IM3Module module) {
    IM3Runtime runtime = module->runtime;
    M3Result error = NULL;
    for (uint32_t i = 0; error == NULL && i < module->numFunctions; ++i) {
        IM3Function function = &module->functions[i];
        if (function->numNames == 0 || function->import.moduleUtf8 != NULL) {
            continue;
        }
        #if TREE_HAS_FUEL
        runtime->memory.mallocated->fuel = FUEL + 1;
        runtime->nativeEnd = (uintptr_t)native_stack_begin - NATIVE_STACK_BYTES;
        #endif
        error = m3_FindFunction(&function, runtime, function->names[0]);
        error = error != NULL ? error : call(function);
        if (error == NULL) {
            print_result(function);
        }
    }
    return error;
}

// Answers 0 to any call.
static const void *host_function(IM3Runtime runtime, IM3ImportContext context, uint64_t *stack,
    void *memory) {
    (void)runtime;
    (void)memory;
    if (m3_GetRetCount(context->function) != 0) {
        *stack = 0;
    }
    return NULL;
}

static M3Result link_imports(IM3Module module) {
    M3Result error = NULL;
    for (uint32_t i = 0; error == NULL && i < module->numFunctions; ++i) {
        const M3ImportInfo *import = &module->functions[i].import;
        if (import->moduleUtf8 != NULL && module->functions[i].compiled == NULL) {
            error = m3_LinkRawFunction(module, import->moduleUtf8, import->fieldUtf8, NULL,
                host_function);
        }
    }
    return error;
}

static void run(const uint8_t *wasm, uint32_t size, bool calls) {
    IM3Environment environment = m3_NewEnvironment();
    IM3Runtime runtime = m3_NewRuntime(environment, STACK_BYTES, NULL);
    IM3Module module = NULL;
    M3Result error = m3_ParseModule(environment, &module, wasm, size);
    if (error == NULL) {
        error = m3_LoadModule(runtime, module);
        // Until it is loaded it is nobody's.
        if (error != NULL) {
            m3_FreeModule(module);
        }
    }
    error = error != NULL ? error : link_imports(module);
    error = error != NULL ? error : m3_CompileModule(module);
    error = error != NULL || !calls ? error : run_each(module);
    printf(" %s\n", error != NULL ? error : "end");
    m3_FreeRuntime(runtime);
    m3_FreeEnvironment(environment);
}

int main(int argc, char **argv) {
    uint8_t head[4];
    bool calls = argc < 2 || strcmp(argv[1], "compile") != 0;
    native_stack_begin = __builtin_frame_address(0);
    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        uint32_t size = head[0] | head[1] << 8 | head[2] << 16 | (uint32_t)head[3] << 24;
        // Exactly as long as the module, so that a sanitiser sees a byte too many.
        uint8_t *wasm = malloc(size);
        if (wasm == NULL || fread(wasm, 1, size, stdin) != size) {
            abort();
        }
        run(wasm, size, calls);
        fflush(stdout);
        free(wasm);
    }
    return 0;
}
