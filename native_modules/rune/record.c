// Output payloads: tensors as the original's JSON, or as its binary form.

#include <string.h>

#include "float_text.h"
#include "record.h"
#include "runic_bytes.h"
#include "runic_utf8.h"

static const char unterminated[] = "a string tensor holds fewer strings than its shape says";

static void put(runic_ring_t *ring, const char *text) {
    runic_ring_append(ring, text, strlen(text));
}

static size_t signed_text(int64_t value, char *text) {
    if (value >= 0) {
        return integer_text((uint64_t)value, text);
    }
    text[0] = '-';
    return 1 + integer_text(0 - (uint64_t)value, text + 1);
}

// Elements need not be aligned: a Rune's tensors may lie anywhere.
#define LOAD(c_type, data, index) \
    c_type value; \
    memcpy(&value, (const uint8_t *)(data) + (size_t)(index) * sizeof(value), sizeof(value))

#define INTEGER_TEXT(name, c_type, wide_text) \
    static size_t name(const void *data, uint32_t index, char *text) { \
        LOAD(c_type, data, index); \
        return wide_text(value, text); \
    }

INTEGER_TEXT(text_u8, uint8_t, integer_text)
INTEGER_TEXT(text_i8, int8_t, signed_text)
INTEGER_TEXT(text_u16, uint16_t, integer_text)
INTEGER_TEXT(text_i16, int16_t, signed_text)
INTEGER_TEXT(text_u32, uint32_t, integer_text)
INTEGER_TEXT(text_i32, int32_t, signed_text)
INTEGER_TEXT(text_f32, float, float_text_f32)
INTEGER_TEXT(text_u64, uint64_t, integer_text)
INTEGER_TEXT(text_i64, int64_t, signed_text)
INTEGER_TEXT(text_f64, double, float_text_f64)

typedef size_t (*element_text_t)(const void *data, uint32_t index, char *text);

static const element_text_t element_texts[RUNIC_UTF8] = {
    text_u8, text_i8, text_u16, text_i16, text_u32, text_i32, text_f32, text_u64, text_i64, text_f64,
};

static void put_escaped(runic_ring_t *ring, uint8_t character) {
    static const char hex[] = "0123456789abcdef";
    static const char plain[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = memchr(plain, character, sizeof(plain) - 1);
    if (found != NULL) {
        char text[2] = { '\\', letters[found - plain] };
        runic_ring_append(ring, text, sizeof(text));
    } else {
        char text[6] = { '\\', 'u', '0', '0', hex[character >> 4], hex[character & 15] };
        runic_ring_append(ring, text, sizeof(text));
    }
}

static void put_string(runic_ring_t *ring, const uint8_t *text, size_t length) {
    put(ring, "\"");
    size_t at = 0;
    while (at < length) {
        size_t sequence = runic_utf8_sequence(text + at, length - at);
        if (sequence == 0) {
            put(ring, "\xef\xbf\xbd");
            sequence = 1;
        } else if (text[at] < 0x20 || text[at] == '"' || text[at] == '\\') {
            put_escaped(ring, text[at]);
        } else {
            runic_ring_append(ring, text + at, sequence);
        }
        at += sequence;
    }
    put(ring, "\"");
}

static const char *put_strings(runic_ring_t *ring, const runic_tensor_t *tensor, uint32_t count) {
    const uint8_t *text = tensor->data;
    const uint8_t *end = text + tensor->capacity_bytes;
    for (uint32_t i = 0; i < count; ++i) {
        const uint8_t *terminator = memchr(text, 0, (size_t)(end - text));
        if (terminator == NULL) {
            return unterminated;
        }
        if (i != 0) {
            put(ring, ",");
        }
        put_string(ring, text, (size_t)(terminator - text));
        text = terminator + 1;
    }
    return NULL;
}

static const char *put_elements(runic_ring_t *ring, const runic_tensor_t *tensor) {
    uint32_t count;
    uint32_t bytes;
    if (tensor->type >= RUNIC_TYPE_COUNT || !runic_tensor_count(tensor, &count)
        || !runic_tensor_bytes(tensor, &bytes)) {
        return "a tensor's shape is larger than the tensor";
    }
    if (tensor->type == RUNIC_UTF8) {
        return put_strings(ring, tensor, count);
    }
    element_text_t element_text = element_texts[tensor->type];
    for (uint32_t i = 0; i < count; ++i) {
        char text[FLOAT_TEXT_BYTES + 1];
        size_t comma = i != 0;
        text[0] = ',';
        size_t length = comma + element_text(tensor->data, i, text + comma);
        runic_ring_append(ring, text, length);
    }
    return NULL;
}

static size_t append(char *text, size_t used, const char *more) {
    size_t length = strlen(more);
    memcpy(text + used, more, length);
    return used + length;
}

// In few pieces: each costs the ring a look at its room.
static void put_head(runic_ring_t *ring, uint32_t channel, const runic_tensor_t *tensor) {
    char text[80];
    size_t used = append(text, 0, "{\"type_name\":\"");
    used = append(text, used, runic_type_name(tensor->type));
    used = append(text, used, "\",\"channel\":");
    used += integer_text(channel, text + used);
    used = append(text, used, ",\"elements\":[");
    runic_ring_append(ring, text, used);
}

static void put_tail(runic_ring_t *ring, const runic_tensor_t *tensor) {
    char text[20 + RUNIC_MAX_RANK * 11];
    size_t used = append(text, 0, "],\"dimensions\":[");
    for (uint8_t axis = 0; axis < tensor->rank; ++axis) {
        used = append(text, used, axis != 0 ? "," : "");
        used += integer_text(tensor->dims[axis], text + used);
    }
    used = append(text, used, "]}");
    runic_ring_append(ring, text, used);
}

static const char *put_tensor(runic_ring_t *ring, uint32_t channel, const runic_tensor_t *tensor) {
    put_head(ring, channel, tensor);
    const char *error = put_elements(ring, tensor);
    put_tail(ring, tensor);
    return error;
}

const char *record_json(runic_ring_t *ring, uint32_t channel, const runic_tensor_t *const *tensors,
    size_t count) {
    const char *error = NULL;
    for (size_t i = 0; i < count && error == NULL; ++i) {
        if (count > 1) {
            put(ring, i == 0 ? "[" : ",");
        }
        error = put_tensor(ring, channel, tensors[i]);
    }
    if (count > 1) {
        put(ring, "]");
    }
    return error;
}

// Bytes of the strings with their terminators; false when one is missing.
static bool strings_bytes(const runic_tensor_t *tensor, uint32_t *bytes) {
    uint32_t count;
    const uint8_t *text = tensor->data;
    const uint8_t *end = text + tensor->capacity_bytes;
    if (!runic_tensor_count(tensor, &count)) {
        return false;
    }
    for (; count > 0; --count) {
        const uint8_t *terminator = memchr(text, 0, (size_t)(end - text));
        if (terminator == NULL) {
            return false;
        }
        text = terminator + 1;
    }
    *bytes = (uint32_t)(text - (const uint8_t *)tensor->data);
    return true;
}

static uint32_t shape_text_bytes(const runic_tensor_t *tensor) {
    char text[20];
    uint32_t bytes = (uint32_t)strlen(runic_type_name(tensor->type)) + 2;
    for (uint8_t axis = 0; axis < tensor->rank; ++axis) {
        bytes += (uint32_t)integer_text(tensor->dims[axis], text) + (axis != 0 ? 2 : 0);
    }
    return bytes;
}

static void put_unsigned(runic_ring_t *ring, uint32_t value) {
    char text[20];
    runic_ring_append(ring, text, integer_text(value, text));
}

static void put_shape(runic_ring_t *ring, const runic_tensor_t *tensor) {
    uint32_t text_bytes = shape_text_bytes(tensor);
    uint8_t length[4];
    runic_store_u32(length, text_bytes);
    runic_ring_append(ring, length, sizeof(length));
    put(ring, runic_type_name(tensor->type));
    put(ring, "[");
    for (uint8_t axis = 0; axis < tensor->rank; ++axis) {
        put(ring, axis != 0 ? ", " : "");
        put_unsigned(ring, tensor->dims[axis]);
    }
    put(ring, "]");
}

const char *record_binary(runic_ring_t *ring, const runic_tensor_t *const *tensors, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        uint32_t bytes;
        if (tensors[i]->type == RUNIC_UTF8) {
            if (!strings_bytes(tensors[i], &bytes)) {
                return unterminated;
            }
        } else if (!runic_tensor_bytes(tensors[i], &bytes)) {
            return "a tensor's shape is larger than the tensor";
        }
        put_shape(ring, tensors[i]);
        runic_ring_append(ring, tensors[i]->data, bytes);
    }
    return NULL;
}
