// A patch is a header, then runs of bytes (CRLE); those are sizes, differences and new bytes.
//
//     header   1 byte: 0x02, sequential and CRLE; the size of what is made
//     runs     0, length, bytes: as they are; 1, length, byte: so often
//     in them  0 (no data format); then until all is made: size, differences to the old file;
//              size, new bytes; how far to go on in the old file
//
// A size has 6 bits, a sign and "more follows" in its first byte, 7 bits and "more" in the others;
// a run's length has no sign, and 7 bits in each byte.

#include "patch_decode.h"

#define HEADER 0x02
#define RUN_AS_IT_IS 0
#define RUN_REPEATED 1
#define NUMBER_MAX 0x7fffffff

typedef struct {
    const uint8_t *next;
    const uint8_t *end;
    size_t run_bytes;
    bool is_repeated;
    uint8_t repeated;
} reader_t;

typedef struct {
    spans_t old;
    size_t old_bytes;
    int64_t old_at;
    size_t at;      // in what is made
    size_t size;    // of all that is made
    size_t offset;  // what is wanted of it
    uint8_t *room;
    size_t room_bytes;
} maker_t;

typedef bool (*take_t)(reader_t *reader, uint8_t *byte);

static bool take_raw(reader_t *reader, uint8_t *byte) {
    if (reader->next == reader->end) {
        return false;
    }
    *byte = *reader->next++;
    return true;
}

// Take a number whose first byte, taken already, has so many bits of it.
static bool take_number(reader_t *reader, take_t take, uint8_t first, unsigned bits, int32_t *number) {
    uint64_t value = first & ((1u << bits) - 1);
    uint8_t byte = first;
    for (unsigned shift = bits; byte & 0x80; shift += 7) {
        if (shift > 28 || !take(reader, &byte)) {
            return false;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
    }
    *number = (int32_t)(value & NUMBER_MAX);
    return value <= NUMBER_MAX;
}

static bool take_size(reader_t *reader, take_t take, int32_t *size) {
    uint8_t first;
    if (!take(reader, &first) || !take_number(reader, take, first, 6, size)) {
        return false;
    }
    if (first & 0x40) {
        *size = -*size;
    }
    return true;
}

// Each run that is begun takes two bytes of the patch at least, so this ends.
static bool begin_run(reader_t *reader) {
    uint8_t kind, first;
    int32_t bytes;
    if (!take_raw(reader, &kind) || kind > RUN_REPEATED || !take_raw(reader, &first)
        || !take_number(reader, take_raw, first, 7, &bytes)) {
        return false;
    }
    reader->run_bytes = (size_t)bytes;
    reader->is_repeated = kind == RUN_REPEATED;
    return !reader->is_repeated || take_raw(reader, &reader->repeated);
}

static bool take_unpacked(reader_t *reader, uint8_t *byte) {
    while (reader->run_bytes == 0) {
        if (!begin_run(reader)) {
            return false;
        }
    }
    reader->run_bytes--;
    if (reader->is_repeated) {
        *byte = reader->repeated;
        return true;
    }
    return take_raw(reader, byte);
}

static void make(maker_t *maker, uint8_t byte) {
    if (maker->at >= maker->offset && maker->at - maker->offset < maker->room_bytes) {
        maker->room[maker->at - maker->offset] = byte;
    }
    maker->at++;
}

// Return whether so many bytes may be made, of the old file from where it is read, or anew.
static bool take_count(reader_t *reader, const maker_t *maker, int32_t *count) {
    return take_size(reader, take_unpacked, count) && *count >= 0
           && (size_t)*count <= maker->size - maker->at;
}

static bool make_changed(reader_t *reader, maker_t *maker) {
    int32_t count;
    if (!take_count(reader, maker, &count)) {
        return false;
    }
    int64_t old_end = maker->old_at + count;
    if (count != 0 && (maker->old_at < 0 || old_end > (int64_t)maker->old_bytes)) {
        return false;
    }
    spans_reader_t old = spans_from(maker->old, count != 0 ? (size_t)maker->old_at : 0);
    for (; maker->old_at < old_end; maker->old_at++) {
        uint8_t byte;
        if (!take_unpacked(reader, &byte)) {
            return false;
        }
        make(maker, (uint8_t)(spans_next(&old) + byte));
    }
    return true;
}

static bool make_new(reader_t *reader, maker_t *maker) {
    int32_t count;
    if (!take_count(reader, maker, &count)) {
        return false;
    }
    for (; count > 0; count--) {
        uint8_t byte;
        if (!take_unpacked(reader, &byte)) {
            return false;
        }
        make(maker, byte);
    }
    return true;
}

// Rounds that make nothing are allowed, but not for ever: a repeated zero is a long row of them.
static bool make_all(reader_t *reader, maker_t *maker) {
    size_t empty_rounds = (size_t)(reader->end - reader->next);
    while (maker->at < maker->size) {
        size_t before = maker->at;
        int32_t adjustment;
        if (!make_changed(reader, maker) || !make_new(reader, maker)
            || !take_size(reader, take_unpacked, &adjustment)) {
            return false;
        }
        if (maker->at == before && empty_rounds-- == 0) {
            return false;
        }
        maker->old_at += adjustment;
    }
    return reader->run_bytes == 0 && reader->next == reader->end;
}

bool patch_decode(span_t patch, spans_t old, size_t offset, uint8_t *room, size_t room_bytes, size_t *made) {
    reader_t reader = { .next = patch.bytes, .end = patch.bytes + patch.length };
    uint8_t header;
    int32_t size, data_format;
    if (!take_raw(&reader, &header) || header != HEADER || !take_size(&reader, take_raw, &size)
        || size <= 0 || size > PATCH_MADE_MAX_BYTES
        || !take_size(&reader, take_unpacked, &data_format) || data_format != 0) {
        return false;
    }
    maker_t maker = {
        .old = old, .old_bytes = spans_length(old), .size = (size_t)size,
        .offset = offset, .room = room, .room_bytes = room_bytes,
    };
    *made = maker.size;
    return make_all(&reader, &maker);
}
