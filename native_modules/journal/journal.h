// A journal: numbered frames in a ring of memory that a reset may leave alone; the oldest give way.
//
// The memory begins with two heads, written in turn: the newer one that is whole counts. A frame is
// written where no head says that there is one, and only then told of. So a reset between any two
// writes loses the frame that was under way, and nothing else; whatever lies in memory that lost its
// power is no journal. docs/saga.md describes frames, which are sent as they lie.
//
// Rules: memory is the caller's, nothing is believed of it: each head and frame is checked again
// whenever it is used.

#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_NAME_MAX (63)
#define JOURNAL_PAYLOAD_MAX (240)
#define JOURNAL_FRAME_HEAD (19)
#define JOURNAL_FRAME_MAX (JOURNAL_FRAME_HEAD + JOURNAL_NAME_MAX + JOURNAL_PAYLOAD_MAX)
// Both heads, and room for one frame of any size.
#define JOURNAL_LEAST_BYTES (2 * 36 + JOURNAL_FRAME_MAX)
#define JOURNAL_MOST_BYTES (1 << 20)

typedef struct _journal_t {
    uint8_t *memory;
    size_t length; // JOURNAL_LEAST_BYTES to JOURNAL_MOST_BYTES
} journal_t;

// What a journal's newest head says.
typedef struct _journal_state_t {
    uint32_t turn; // how often a head was written
    uint32_t first; // where the oldest frame begins
    uint32_t used; // bytes of all frames
    uint32_t next; // the number of the frame to come
    uint32_t dropped; // frames that gave way, or were lost in a reset
    uint32_t boot; // how often the journal was opened since it was empty
} journal_state_t;

typedef struct _journal_frame_t {
    uint32_t number; // from 1
    uint32_t ticks_ms;
    uint16_t boot;
    uint16_t payload_length; // 0 to JOURNAL_PAYLOAD_MAX
    uint8_t kind;
    uint8_t level;
    uint8_t name_length; // 0 to JOURNAL_NAME_MAX
    const uint8_t *name;
    const uint8_t *payload;
} journal_frame_t;

// A place between two frames.
typedef struct _journal_cursor_t {
    uint32_t at;
    uint32_t left;
} journal_cursor_t;

// Count one boot more. Frames from the first damaged one on are dropped; false: there was no journal,
// and an empty one is there now.
bool journal_open(const journal_t *journal);

journal_state_t journal_state(const journal_t *journal);

// Write a frame; its number and its boot are the journal's. Returns the number.
uint32_t journal_write(const journal_t *journal, const journal_frame_t *frame);

// Read from the oldest frame on: copies the next one into bytes, of JOURNAL_FRAME_MAX, and lets frame
// point into it. Returns its length, 0 behind the newest.
journal_cursor_t journal_oldest(const journal_t *journal);
size_t journal_read(const journal_t *journal, journal_cursor_t *cursor, uint8_t *bytes, journal_frame_t *frame);

#endif // JOURNAL_H
