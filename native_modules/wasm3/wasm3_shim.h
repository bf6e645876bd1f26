// Included ahead of every wasm3 source: sends wasm3's allocations to the arena
// of the runtime that is being worked on. See wasm3_arena.h.

#ifndef WASM3_SHIM_H
#define WASM3_SHIM_H

#include <stddef.h>
#include <stdlib.h>

void *wasm3_arena_calloc(size_t count, size_t size_bytes);
void *wasm3_arena_realloc(void *data, size_t size_bytes);
void wasm3_arena_free(void *data);

#define calloc wasm3_arena_calloc
#define realloc wasm3_arena_realloc
#define free wasm3_arena_free

#endif // WASM3_SHIM_H
