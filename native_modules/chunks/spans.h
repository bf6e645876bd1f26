// A file in parts: bytes that lie in several places and are read as if one followed the other.

#ifndef SPANS_H
#define SPANS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *bytes;
    size_t length;
} span_t;

typedef struct {
    const span_t *spans;
    size_t count;
} spans_t;

// Where a byte is read next.
typedef struct {
    const uint8_t *next;
    const uint8_t *end;
    const span_t *following;
} spans_reader_t;

static inline size_t spans_length(spans_t file) {
    size_t length = 0;
    for (size_t i = 0; i < file.count; ++i) {
        length += file.spans[i].length;
    }
    return length;
}

// Begin at an offset, which lies in the file or at its end.
static inline spans_reader_t spans_from(spans_t file, size_t offset) {
    const span_t *span = file.spans;
    const span_t *last = file.spans + file.count - 1;
    while (span < last && offset >= span->length) {
        offset -= span->length;
        ++span;
    }
    return (spans_reader_t) { span->bytes + offset, span->bytes + span->length, span + 1 };
}

// The next byte: there must be one.
static inline uint8_t spans_next(spans_reader_t *reader) {
    while (reader->next == reader->end) {
        reader->next = reader->following->bytes;
        reader->end = reader->next + reader->following->length;
        ++reader->following;
    }
    return *reader->next++;
}

#endif // SPANS_H
