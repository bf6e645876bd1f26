// Runs one function of one WebAssembly module, without MicroPython, for its cost to be counted.
//
// The file of jobs is a u32 argument, how often to call, the size of the module, and the module; its
// function `f`, i32 to i32, is called once to be compiled and then so often to be counted, each
// time region 0. The answer goes to the file `out`.

#include <stdint.h>
#include <string.h>

#include "host.h"
#include "m3_env.h"

#define STACK_BYTES (8192)

#ifdef d_wasm3Metered
// As in the firmware, but that there is always more.
const void *wasm3_meter_refill(struct M3Runtime *runtime) {
    runtime->memory.mallocated->fuel = WASM3_FUEL_SLICE;
    return NULL;
}
#endif

const char *wasm3_check_native_stack(void) {
    return NULL;
}

void *wasm3_arena_calloc(size_t item_count, size_t item_bytes) {
    return host_alloc(item_count * item_bytes);
}

void *wasm3_arena_realloc(void *data, size_t size_bytes) {
    void *moved = host_alloc(size_bytes);
    if (data != NULL && moved != NULL) {
        memcpy(moved, data, size_bytes);
    }
    return moved;
}

void wasm3_arena_free(void *data) {
    (void)data;
}

static M3Result answer(const uint8_t *wasm, uint32_t size, uint32_t argument, uint32_t rounds,
    uint32_t *result) {
    IM3Environment environment = m3_NewEnvironment();
    IM3Runtime runtime = m3_NewRuntime(environment, STACK_BYTES, NULL);
    IM3Module module;
    IM3Function function;
    const void *pointer = &argument;
    M3Result error = m3_ParseModule(environment, &module, wasm, size);
    error = error != NULL ? error : m3_LoadModule(runtime, module);
    error = error != NULL ? error : m3_FindFunction(&function, runtime, "f");
    error = error != NULL ? error : m3_Call(function, 1, &pointer);
    for (uint32_t i = 0; error == NULL && i < rounds; ++i) {
        HOST_REGION_BEGIN(0);
        error = m3_Call(function, 1, &pointer);
        HOST_REGION_END(0);
    }
    pointer = result;
    return error != NULL ? error : m3_GetResults(function, 1, &pointer);
}

int main(int argc, char **argv) {
    uint32_t head[3];
    uint32_t result = 0;
    if (!host_start(argc, argv) || !host_read(head, sizeof(head))) {
        host_exit(false);
    }
    uint8_t *wasm = host_alloc(head[2]);
    M3Result error = wasm != NULL && host_read(wasm, head[2])
        ? answer(wasm, head[2], head[0], head[1], &result) : "no memory, or no such file";
    if (error != NULL) {
        host_say(error);
        host_say("\n");
    }
    host_exit(error == NULL && host_write(&result, sizeof(result)));
    return 0;
}
