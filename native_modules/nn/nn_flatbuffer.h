// Bounds-checked reading of a flatbuffer in place.
//
// Rules: nothing in the file is trusted. Every position and length is checked
// against the end of the buffer before it is used, with 64-bit sums that cannot
// overflow, and no read needs an aligned address. The first fault sets `broken`
// and every later read returns its default, so that a caller checks once, at
// the end of a step, before it acts on what it read.

#ifndef NN_FLATBUFFER_H
#define NN_FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct _nn_flatbuffer_t {
    const uint8_t *data;
    uint32_t length;
    bool broken;
} nn_flatbuffer_t;

// A table at a checked place. vtable_bytes is 0 for a table that is absent:
// all its fields then read as their defaults.
typedef struct _nn_table_t {
    uint32_t at;
    uint32_t vtable_at;
    uint16_t vtable_bytes;
    uint16_t table_bytes;
} nn_table_t;

// A vector whose elements are all inside the buffer. at = 0 means absent.
typedef struct _nn_vector_t {
    uint32_t at;
    uint32_t count;
} nn_vector_t;

// Scalars at a position; 0 (and broken) when outside the buffer.
uint8_t nn_read_u8(nn_flatbuffer_t *file, uint32_t at);
uint16_t nn_read_u16(nn_flatbuffer_t *file, uint32_t at);
uint32_t nn_read_u32(nn_flatbuffer_t *file, uint32_t at);
int64_t nn_read_i64(nn_flatbuffer_t *file, uint32_t at);
float nn_read_f32(nn_flatbuffer_t *file, uint32_t at);

// The table that the offset at the buffer's start points to.
nn_table_t nn_read_root(nn_flatbuffer_t *file);

// Fields of a table by number, with the schema's default when absent.
uint8_t nn_field_u8(nn_flatbuffer_t *file, const nn_table_t *table, int field, uint8_t absent);
int32_t nn_field_i32(nn_flatbuffer_t *file, const nn_table_t *table, int field, int32_t absent);
float nn_field_f32(nn_flatbuffer_t *file, const nn_table_t *table, int field, float absent);
nn_table_t nn_field_table(nn_flatbuffer_t *file, const nn_table_t *table, int field);
nn_vector_t nn_field_vector(nn_flatbuffer_t *file, const nn_table_t *table, int field,
    uint32_t element_bytes);
bool nn_field_present(nn_flatbuffer_t *file, const nn_table_t *table, int field);

// Elements of a vector; index must be below count.
int32_t nn_vector_i32(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index);
int64_t nn_vector_i64(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index);
float nn_vector_f32(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index);
nn_table_t nn_vector_table(nn_flatbuffer_t *file, const nn_vector_t *vector, uint32_t index);

#endif // NN_FLATBUFFER_H
