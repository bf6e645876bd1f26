// A ring of output records; the oldest are dropped when there is no room.
//
// A record is channel u8, kind u8, sequence u32 (little endian) and payload.
// Writers append a payload piece by piece between begin and commit, so nobody
// needs to know its length or hold it elsewhere. Memory is the caller's.

#ifndef RUNIC_RING_H
#define RUNIC_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RUNIC_RING_HEAD_BYTES (6) // what comes before the payload when a record is read
#define RUNIC_RING_RECORD_BYTES (4 + RUNIC_RING_HEAD_BYTES) // what a record costs beside its payload

typedef struct _runic_ring_t {
    uint8_t *bytes;
    uint32_t capacity;
    uint32_t first;   // where the oldest record starts
    uint32_t used;    // by whole records
    uint32_t open;    // by the record being written
    uint32_t sequence;
    uint32_t dropped; // records that nobody read
    uint32_t most;    // bytes that were used at once
    bool failed;      // the record being written cannot fit
} runic_ring_t;

void runic_ring_init(runic_ring_t *ring, uint8_t *bytes, uint32_t capacity);

void runic_ring_begin(runic_ring_t *ring, uint8_t channel, uint8_t kind);
void runic_ring_append(runic_ring_t *ring, const void *data, size_t length);

// False, and the record is counted as dropped, when it was larger than the ring.
bool runic_ring_commit(runic_ring_t *ring);

// Gives up the record being written.
void runic_ring_abandon(runic_ring_t *ring);

// Bytes that the oldest record takes when read, 0 when there is none.
uint32_t runic_ring_next_bytes(const runic_ring_t *ring);

// Moves the oldest record to out, which has runic_ring_next_bytes bytes.
void runic_ring_read(runic_ring_t *ring, uint8_t *out);

// Counts a record as dropped: the oldest, which goes, or one that was read and not handed on.
void runic_ring_drop(runic_ring_t *ring, bool is_read);

#endif // RUNIC_RING_H
