// The tensor that pipeline stages, stock blocks and models hand to each other.
//
// Rules: data is little endian and belongs to whoever made the tensor; type,
// rank and capacity_bytes are fixed when a Rune is loaded. dims may shrink at
// run time for blocks whose result has fewer rows than the declared maximum;
// dims[0 .. rank-1] are meant, the rest is 0. A utf8 tensor holds its elements
// as consecutive NUL-terminated strings within capacity_bytes.

#ifndef RUNIC_TENSOR_H
#define RUNIC_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RUNIC_MAX_RANK (6)

typedef enum {
    RUNIC_U8 = 0,
    RUNIC_I8 = 1,
    RUNIC_U16 = 2,
    RUNIC_I16 = 3,
    RUNIC_U32 = 4,
    RUNIC_I32 = 5,
    RUNIC_F32 = 6,
    RUNIC_U64 = 7,
    RUNIC_I64 = 8,
    RUNIC_F64 = 9,
    RUNIC_UTF8 = 10,
    RUNIC_TYPE_COUNT = 11,
} runic_type_t;

typedef struct _runic_tensor_t {
    void *data;
    uint32_t capacity_bytes;
    uint8_t type; // runic_type_t
    uint8_t rank;
    uint32_t dims[RUNIC_MAX_RANK];
} runic_tensor_t;

// Bytes of one element; 0 for utf8, whose elements differ in length.
static inline uint32_t runic_type_bytes(uint8_t type) {
    static const uint8_t bytes[RUNIC_TYPE_COUNT] = { 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 0 };
    return type < RUNIC_TYPE_COUNT ? bytes[type] : 0;
}

static inline const char *runic_type_name(uint8_t type) {
    static const char names[RUNIC_TYPE_COUNT][5] = {
        "u8", "i8", "u16", "i16", "u32", "i32", "f32", "u64", "i64", "f64", "utf8",
    };
    return type < RUNIC_TYPE_COUNT ? names[type] : "?";
}

// The code of the name in text[0 .. length-1], or -1.
static inline int runic_type_from_name(const char *text, size_t length) {
    for (int type = 0; type < RUNIC_TYPE_COUNT; ++type) {
        const char *name = runic_type_name((uint8_t)type);
        if (strlen(name) == length && memcmp(name, text, length) == 0) {
            return type;
        }
    }
    return -1;
}

// Product of the dimensions (1 for rank 0); false when it does not fit 32 bits.
static inline bool runic_tensor_count(const runic_tensor_t *tensor, uint32_t *count) {
    uint64_t product = 1;
    for (uint8_t axis = 0; axis < tensor->rank; ++axis) {
        product *= tensor->dims[axis];
        if (product > UINT32_MAX) {
            return false;
        }
    }
    *count = (uint32_t)product;
    return true;
}

// Bytes that the elements take now; a utf8 tensor always counts whole.
// False when that is more than the tensor's capacity.
static inline bool runic_tensor_bytes(const runic_tensor_t *tensor, uint32_t *bytes) {
    uint32_t count;
    if (!runic_tensor_count(tensor, &count)) {
        return false;
    }
    if (tensor->type == RUNIC_UTF8) {
        *bytes = tensor->capacity_bytes;
        return true;
    }
    uint64_t total = (uint64_t)count * runic_type_bytes(tensor->type);
    if (total > tensor->capacity_bytes) {
        return false;
    }
    *bytes = (uint32_t)total;
    return true;
}

#endif // RUNIC_TENSOR_H
