// A ring of output records; the oldest are dropped when there is no room.

#include <string.h>

#include "runic_bytes.h"
#include "runic_ring.h"

void runic_ring_init(runic_ring_t *ring, uint8_t *bytes, uint32_t capacity) {
    memset(ring, 0, sizeof(*ring));
    ring->bytes = bytes;
    ring->capacity = capacity;
}

// Offsets count from the oldest record.
static uint32_t position(const runic_ring_t *ring, uint32_t offset) {
    uint32_t to_end = ring->capacity - ring->first;
    return offset < to_end ? ring->first + offset : offset - to_end;
}

static void copy_in(runic_ring_t *ring, uint32_t offset, const uint8_t *data, uint32_t length) {
    uint32_t at = position(ring, offset);
    uint32_t to_end = ring->capacity - at;
    if (length <= to_end) {
        memcpy(ring->bytes + at, data, length);
    } else {
        memcpy(ring->bytes + at, data, to_end);
        memcpy(ring->bytes, data + to_end, length - to_end);
    }
}

static void copy_out(const runic_ring_t *ring, uint32_t offset, uint8_t *out, uint32_t length) {
    uint32_t at = position(ring, offset);
    uint32_t to_end = ring->capacity - at;
    if (length <= to_end) {
        memcpy(out, ring->bytes + at, length);
    } else {
        memcpy(out, ring->bytes + at, to_end);
        memcpy(out + to_end, ring->bytes, length - to_end);
    }
}

static uint32_t oldest_payload_bytes(const runic_ring_t *ring) {
    uint8_t bytes[4];
    copy_out(ring, 0, bytes, sizeof(bytes));
    return runic_load_u32(bytes);
}

static void release_oldest(runic_ring_t *ring) {
    uint32_t record_bytes = RUNIC_RING_RECORD_BYTES + oldest_payload_bytes(ring);
    ring->first = position(ring, record_bytes);
    ring->used -= record_bytes;
}

static bool make_room(runic_ring_t *ring, uint32_t length) {
    while (ring->capacity - ring->used - ring->open < length) {
        if (ring->used == 0) {
            return false;
        }
        release_oldest(ring);
        ++ring->dropped;
    }
    return true;
}

void runic_ring_append(runic_ring_t *ring, const void *data, size_t length) {
    if (ring->failed || length > ring->capacity || !make_room(ring, (uint32_t)length)) {
        ring->failed = true;
        return;
    }
    copy_in(ring, ring->used + ring->open, data, (uint32_t)length);
    ring->open += (uint32_t)length;
}

void runic_ring_begin(runic_ring_t *ring, uint8_t channel, uint8_t kind) {
    uint8_t head[RUNIC_RING_RECORD_BYTES] = { 0 };
    ring->open = 0;
    ring->failed = false;
    head[4] = channel;
    head[5] = kind;
    runic_store_u32(head + 6, ring->sequence);
    runic_ring_append(ring, head, sizeof(head));
}

bool runic_ring_commit(runic_ring_t *ring) {
    if (ring->failed) {
        runic_ring_abandon(ring);
        ++ring->dropped;
        return false;
    }
    uint8_t length[4];
    runic_store_u32(length, ring->open - RUNIC_RING_RECORD_BYTES);
    copy_in(ring, ring->used, length, sizeof(length));
    ring->used += ring->open;
    ring->open = 0;
    ring->most = ring->used > ring->most ? ring->used : ring->most;
    ++ring->sequence;
    return true;
}

void runic_ring_abandon(runic_ring_t *ring) {
    ring->open = 0;
    ring->failed = false;
}

uint32_t runic_ring_next_bytes(const runic_ring_t *ring) {
    return ring->used == 0 ? 0 : RUNIC_RING_HEAD_BYTES + oldest_payload_bytes(ring);
}

void runic_ring_read(runic_ring_t *ring, uint8_t *out) {
    copy_out(ring, 4, out, runic_ring_next_bytes(ring));
    release_oldest(ring);
}

void runic_ring_drop(runic_ring_t *ring, bool is_read) {
    if (!is_read) {
        if (ring->used == 0) {
            return;
        }
        release_oldest(ring);
    }
    ++ring->dropped;
}
