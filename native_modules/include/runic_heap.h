// Large blocks of MicroPython's heap: where they are put, and freeing them under views.
//
// The heap gives the first room that is large enough, so blocks that come and go with a
// Rune would settle among small ones that stay, and leave no large piece for the next
// Rune. Here they go to the upper end of the smallest room that they fit; small blocks keep
// to the lower end.
//
// Rules: the heap's table is only read; that a search begins where we say is a hint, so a
// MicroPython whose table looks otherwise merely puts a block elsewhere.

#ifndef RUNIC_HEAP_H
#define RUNIC_HEAP_H

#include <string.h>

#include "py/gc.h"
#include "py/mpstate.h"
#include "py/objarray.h"
#include "py/runtime.h"

#define RUNIC_HEAP_LARGE_BYTES (16 * MICROPY_BYTES_PER_GC_BLOCK)
#define RUNIC_HEAP_KINDS_PER_BYTE (4)
#define RUNIC_HEAP_KINDS_PER_WORD (16)
#define RUNIC_HEAP_BLOCK_WORDS (MICROPY_BYTES_PER_GC_BLOCK / sizeof(uintptr_t))

enum { RUNIC_HEAP_FREE, RUNIC_HEAP_HEAD };

#if !MICROPY_GC_SPLIT_HEAP

static inline unsigned runic_heap_kind(size_t block) {
    uint8_t kinds = MP_STATE_MEM(area).gc_alloc_table_start[block / RUNIC_HEAP_KINDS_PER_BYTE];
    return (kinds >> (2 * (block % RUNIC_HEAP_KINDS_PER_BYTE))) & 3u;
}

static inline size_t runic_heap_blocks(void) {
    return MP_STATE_MEM(area).gc_alloc_table_byte_len * RUNIC_HEAP_KINDS_PER_BYTE;
}

// How many of the blocks from this one on are all free, or all not, looking at 16 at once.
static inline size_t runic_heap_alike(size_t block, size_t total, bool *is_free) {
    uint32_t kinds;
    *is_free = runic_heap_kind(block) == RUNIC_HEAP_FREE;
    if (block % RUNIC_HEAP_KINDS_PER_WORD != 0 || total - block < RUNIC_HEAP_KINDS_PER_WORD) {
        return 1;
    }
    memcpy(&kinds, MP_STATE_MEM(area).gc_alloc_table_start + block / RUNIC_HEAP_KINDS_PER_BYTE,
        sizeof(kinds));
    uint32_t taken = (kinds | kinds >> 1) & 0x55555555u; // a bit for each block that is not free
    return taken == (*is_free ? 0 : 0x55555555u) ? RUNIC_HEAP_KINDS_PER_WORD : 1;
}

// The block where count blocks should begin, or 0 when no room is large enough.
static inline size_t runic_heap_place(size_t count) {
    size_t total = runic_heap_blocks();
    size_t best = SIZE_MAX, place = 0, room = 0, step = 1;
    for (size_t block = 0; block <= total; block += step) {
        bool is_free = false;
        step = block < total ? runic_heap_alike(block, total, &is_free) : 1;
        if (is_free) {
            room += step;
            continue;
        }
        if (room >= count && room <= best) {
            best = room;
            place = block - count;
        }
        room = 0;
    }
    return place;
}

// A collection on the way would begin the search at the front again.
static inline void runic_heap_collect_if_due(void) {
    #if MICROPY_GC_ALLOC_THRESHOLD
    if (MP_STATE_MEM(gc_auto_collect_enabled)
        && MP_STATE_MEM(gc_alloc_amount) >= MP_STATE_MEM(gc_alloc_threshold)) {
        gc_collect();
    }
    #endif
}

// NULL when there is no room. The bytes are zeroed where the heap zeroes them.
static inline void *runic_heap_alloc_maybe(size_t size_bytes) {
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    if (size_bytes < RUNIC_HEAP_LARGE_BYTES || MP_STATE_THREAD(gc_lock_depth) > 0) {
        return m_malloc_maybe(size_bytes);
    }
    runic_heap_collect_if_due();
    size_t place = runic_heap_place((size_bytes - 1) / MICROPY_BYTES_PER_GC_BLOCK + 1);
    if (place == 0) {
        return m_malloc_maybe(size_bytes);
    }
    size_t front = area->gc_last_free_atb_index;
    area->gc_last_free_atb_index = place / RUNIC_HEAP_KINDS_PER_BYTE;
    void *data = m_malloc_maybe(size_bytes);
    area->gc_last_free_atb_index = front;
    return data;
}

static inline uintptr_t *runic_heap_words(size_t block) {
    byte *pool = MP_STATE_MEM(area).gc_pool_start;
    return (uintptr_t *)(void *)(pool + block * MICROPY_BYTES_PER_GC_BLOCK);
}

static inline bool runic_heap_is_view(size_t block, uintptr_t start, size_t size_bytes) {
    const mp_obj_array_t *view = (const mp_obj_array_t *)(const void *)runic_heap_words(block);
    return view->base.type == &mp_type_memoryview && (uintptr_t)view->items - start < size_bytes;
}

// Whether anything on the heap that is no memoryview points into these bytes, which are a
// whole block: a model in an arena of somebody else's, or what took an address from a view.
static inline bool runic_heap_is_pinned(uintptr_t start, size_t size_bytes) {
    bool passed_over = false;
    for (size_t block = 0; block < runic_heap_blocks(); ++block) {
        const uintptr_t *words = runic_heap_words(block);
        unsigned kind = runic_heap_kind(block);
        if (kind == RUNIC_HEAP_HEAD) {
            passed_over = (uintptr_t)words == start || runic_heap_is_view(block, start, size_bytes);
        }
        for (size_t i = 0; kind != RUNIC_HEAP_FREE && !passed_over && i < RUNIC_HEAP_BLOCK_WORDS; ++i) {
            if (words[i] - start < size_bytes) {
                return true;
            }
        }
    }
    return false;
}

static inline void runic_heap_revoke_views(uintptr_t start, size_t size_bytes) {
    for (size_t block = 0; block < runic_heap_blocks(); ++block) {
        if (runic_heap_kind(block) == RUNIC_HEAP_HEAD && runic_heap_is_view(block, start, size_bytes)) {
            mp_obj_array_t *view = (mp_obj_array_t *)(void *)runic_heap_words(block);
            view->items = NULL;
            view->free = 0;
            view->len = 0;
        }
    }
}

#else

static inline void *runic_heap_alloc_maybe(size_t size_bytes) {
    return m_malloc_maybe(size_bytes);
}

#endif

// Raises MemoryError. The bytes are zeros.
static inline void *runic_heap_alloc(size_t size_bytes) {
    void *data = runic_heap_alloc_maybe(size_bytes);
    if (data == NULL && size_bytes != 0) {
        m_malloc_fail(size_bytes);
    }
    #if !MICROPY_GC_CONSERVATIVE_CLEAR
    memset(data, 0, size_bytes);
    #endif
    return data;
}

static inline void runic_heap_free(void *data, size_t size_bytes) {
    #if MICROPY_MALLOC_USES_ALLOCATED_SIZE
    m_free(data, size_bytes);
    #else
    (void)size_bytes;
    m_free(data);
    #endif
}

// The same for a block that memoryviews were made of: they are empty from then on. Where
// more than views may be at it, it is left to the collector.
static inline void runic_heap_free_viewed(void *data, size_t size_bytes) {
    #if !MICROPY_GC_SPLIT_HEAP
    if (!runic_heap_is_pinned((uintptr_t)data, size_bytes)) {
        runic_heap_revoke_views((uintptr_t)data, size_bytes);
        runic_heap_free(data, size_bytes);
    }
    #else
    (void)data;
    (void)size_bytes;
    #endif
}

#endif // RUNIC_HEAP_H
