// Mutations that know where things are in a .tflite file: what the reader must not believe.
//
// Half of all mutants are libFuzzer's own; the others change one to four facts in place, found
// with the reader's own checked access: shapes, types, indices of tensors, buffers and ops,
// quantisation, lengths, options, the order of ops.

#include <stdint.h>
#include <string.h>

#include "../native_modules/nn/nn_flatbuffer.h"
#include "../native_modules/nn/nn_schema.h"

#define OFFSET_BYTES (4)
#define VTABLE_HEADER_BYTES (4)

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

// The first subgraph, and what it refers to.
typedef struct _layout_t {
    uint8_t *data;
    nn_flatbuffer_t file;
    nn_vector_t codes, buffers, tensors, ops, inputs, outputs;
} layout_t;

// --- chance: xorshift, from the seed that libFuzzer gives

static uint64_t chance_state;

static uint32_t chance(uint32_t below) {
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return below == 0 ? 0 : (uint32_t)(chance_state >> 32) % below;
}

static int32_t some_integer(int32_t near) {
    static const int32_t values[] = {
        0, 1, -1, 2, 3, 4, 6, 7, 127, 128, 255, 256, 4096, 65535, 65536, 1 << 24, 1 << 30, INT32_MAX,
        INT32_MIN,
    };
    uint32_t choice = chance(2 * sizeof(values) / sizeof(values[0]));
    if (choice < sizeof(values) / sizeof(values[0])) {
        return values[choice];
    }
    return (int32_t)((uint32_t)near + chance(9) - 4u);
}

static uint32_t some_float(void) {
    static const uint32_t values[] = {
        0, 0x80000000, 0xbf800000, 0x7fc00000, 0x7f800000, 0xff800000, 0x00000001, 0x7f7fffff,
        0x3f800000, 0x3c000000, 0x0da24260, 0x7149f2ca,
    };
    return values[chance(sizeof(values) / sizeof(values[0]))];
}

// --- places

static bool lay_out(layout_t *layout, uint8_t *data, size_t size) {
    nn_flatbuffer_t *file = &layout->file;
    memset(layout, 0, sizeof(*layout));
    layout->data = data;
    file->data = data;
    file->length = (uint32_t)size;
    nn_table_t root = nn_read_root(file);
    layout->codes = nn_field_vector(file, &root, NN_MODEL_CODES, OFFSET_BYTES);
    layout->buffers = nn_field_vector(file, &root, NN_MODEL_BUFFERS, OFFSET_BYTES);
    nn_vector_t graphs = nn_field_vector(file, &root, NN_MODEL_SUBGRAPHS, OFFSET_BYTES);
    if (file->broken || graphs.count == 0) {
        return false;
    }
    nn_table_t graph = nn_vector_table(file, &graphs, 0);
    layout->tensors = nn_field_vector(file, &graph, NN_SUBGRAPH_TENSORS, OFFSET_BYTES);
    layout->ops = nn_field_vector(file, &graph, NN_SUBGRAPH_OPERATORS, OFFSET_BYTES);
    layout->inputs = nn_field_vector(file, &graph, NN_SUBGRAPH_INPUTS, sizeof(int32_t));
    layout->outputs = nn_field_vector(file, &graph, NN_SUBGRAPH_OUTPUTS, sizeof(int32_t));
    return !file->broken && layout->tensors.count > 0 && layout->ops.count > 0;
}

// Where a table has a field, or 0.
static uint32_t place_of(layout_t *layout, const nn_table_t *table, int field) {
    uint32_t slot = VTABLE_HEADER_BYTES + 2 * (uint32_t)field;
    if (slot + 2 > table->vtable_bytes) {
        return 0;
    }
    uint16_t offset = nn_read_u16(&layout->file, table->vtable_at + slot);
    return offset == 0 || offset + 4u > table->table_bytes ? 0 : table->at + offset;
}

static nn_table_t table_in(layout_t *layout, const nn_vector_t *tables) {
    return nn_vector_table(&layout->file, tables, chance(tables->count));
}

static void put(layout_t *layout, uint32_t at, const void *value, uint32_t bytes) {
    if (at != 0 && (uint64_t)at + bytes <= layout->file.length) {
        memcpy(layout->data + at, value, bytes);
    }
}

static void put_u32(layout_t *layout, uint32_t at, uint32_t value) {
    put(layout, at, &value, sizeof(value));
}

static uint32_t some_element(const nn_vector_t *vector, uint32_t element_bytes) {
    return vector->count == 0 ? 0 : vector->at + element_bytes * chance(vector->count);
}

// --- facts

static void change_shape(layout_t *layout) {
    nn_table_t tensor = table_in(layout, &layout->tensors);
    nn_vector_t shape = nn_field_vector(&layout->file, &tensor, NN_TENSOR_SHAPE, sizeof(int32_t));
    uint32_t at = some_element(&shape, sizeof(int32_t));
    put_u32(layout, at, (uint32_t)some_integer((int32_t)nn_read_u32(&layout->file, at)));
}

// Makes one tensor's offset to a part point at that part of another one.
static void share_part(layout_t *layout, int field) {
    nn_table_t one = table_in(layout, &layout->tensors);
    nn_table_t other = table_in(layout, &layout->tensors);
    uint32_t at = place_of(layout, &one, field), from = place_of(layout, &other, field);
    if (at != 0 && from != 0) {
        put_u32(layout, at, from + nn_read_u32(&layout->file, from) - at);
    }
}

static void change_tensor(layout_t *layout) {
    nn_table_t tensor = table_in(layout, &layout->tensors);
    uint8_t type = (uint8_t)chance(18), yes = 1;
    switch (chance(3)) {
        case 0:
            put(layout, place_of(layout, &tensor, NN_TENSOR_TYPE), &type, 1);
            break;
        case 1:
            put(layout, place_of(layout, &tensor, NN_TENSOR_IS_VARIABLE), &yes, 1);
            break;
        default:
            put_u32(layout, place_of(layout, &tensor, NN_TENSOR_BUFFER),
                chance(layout->buffers.count + 2));
            break;
    }
}

static void change_quantisation(layout_t *layout) {
    static const int64_t points[] = { 0, 1, -1, 127, -128, 128, 255, 256, INT32_MAX, INT64_MIN };
    nn_flatbuffer_t *file = &layout->file;
    nn_table_t tensor = table_in(layout, &layout->tensors);
    nn_table_t params = nn_field_table(file, &tensor, NN_TENSOR_QUANTIZATION);
    nn_vector_t scales = nn_field_vector(file, &params, NN_QUANTIZATION_SCALE, sizeof(float));
    nn_vector_t zeros = nn_field_vector(file, &params, NN_QUANTIZATION_ZERO_POINT, sizeof(int64_t));
    switch (chance(4)) {
        case 0:
            put(layout, some_element(&zeros, sizeof(int64_t)), &points[chance(10)], sizeof(int64_t));
            break;
        case 1:
            put_u32(layout, place_of(layout, &params, NN_QUANTIZATION_DIMENSION),
                (uint32_t)some_integer(1));
            break;
        default:
            put_u32(layout, some_element(&scales, sizeof(float)), some_float());
            break;
    }
}

// The length in front of a vector: too short, too long, or none.
static void change_length(layout_t *layout) {
    nn_flatbuffer_t *file = &layout->file;
    nn_table_t tensor = table_in(layout, &layout->tensors), op = table_in(layout, &layout->ops);
    nn_table_t params = nn_field_table(file, &tensor, NN_TENSOR_QUANTIZATION);
    nn_vector_t none = { 0, 0 };
    nn_table_t buffer = { 0, 0, 0, 0 };
    if (layout->buffers.count > 0) {
        buffer = table_in(layout, &layout->buffers);
    }
    const nn_vector_t vectors[] = {
        nn_field_vector(file, &tensor, NN_TENSOR_SHAPE, sizeof(int32_t)),
        nn_field_vector(file, &params, NN_QUANTIZATION_SCALE, sizeof(float)),
        nn_field_vector(file, &params, NN_QUANTIZATION_ZERO_POINT, sizeof(int64_t)),
        nn_field_vector(file, &op, NN_OPERATOR_INPUTS, sizeof(int32_t)),
        nn_field_vector(file, &op, NN_OPERATOR_OUTPUTS, sizeof(int32_t)),
        nn_field_vector(file, &buffer, NN_BUFFER_DATA, 1), layout->inputs, layout->outputs,
        layout->tensors, layout->ops, layout->codes, layout->buffers, none,
    };
    const nn_vector_t *vector = &vectors[chance(sizeof(vectors) / sizeof(vectors[0]))];
    if (vector->at >= OFFSET_BYTES) {
        put_u32(layout, vector->at - OFFSET_BYTES, (uint32_t)some_integer((int32_t)vector->count));
    }
}

// Cycles, tensors read before they are written, written twice, left out.
static void change_reference(layout_t *layout) {
    nn_flatbuffer_t *file = &layout->file;
    nn_table_t op = table_in(layout, &layout->ops), other = table_in(layout, &layout->ops);
    const nn_vector_t lists[] = {
        nn_field_vector(file, &op, NN_OPERATOR_INPUTS, sizeof(int32_t)),
        nn_field_vector(file, &op, NN_OPERATOR_OUTPUTS, sizeof(int32_t)),
        nn_field_vector(file, &other, NN_OPERATOR_OUTPUTS, sizeof(int32_t)),
        layout->inputs, layout->outputs,
    };
    uint32_t at = some_element(&lists[chance(5)], sizeof(int32_t));
    uint32_t from = some_element(&lists[chance(5)], sizeof(int32_t));
    uint32_t index = chance(layout->tensors.count + 2) - 1;
    put_u32(layout, at, from != 0 && chance(2) ? nn_read_u32(file, from) : index);
}

static void change_op(layout_t *layout) {
    nn_table_t op = table_in(layout, &layout->ops);
    nn_table_t code = { 0, 0, 0, 0 };
    uint8_t number = (uint8_t)chance(130);
    if (layout->codes.count > 0) {
        code = table_in(layout, &layout->codes);
    }
    if (chance(2)) {
        put_u32(layout, place_of(layout, &op, NN_OPERATOR_CODE), chance(layout->codes.count + 1));
    } else {
        put(layout, place_of(layout, &code, NN_CODE_DEPRECATED), &number, 1);
        put_u32(layout, place_of(layout, &code, NN_CODE_BUILTIN), number);
    }
}

static void change_options(layout_t *layout) {
    nn_table_t op = table_in(layout, &layout->ops);
    nn_table_t options = nn_field_table(&layout->file, &op, NN_OPERATOR_OPTIONS);
    uint32_t at = place_of(layout, &options, (int)chance(8));
    uint8_t small = (uint8_t)chance(8);
    if (chance(2)) {
        put(layout, at, &small, 1);
    } else {
        put_u32(layout, at, (uint32_t)some_integer((int32_t)nn_read_u32(&layout->file, at)));
    }
}

static void swap_ops(layout_t *layout) {
    uint32_t one = some_element(&layout->ops, OFFSET_BYTES);
    uint32_t other = some_element(&layout->ops, OFFSET_BYTES);
    uint32_t first = one + nn_read_u32(&layout->file, one);
    uint32_t second = other + nn_read_u32(&layout->file, other);
    put_u32(layout, one, second - one);
    put_u32(layout, other, first - other);
}

static void change_fact(layout_t *layout) {
    switch (chance(12)) {
        case 0:
        case 1:
            return change_shape(layout);
        case 2:
            return share_part(layout, NN_TENSOR_SHAPE);
        case 3:
            return share_part(layout, NN_TENSOR_QUANTIZATION);
        case 4:
            return change_tensor(layout);
        case 5:
            return change_quantisation(layout);
        case 6:
            return change_length(layout);
        case 7:
        case 8:
            return change_reference(layout);
        case 9:
            return change_op(layout);
        case 10:
            return change_options(layout);
        default:
            return swap_ops(layout);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    layout_t layout;
    chance_state = seed * 0x9e3779b97f4a7c15u + 1;
    if (chance(2) || size > INT32_MAX || !lay_out(&layout, data, size)) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    for (uint32_t left = 1 + chance(chance(4)); left > 0 && lay_out(&layout, data, size); --left) {
        change_fact(&layout);
    }
    return size;
}
