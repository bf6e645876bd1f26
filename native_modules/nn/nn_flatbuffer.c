// Bounds-checked reading of a flatbuffer in place.

#include <string.h>

#include "nn_flatbuffer.h"

#define VTABLE_HEADER_BYTES (4)
#define OFFSET_BYTES (4)

static bool inside(nn_flatbuffer_t *file, uint64_t at, uint64_t bytes) {
    if (file->broken || at + bytes > file->length) {
        file->broken = true;
        return false;
    }
    return true;
}

uint8_t nn_read_u8(nn_flatbuffer_t *file, uint32_t at) {
    return inside(file, at, 1) ? file->data[at] : 0;
}

uint16_t nn_read_u16(nn_flatbuffer_t *file, uint32_t at) {
    uint16_t value = 0;
    if (inside(file, at, sizeof(value))) {
        memcpy(&value, file->data + at, sizeof(value));
    }
    return value;
}

uint32_t nn_read_u32(nn_flatbuffer_t *file, uint32_t at) {
    uint32_t value = 0;
    if (inside(file, at, sizeof(value))) {
        memcpy(&value, file->data + at, sizeof(value));
    }
    return value;
}

int64_t nn_read_i64(nn_flatbuffer_t *file, uint32_t at) {
    int64_t value = 0;
    if (inside(file, at, sizeof(value))) {
        memcpy(&value, file->data + at, sizeof(value));
    }
    return value;
}

float nn_read_f32(nn_flatbuffer_t *file, uint32_t at) {
    float value = 0.0f;
    if (inside(file, at, sizeof(value))) {
        memcpy(&value, file->data + at, sizeof(value));
    }
    return value;
}

static nn_table_t absent_table(void) {
    nn_table_t table = { 0, 0, 0, 0 };
    return table;
}

static nn_table_t fault(nn_flatbuffer_t *file) {
    file->broken = true;
    return absent_table();
}

static nn_table_t read_table(nn_flatbuffer_t *file, uint64_t at) {
    if (!inside(file, at, OFFSET_BYTES)) {
        return absent_table();
    }
    // A table opens with the signed distance back to its vtable.
    int64_t vtable_at = (int64_t)at - (int32_t)nn_read_u32(file, (uint32_t)at);
    if (vtable_at < 0 || !inside(file, (uint64_t)vtable_at, VTABLE_HEADER_BYTES)) {
        return fault(file);
    }
    nn_table_t table;
    table.at = (uint32_t)at;
    table.vtable_at = (uint32_t)vtable_at;
    table.vtable_bytes = nn_read_u16(file, table.vtable_at);
    table.table_bytes = nn_read_u16(file, table.vtable_at + 2);
    if (table.vtable_bytes < VTABLE_HEADER_BYTES || table.vtable_bytes % 2 != 0
        || table.table_bytes < OFFSET_BYTES
        || !inside(file, table.vtable_at, table.vtable_bytes)
        || !inside(file, table.at, table.table_bytes)) {
        return fault(file);
    }
    return table;
}

nn_table_t nn_read_root(nn_flatbuffer_t *file) {
    return read_table(file, nn_read_u32(file, 0));
}

// Position of a field of the given size, or 0 when the table leaves it out.
static uint32_t locate(nn_flatbuffer_t *file, const nn_table_t *table, int field,
    uint32_t bytes) {
    uint32_t slot = VTABLE_HEADER_BYTES + 2 * (uint32_t)field;
    if (slot + 2 > table->vtable_bytes) {
        return 0;
    }
    uint16_t offset = nn_read_u16(file, table->vtable_at + slot);
    if (offset == 0) {
        return 0;
    }
    if (offset + bytes > table->table_bytes) {
        file->broken = true;
        return 0;
    }
    return table->at + offset;
}

bool nn_field_present(nn_flatbuffer_t *file, const nn_table_t *table, int field) {
    return locate(file, table, field, 1) != 0;
}

uint8_t nn_field_u8(nn_flatbuffer_t *file, const nn_table_t *table, int field, uint8_t absent) {
    uint32_t at = locate(file, table, field, sizeof(uint8_t));
    return at == 0 ? absent : nn_read_u8(file, at);
}

int32_t nn_field_i32(nn_flatbuffer_t *file, const nn_table_t *table, int field, int32_t absent) {
    uint32_t at = locate(file, table, field, sizeof(int32_t));
    return at == 0 ? absent : (int32_t)nn_read_u32(file, at);
}

float nn_field_f32(nn_flatbuffer_t *file, const nn_table_t *table, int field, float absent) {
    uint32_t at = locate(file, table, field, sizeof(float));
    return at == 0 ? absent : nn_read_f32(file, at);
}

nn_table_t nn_field_table(nn_flatbuffer_t *file, const nn_table_t *table, int field) {
    uint32_t at = locate(file, table, field, OFFSET_BYTES);
    return at == 0 ? absent_table() : read_table(file, (uint64_t)at + nn_read_u32(file, at));
}

nn_vector_t nn_field_vector(nn_flatbuffer_t *file, const nn_table_t *table, int field,
    uint32_t element_bytes) {
    nn_vector_t vector = { 0, 0 };
    uint32_t at = locate(file, table, field, OFFSET_BYTES);
    if (at == 0) {
        return vector;
    }
    uint64_t start = (uint64_t)at + nn_read_u32(file, at);
    if (!inside(file, start, OFFSET_BYTES)) {
        return vector;
    }
    uint32_t count = nn_read_u32(file, (uint32_t)start);
    uint64_t first = start + OFFSET_BYTES;
    if (inside(file, first, (uint64_t)count * element_bytes)) {
        vector.at = (uint32_t)first;
        vector.count = count;
    }
    return vector;
}

int32_t nn_vector_i32(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index) {
    return (int32_t)nn_read_u32(file, vector->at + index * (uint32_t)sizeof(int32_t));
}

int64_t nn_vector_i64(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index) {
    return nn_read_i64(file, vector->at + index * (uint32_t)sizeof(int64_t));
}

float nn_vector_f32(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index) {
    return nn_read_f32(file, vector->at + index * (uint32_t)sizeof(float));
}

nn_table_t nn_vector_table(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index) {
    uint32_t at = vector->at + index * OFFSET_BYTES;
    return read_table(file, (uint64_t)at + nn_read_u32(file, at));
}
