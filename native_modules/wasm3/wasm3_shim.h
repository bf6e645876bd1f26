// Included ahead of every wasm3 source: sends wasm3's allocations to the arena
// of the runtime that is being worked on (see wasm3_arena.h), lets it count fuel
// (see wasm3_meter.h), and spares it the calls that entering a small function would make: most clear no locals and copy
// a few constants.

#ifndef WASM3_SHIM_H
#define WASM3_SHIM_H

#include <stdlib.h>
#include <string.h>

#include "wasm3_arena.h"
#include "wasm3_meter.h"

#define calloc wasm3_arena_calloc
#define realloc wasm3_arena_realloc
#define free wasm3_arena_free

static inline void *wasm3_clear(void *data, int value, size_t byte_count) {
    return byte_count == 0 ? data : memset(data, value, byte_count);
}

static inline void *wasm3_copy(void *to, const void *from, size_t byte_count) {
    switch (byte_count) {
        case 4:
            return __builtin_memcpy(to, from, 4);
        case 8:
            return __builtin_memcpy(to, from, 8);
        case 12:
            return __builtin_memcpy(to, from, 12);
        case 16:
            return __builtin_memcpy(to, from, 16);
        default:
            return memcpy(to, from, byte_count);
    }
}

#undef memset
#undef memcpy
#define memset wasm3_clear
#define memcpy wasm3_copy

#endif // WASM3_SHIM_H
