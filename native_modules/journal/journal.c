// A journal's heads and frames.
#include "journal.h"

#include <string.h>

#include "runic_bytes.h"

#define MAGIC (0x67617331)
#define HEAD_WORDS (8)
#define HEAD_BYTES (4 * HEAD_WORDS + 4)
#define RING_AT (2 * HEAD_BYTES)
#define CRC_BYTES (4)

// What a reset must not find done in another order than it is written here.
#define IN_ORDER() __asm__ volatile ("" ::: "memory")

// CRC-32 as Ethernet and zlib have it, by half bytes.
static uint32_t crc32(const uint8_t *bytes, size_t length) {
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t crc = 0xffffffff;
    for (size_t at = 0; at < length; ++at) {
        crc ^= bytes[at];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static uint32_t load_u16(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static void store_u16(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

// ---- Heads

static uint32_t ring_bytes(const journal_t *journal) {
    return (uint32_t)(journal->length - RING_AT);
}

static bool load_head(const journal_t *journal, uint32_t which, journal_state_t *state) {
    const uint8_t *head = journal->memory + which * HEAD_BYTES;
    uint32_t ring = ring_bytes(journal);
    state->turn = runic_load_u32(head + 8);
    state->first = runic_load_u32(head + 12);
    state->used = runic_load_u32(head + 16);
    state->next = runic_load_u32(head + 20);
    state->dropped = runic_load_u32(head + 24);
    state->boot = runic_load_u32(head + 28);
    return runic_load_u32(head) == MAGIC && runic_load_u32(head + 4) == ring && state->first < ring
        && state->used <= ring && runic_load_u32(head + 4 * HEAD_WORDS) == crc32(head, 4 * HEAD_WORDS);
}

static bool newest_head(const journal_t *journal, journal_state_t *state) {
    journal_state_t other;
    bool first_is_whole = load_head(journal, 0, state);
    bool other_is_whole = load_head(journal, 1, &other);
    if (other_is_whole && (!first_is_whole || (int32_t)(other.turn - state->turn) > 0)) {
        *state = other;
    }
    return first_is_whole || other_is_whole;
}

// Put a new head in the older one's place.
static void store_head(const journal_t *journal, journal_state_t *state) {
    state->turn += 1;
    uint8_t *head = journal->memory + (state->turn & 1) * HEAD_BYTES;
    const uint32_t words[HEAD_WORDS] = {
        MAGIC, ring_bytes(journal), state->turn, state->first, state->used, state->next, state->dropped,
        state->boot,
    };
    IN_ORDER();
    for (size_t word = 0; word < HEAD_WORDS; ++word) {
        runic_store_u32(head + 4 * word, words[word]);
    }
    IN_ORDER();
    runic_store_u32(head + 4 * HEAD_WORDS, crc32(head, 4 * HEAD_WORDS));
    IN_ORDER();
}

journal_state_t journal_state(const journal_t *journal) {
    journal_state_t state;
    if (!newest_head(journal, &state)) {
        // Somebody wrote over it: what comes now is the first.
        memset(journal->memory, 0, RING_AT);
        memset(&state, 0, sizeof(state));
        state.next = 1;
        store_head(journal, &state);
    }
    return state;
}

// ---- Frames, which may go round the end of the ring

static void copy_out(const journal_t *journal, uint32_t at, uint8_t *bytes, uint32_t length) {
    const uint8_t *ring = journal->memory + RING_AT;
    uint32_t before_end = ring_bytes(journal) - at;
    uint32_t straight = length < before_end ? length : before_end;
    memcpy(bytes, ring + at, straight);
    memcpy(bytes + straight, ring, length - straight);
}

static void copy_in(const journal_t *journal, uint32_t at, const uint8_t *bytes, uint32_t length) {
    uint8_t *ring = journal->memory + RING_AT;
    uint32_t before_end = ring_bytes(journal) - at;
    uint32_t straight = length < before_end ? length : before_end;
    memcpy(ring + at, bytes, straight);
    memcpy(ring, bytes + straight, length - straight);
}

static uint32_t moved_on(const journal_t *journal, uint32_t at, uint32_t length) {
    uint32_t ring = ring_bytes(journal);
    return length < ring - at ? at + length : length - (ring - at);
}

// How long the frame is that begins there; 0 when none of left bytes can.
static uint32_t frame_length(const journal_t *journal, uint32_t at, uint32_t left) {
    uint8_t head[JOURNAL_FRAME_HEAD];
    if (left < JOURNAL_FRAME_HEAD) {
        return 0;
    }
    copy_out(journal, at, head, JOURNAL_FRAME_HEAD);
    uint32_t length = load_u16(head + 4);
    bool fits = length >= JOURNAL_FRAME_HEAD && length <= JOURNAL_FRAME_MAX && length <= left;
    return fits && head[18] <= JOURNAL_NAME_MAX && head[18] <= length - JOURNAL_FRAME_HEAD ? length : 0;
}

journal_cursor_t journal_oldest(const journal_t *journal) {
    journal_state_t state = journal_state(journal);
    return (journal_cursor_t) { state.first, state.used };
}

size_t journal_read(const journal_t *journal, journal_cursor_t *cursor, uint8_t *bytes,
    journal_frame_t *frame) {
    uint32_t length = frame_length(journal, cursor->at, cursor->left);
    if (length == 0) {
        return 0;
    }
    copy_out(journal, cursor->at, bytes, length);
    if (crc32(bytes + CRC_BYTES, length - CRC_BYTES) != runic_load_u32(bytes)) {
        return 0;
    }
    frame->kind = bytes[6];
    frame->level = bytes[7];
    frame->number = runic_load_u32(bytes + 8);
    frame->ticks_ms = runic_load_u32(bytes + 12);
    frame->boot = (uint16_t)load_u16(bytes + 16);
    frame->name_length = bytes[18];
    frame->name = bytes + JOURNAL_FRAME_HEAD;
    frame->payload = frame->name + frame->name_length;
    frame->payload_length = (uint16_t)(length - JOURNAL_FRAME_HEAD - frame->name_length);
    cursor->at = moved_on(journal, cursor->at, length);
    cursor->left -= length;
    return length;
}

static uint32_t lay_out(const journal_frame_t *frame, const journal_state_t *state, uint8_t *bytes) {
    uint32_t length = JOURNAL_FRAME_HEAD + (uint32_t)frame->name_length + frame->payload_length;
    store_u16(bytes + 4, length);
    bytes[6] = frame->kind;
    bytes[7] = frame->level;
    runic_store_u32(bytes + 8, state->next);
    runic_store_u32(bytes + 12, frame->ticks_ms);
    store_u16(bytes + 16, state->boot);
    bytes[18] = frame->name_length;
    memcpy(bytes + JOURNAL_FRAME_HEAD, frame->name, frame->name_length);
    memcpy(bytes + JOURNAL_FRAME_HEAD + frame->name_length, frame->payload, frame->payload_length);
    runic_store_u32(bytes, crc32(bytes + CRC_BYTES, length - CRC_BYTES));
    return length;
}

// Drop the oldest frames until there is room. What cannot be walked is dropped as a whole.
static void make_room(const journal_t *journal, journal_state_t *state, uint32_t length) {
    while (ring_bytes(journal) - state->used < length) {
        uint32_t oldest = frame_length(journal, state->first, state->used);
        if (oldest == 0) {
            state->first = state->used = 0;
            return;
        }
        state->first = moved_on(journal, state->first, oldest);
        state->used -= oldest;
        state->dropped += 1;
    }
}

uint32_t journal_write(const journal_t *journal, const journal_frame_t *frame) {
    uint8_t bytes[JOURNAL_FRAME_MAX];
    journal_state_t state = journal_state(journal);
    uint32_t length = lay_out(frame, &state, bytes);
    if (ring_bytes(journal) - state.used < length) {
        make_room(journal, &state, length);
        store_head(journal, &state);
    }
    copy_in(journal, moved_on(journal, state.first, state.used), bytes, length);
    state.used += length;
    state.next += 1;
    store_head(journal, &state);
    return state.next - 1;
}

// Keep what can be read, up to the first frame that cannot.
static void cut_damaged(const journal_t *journal, journal_state_t *state) {
    uint8_t bytes[JOURNAL_FRAME_MAX];
    journal_frame_t frame = { .number = state->next - 1 };
    journal_cursor_t cursor = { state->first, state->used };
    while (journal_read(journal, &cursor, bytes, &frame) != 0) {
    }
    if (cursor.left != 0) {
        state->used -= cursor.left;
        state->dropped += state->used == 0 ? 1 : state->next - 1 - frame.number;
    }
}

bool journal_open(const journal_t *journal) {
    journal_state_t state;
    bool was_kept = newest_head(journal, &state);
    if (was_kept) {
        cut_damaged(journal, &state);
    } else {
        state = journal_state(journal);
    }
    state.boot += 1;
    store_head(journal, &state);
    return was_kept;
}
