// Memory of one wasm3 runtime: blocks of MicroPython's heap on one list.
//
// Rules: the list hangs off the Runtime object, so the collector keeps the
// blocks as long as the object and takes them with it, without a finaliser
// having to free anything while the heap is locked. wasm3 0.5.0 loses blocks
// when a load fails; dropping the whole list gets them back.

#ifndef WASM3_ARENA_H
#define WASM3_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct _wasm3_block_t wasm3_block_t;

typedef struct _wasm3_arena_t {
    wasm3_block_t *first;
    size_t held_bytes;
    bool raise_when_full; // true: raise MemoryError; false: wasm3 gets NULL
    bool starved;         // wasm3 got NULL once; it does not always notice
    bool forgotten;       // no longer counted
    bool has_views;       // leave what wasm3 frees to the collector: a view may see it
} wasm3_arena_t;

// What wasm3 calls for calloc, realloc and free.
void *wasm3_arena_calloc(size_t item_count, size_t item_bytes);
void *wasm3_arena_realloc(void *data, size_t size_bytes);
void wasm3_arena_free(void *data);

// Every allocation that wasm3 makes goes to the selected arena until the
// previous one is selected again. Returns the previous one.
wasm3_arena_t *wasm3_arena_select(wasm3_arena_t *arena);

extern wasm3_arena_t *wasm3_selected_arena;

// Frees every block at once; where there may be views they are left to the collector.
void wasm3_arena_drop(wasm3_arena_t *arena);

// Frees every block at once. Views of linear memory, the block at memory, are empty from
// then on; memory is NULL when there is none.
void wasm3_arena_drop_viewed(wasm3_arena_t *arena, void *memory);

// Takes the arena's bytes off the total for good. Its blocks stay usable until
// the collector takes them.
void wasm3_arena_forget(wasm3_arena_t *arena);

// Bytes held by all arenas, bookkeeping included.
size_t wasm3_arena_total_bytes(void);

// The heap block that the allocation at data lies in: what a view must point
// at so that the collector keeps it.
void *wasm3_arena_block(void *data);

#endif // WASM3_ARENA_H
