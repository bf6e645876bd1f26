// Memory of one wasm3 runtime: blocks of MicroPython's heap on one list.

#include <stdint.h>
#include <string.h>

#include "py/runtime.h"
#include "runic_heap.h"
#include "wasm3_arena.h"

// 4 words, which keeps the data behind it as aligned as the heap's blocks are.
struct _wasm3_block_t {
    wasm3_block_t *next;
    wasm3_block_t *previous;
    wasm3_arena_t *arena;
    size_t data_bytes;
};

wasm3_arena_t *wasm3_selected_arena;
static size_t total_bytes;

static wasm3_block_t *block_of(void *data) {
    return (wasm3_block_t *)data - 1;
}

static void count(wasm3_arena_t *arena, size_t size_bytes) {
    if (!arena->forgotten) {
        arena->held_bytes += size_bytes;
        total_bytes += size_bytes;
    }
}

static void discount(wasm3_arena_t *arena, size_t size_bytes) {
    if (!arena->forgotten) {
        arena->held_bytes -= size_bytes;
        total_bytes -= size_bytes;
    }
}

static void unlink_block(wasm3_block_t *block) {
    if (block->previous != NULL) {
        block->previous->next = block->next;
    } else {
        block->arena->first = block->next;
    }
    if (block->next != NULL) {
        block->next->previous = block->previous;
    }
    discount(block->arena, block->data_bytes + sizeof(wasm3_block_t));
    // A view that keeps this block must not keep its neighbours.
    block->next = block->previous = NULL;
    block->arena = NULL;
}

static void *give_up(size_t size_bytes) {
    if (wasm3_selected_arena->raise_when_full) {
        m_malloc_fail(size_bytes);
    }
    return NULL;
}

static void *allocate(size_t data_bytes) {
    if (data_bytes > SIZE_MAX - sizeof(wasm3_block_t)) {
        return give_up(data_bytes);
    }
    wasm3_block_t *block = runic_heap_alloc_maybe(sizeof(wasm3_block_t) + data_bytes);
    if (block == NULL) {
        return give_up(data_bytes);
    }
    wasm3_arena_t *arena = wasm3_selected_arena;
    block->next = arena->first;
    block->previous = NULL;
    block->arena = arena;
    block->data_bytes = data_bytes;
    if (arena->first != NULL) {
        arena->first->previous = block;
    }
    arena->first = block;
    count(arena, sizeof(wasm3_block_t) + data_bytes);
    #if !MICROPY_GC_CONSERVATIVE_CLEAR
    memset(block + 1, 0, data_bytes);
    #endif
    return block + 1;
}

void *wasm3_arena_calloc(size_t item_count, size_t item_bytes) {
    size_t data_bytes = item_count * item_bytes;
    if (item_bytes != 0 && data_bytes / item_bytes != item_count) {
        data_bytes = SIZE_MAX;
    }
    void *data = allocate(data_bytes);
    wasm3_selected_arena->starved |= data == NULL;
    return data;
}

void wasm3_arena_free(void *data) {
    if (data == NULL) {
        return;
    }
    wasm3_block_t *block = block_of(data);
    bool collected = block->arena->has_views;
    unlink_block(block);
    if (!collected) {
        runic_heap_free(block, sizeof(wasm3_block_t) + block->data_bytes);
    }
}

// wasm3 notices when this fails, so that memory.grow can say so to the guest.
void *wasm3_arena_realloc(void *data, size_t size_bytes) {
    void *moved = allocate(size_bytes);
    if (data == NULL || moved == NULL) {
        return moved;
    }
    wasm3_block_t *block = block_of(data);
    memcpy(moved, data, block->data_bytes < size_bytes ? block->data_bytes : size_bytes);
    wasm3_arena_free(data);
    return moved;
}

wasm3_arena_t *wasm3_arena_select(wasm3_arena_t *arena) {
    wasm3_arena_t *previous = wasm3_selected_arena;
    wasm3_selected_arena = arena;
    return previous;
}

void wasm3_arena_drop(wasm3_arena_t *arena) {
    while (arena->first != NULL) {
        wasm3_arena_free(arena->first + 1);
    }
}

void wasm3_arena_drop_viewed(wasm3_arena_t *arena, void *memory) {
    wasm3_block_t *viewed = arena->has_views && memory != NULL ? block_of(memory) : NULL;
    if (viewed != NULL) {
        unlink_block(viewed);
    }
    arena->has_views = false;
    wasm3_arena_drop(arena);
    if (viewed != NULL) {
        runic_heap_free_viewed(viewed, sizeof(wasm3_block_t) + viewed->data_bytes);
    }
}

void wasm3_arena_forget(wasm3_arena_t *arena) {
    discount(arena, arena->held_bytes);
    arena->forgotten = true;
}

size_t wasm3_arena_total_bytes(void) {
    return total_bytes;
}

void *wasm3_arena_block(void *data) {
    return block_of(data);
}
