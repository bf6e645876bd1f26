// The plan of the arena that a file may bring along, as TensorFlow Lite Micro reads it.

#include <string.h>

#include "nn_share.h"
#include "nn_stored_plan.h"

#define NAME "OfflineMemoryAllocation"
#define NAME_BYTES (sizeof(NAME) - 1)
#define WORD_BYTES (4)
#define COUNT_AT (2 * WORD_BYTES)
#define OFFSETS_AT (3 * WORD_BYTES)

nn_vector_t nn_find_metadata(const nn_model_t *model, nn_flatbuffer_t *file, const char *wanted,
    uint32_t wanted_bytes) {
    static const nn_vector_t none = { 0 };
    nn_table_t root = nn_read_root(file);
    nn_vector_t entries = nn_field_vector(file, &root, NN_MODEL_METADATA, WORD_BYTES);
    for (uint32_t i = 0; i < entries.count && !file->broken; ++i) {
        nn_table_t entry = nn_vector_table(file, &entries, i);
        nn_vector_t name = nn_field_vector(file, &entry, NN_METADATA_NAME, 1);
        if (name.count != wanted_bytes
            || memcmp(file->data + name.at, wanted, wanted_bytes) != 0) {
            continue;
        }
        uint32_t index = (uint32_t)nn_field_i32(file, &entry, NN_METADATA_BUFFER, 0);
        if (index >= model->buffer_list.count) {
            return none;
        }
        nn_table_t buffer = nn_vector_table(file, &model->buffer_list, index);
        return nn_field_vector(file, &buffer, NN_BUFFER_DATA, 1);
    }
    return none;
}

// Where the offsets start in the file; 0 when there is no whole plan.
static uint32_t find_offsets(const nn_model_t *model, nn_flatbuffer_t *file) {
    nn_vector_t data = nn_find_metadata(model, file, NAME, NAME_BYTES);
    uint32_t count = model->tensor_list.count;
    bool whole = !file->broken && data.count >= OFFSETS_AT + WORD_BYTES * count
        && nn_read_u32(file, data.at + COUNT_AT) == count;
    return whole ? data.at + OFFSETS_AT : 0;
}

static int64_t stored(nn_flatbuffer_t *file, uint32_t offsets_at, uint32_t index) {
    return (int32_t)nn_read_u32(file, offsets_at + WORD_BYTES * index);
}

// One tensor for itself: at a place that it may have, a part where its whole says.
static bool is_placed_well(const nn_model_t *model, nn_flatbuffer_t *file, uint32_t offsets_at,
    uint32_t index) {
    const nn_tensor_t *tensor = &model->tensors[index];
    int64_t offset = stored(file, offsets_at, index);
    if (tensor->flags & NN_TENSOR_PART) {
        return offset == stored(file, offsets_at, tensor->link) + tensor->arena_offset;
    }
    return offset >= 0 && offset % NN_ALIGNMENT_BYTES == 0
           && offset + nn_room(tensor) <= INT32_MAX;
}

static bool is_clear_of_others(const nn_model_t *model, nn_flatbuffer_t *file,
    uint32_t offsets_at, uint32_t index) {
    const nn_tensor_t *tensor = &model->tensors[index];
    int64_t offset = stored(file, offsets_at, index);
    for (uint32_t i = 0; i < index; ++i) {
        const nn_tensor_t *other = &model->tensors[i];
        if (!(other->flags & NN_TENSOR_PLACED) || tensor->first_step > other->last_step
            || other->first_step > tensor->last_step) {
            continue;
        }
        int64_t above = stored(file, offsets_at, i) - offset;
        if (above < nn_share_distance(model, tensor, other)
            && -above < nn_share_distance(model, other, tensor)) {
            return false;
        }
    }
    return true;
}

void nn_take_stored_plan(nn_model_t *model) {
    nn_flatbuffer_t file = model->file;
    uint32_t offsets_at = find_offsets(model, &file);
    int64_t arena_bytes = 0;
    for (uint32_t i = 0; offsets_at != 0 && i < model->tensor_list.count; ++i) {
        const nn_tensor_t *tensor = &model->tensors[i];
        if (!(tensor->flags & (NN_TENSOR_PLACED | NN_TENSOR_PART))) {
            continue;
        }
        if (!is_placed_well(model, &file, offsets_at, i)
            || ((tensor->flags & NN_TENSOR_PLACED)
                && !is_clear_of_others(model, &file, offsets_at, i))) {
            return;
        }
        int64_t end = stored(&file, offsets_at, i) + nn_room(tensor);
        arena_bytes = end > arena_bytes && (tensor->flags & NN_TENSOR_PLACED) ? end : arena_bytes;
    }
    if (offsets_at == 0 || arena_bytes > model->arena_bytes) {
        return;
    }
    model->arena_bytes = (uint32_t)arena_bytes;
    for (uint32_t i = 0; i < model->tensor_list.count; ++i) {
        nn_tensor_t *tensor = &model->tensors[i];
        if (tensor->flags & NN_TENSOR_PLACED) {
            tensor->arena_offset = (uint32_t)stored(&file, offsets_at, i);
        }
    }
}
