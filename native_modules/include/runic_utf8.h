// UTF-8, checked one sequence at a time.

#ifndef RUNIC_UTF8_H
#define RUNIC_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Length of the sequence at text, of which available bytes (at least 1) are
// there; 0 when it is cut short, overlong, a surrogate or past U+10FFFF.
static inline size_t runic_utf8_sequence(const uint8_t *text, size_t available) {
    static const uint32_t smallest[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    uint8_t first = text[0];
    size_t length = first < 0x80 ? 1 : (first & 0xe0) == 0xc0 ? 2 : (first & 0xf0) == 0xe0 ? 3
        : (first & 0xf8) == 0xf0 ? 4 : 0;
    if (length <= 1 || length > available) {
        return length > available ? 0 : length;
    }
    uint32_t code = first & (0x7fu >> length);
    for (size_t i = 1; i < length; ++i) {
        if ((text[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (text[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < smallest[length] || code > 0x10ffff || surrogate ? 0 : length;
}

static inline bool runic_utf8_is_valid(const uint8_t *text, size_t length) {
    size_t sequence;
    for (size_t at = 0; at < length; at += sequence) {
        sequence = runic_utf8_sequence(text + at, length - at);
        if (sequence == 0) {
            return false;
        }
    }
    return true;
}

#endif // RUNIC_UTF8_H
