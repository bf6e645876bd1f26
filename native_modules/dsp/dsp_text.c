// Text in tensors: see dsp_text.h.

#include "dsp_text.h"

// More digits than this do not fit 64 bits.
#define MAX_DIGITS (18)
// Beyond this every float is 0 or infinite.
#define MAX_EXPONENT (120)
// The largest power of ten that is exact in single precision.
#define EXACT_POWER (10)
#define EXACT_POWER_OF_TEN (1e10f)

bool dsp_write_text(dsp_text_writer_t *writer, const char *text, uint32_t length) {
    if (length >= writer->room_bytes) {
        return false;
    }
    // Nobody stops a Rune from placing two of its tensors over each other.
    memmove(writer->next, text, length);
    writer->next[length] = 0;
    writer->next += length + 1;
    writer->room_bytes -= length + 1;
    return true;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void skip(dsp_word_reader_t *reader) {
    reader->left_strings -= *reader->next == 0;
    ++reader->next;
    --reader->left_bytes;
}

bool dsp_next_word(dsp_word_reader_t *reader, const char **word, uint32_t *length) {
    while (reader->left_bytes > 0 && reader->left_strings > 0 && (is_blank(*reader->next) || *reader->next == 0)) {
        skip(reader);
    }
    if (reader->left_bytes == 0 || reader->left_strings == 0) {
        return false;
    }
    *word = reader->next;
    while (reader->left_bytes > 0 && !is_blank(*reader->next) && *reader->next != 0) {
        skip(reader);
    }
    *length = (uint32_t)(reader->next - *word);
    return true;
}

// A decimal number as it is read: digits * 10**exponent.
typedef struct {
    uint64_t digits;
    uint32_t digit_count; // without leading zeros
    int32_t exponent;
    bool any;
} decimal_t;

// Digits beyond MAX_DIGITS only count as places.
static const char *read_digits(const char *at, const char *end, decimal_t *decimal, bool fraction) {
    for (; at < end && *at >= '0' && *at <= '9'; ++at) {
        decimal->any = true;
        if (decimal->digit_count < MAX_DIGITS) {
            decimal->digits = decimal->digits * 10 + (uint64_t)(*at - '0');
            decimal->digit_count += decimal->digits != 0;
            decimal->exponent -= fraction;
        } else {
            decimal->exponent += !fraction;
        }
    }
    return at;
}

static const char *read_sign(const char *at, const char *end, bool *negative) {
    *negative = at < end && *at == '-';
    return at < end && (*at == '-' || *at == '+') ? at + 1 : at;
}

// After an "e": NULL where no digit follows. Clamped far out of range.
static const char *read_exponent(const char *at, const char *end, int32_t *exponent) {
    bool negative;
    at = read_sign(at, end, &negative);
    const char *start = at;
    int32_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9'; ++at) {
        value = value < 100000000 ? value * 10 + (*at - '0') : value;
    }
    *exponent += negative ? -value : value;
    return at > start ? at : NULL;
}

static float scale_by_ten(float value, int32_t exponent) {
    static const float powers[] = { 1e0f, 1e1f, 1e2f, 1e3f, 1e4f, 1e5f, 1e6f, 1e7f, 1e8f, 1e9f, 1e10f };
    exponent = exponent > MAX_EXPONENT ? MAX_EXPONENT : exponent < -MAX_EXPONENT ? -MAX_EXPONENT : exponent;
    for (; exponent > EXACT_POWER; exponent -= EXACT_POWER) {
        value *= EXACT_POWER_OF_TEN;
    }
    for (; exponent < -EXACT_POWER; exponent += EXACT_POWER) {
        value /= EXACT_POWER_OF_TEN;
    }
    return exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
}

bool dsp_parse_float(const char *word, uint32_t length, float *value) {
    const char *end = word + length;
    decimal_t decimal = { 0 };
    bool negative;
    const char *at = read_sign(word, end, &negative);
    at = read_digits(at, end, &decimal, false);
    if (at < end && *at == '.') {
        at = read_digits(at + 1, end, &decimal, true);
    }
    if (decimal.any && at < end && (*at == 'e' || *at == 'E')) {
        at = read_exponent(at + 1, end, &decimal.exponent);
    }
    if (!decimal.any || at != end) {
        return false;
    }
    float magnitude = decimal.digits == 0 ? 0.0f : scale_by_ten((float)decimal.digits, decimal.exponent);
    *value = negative ? -magnitude : magnitude;
    return true;
}

static uint64_t largest_magnitude(uint8_t type, bool negative) {
    uint32_t bits = 8 * runic_type_bytes(type);
    bool is_signed = type == RUNIC_I8 || type == RUNIC_I16 || type == RUNIC_I32 || type == RUNIC_I64;
    if (!is_signed) {
        return negative ? 0 : UINT64_MAX >> (64 - bits);
    }
    return (UINT64_C(1) << (bits - 1)) - !negative;
}

// u64 values beyond INT64_MAX come out as the negative number of the same bits.
bool dsp_parse_integer(const char *word, uint32_t length, uint8_t type, int64_t *value) {
    const char *end = word + length;
    bool negative;
    const char *at = read_sign(word, end, &negative);
    uint64_t limit = largest_magnitude(type, negative), magnitude = 0;
    if (at == end) {
        return false;
    }
    for (; at < end; ++at) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*at - '0');
        if (magnitude > limit / 10 || magnitude * 10 > limit - digit || digit > limit) {
            return false;
        }
        magnitude = magnitude * 10 + digit;
    }
    *value = (int64_t)(negative ? -magnitude : magnitude);
    return true;
}

// Bytes of the character that starts with this one; 0 where none does.
static uint32_t character_bytes(uint8_t first) {
    if (first < 0x80) {
        return 1;
    }
    return first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
}

// Overlong forms, surrogates and what lies beyond U+10FFFF show in the second byte.
static bool second_byte_fits(uint8_t first, uint8_t second) {
    switch (first) {
        case 0xE0:
            return second >= 0xA0;
        case 0xED:
            return second < 0xA0;
        case 0xF0:
            return second >= 0x90;
        case 0xF4:
            return second < 0x90;
        default:
            return true;
    }
}

bool dsp_is_utf8(const uint8_t *bytes, uint32_t count) {
    uint32_t at = 0;
    while (at < count) {
        uint32_t size = character_bytes(bytes[at]);
        if (size == 0 || size > count - at || (size > 1 && !second_byte_fits(bytes[at], bytes[at + 1]))) {
            return false;
        }
        for (uint32_t i = 1; i < size; ++i) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return false;
            }
        }
        at += size;
    }
    return true;
}
