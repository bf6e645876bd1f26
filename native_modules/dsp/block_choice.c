// Blocks that choose by score: argmax, most_confident_indices, object_filter, segment_output.

#include <math.h>

#include "dsp_block_table.h"
#include "dsp_element.h"

static dsp_status_t argmax_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_ORDERED, DSP_BIT(RUNIC_U32));
    if (status == NULL && dsp_count(&block->outputs[0]) != 1) {
        status = "gives one index";
    }
    return status;
}

static dsp_status_t argmax_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    int64_t key;
    *(uint32_t *)outputs[0]->data = dsp_find_largest(input, 0, dsp_count(input), &key);
    return NULL;
}

const dsp_block_type_t dsp_block_argmax = {
    .name = "argmax",
    .output_count = 1,
    .prepare = argmax_prepare,
    .run = argmax_run,
};

static const dsp_parameter_t most_confident_parameters[] = {
    { .name = "count", .kind = DSP_INTEGER, .lowest = 1.0f, .highest = 2147483648.0f, .standard.integer = 1 },
};

static dsp_status_t most_confident_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_ORDERED, DSP_BIT(RUNIC_U32));
    if (status != NULL) {
        return status;
    }
    uint32_t count = (uint32_t)block->values[0].integer;
    uint32_t long_axes = 0;
    for (uint8_t axis = 0; axis < block->input.rank; ++axis) {
        long_axes += block->input.dims[axis] != 1;
    }
    if (long_axes > 1) {
        return "takes one row of scores";
    }
    if (count > dsp_count(&block->input)) {
        return "is asked for more indices than there are scores";
    }
    return dsp_count(&block->outputs[0]) == count ? NULL : "gives as many indices as its count says";
}

static dsp_status_t most_confident_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    uint32_t *result = outputs[0]->data;
    uint32_t wanted = (uint32_t)block->values[0].integer;
    uint32_t count = dsp_count(input);
    int64_t key;
    result[0] = dsp_find_largest(input, 0, count, &key);
    for (uint32_t i = 1; i < wanted; ++i) {
        result[i] = dsp_find_next(input, count, &key, result[i - 1]);
    }
    return NULL;
}

const dsp_block_type_t dsp_block_most_confident_indices = {
    .name = "most_confident_indices",
    .parameters = most_confident_parameters,
    .parameter_count = 1,
    .output_count = 1,
    .prepare = most_confident_prepare,
    .run = most_confident_run,
};

enum { OBJECT_THRESHOLD, OBJECT_MAX_OBJECTS };

#define OBJECT_COLUMNS (6)
#define CONFIDENCE (4)
#define CLASS (5)
#define SAME_PLACE (0.01f)

static const dsp_parameter_t object_parameters[] = {
    { .name = "threshold", .kind = DSP_NUMBER, .lowest = -INFINITY, .highest = INFINITY, .standard.number = 0.7f },
    { .name = "max_objects", .kind = DSP_INTEGER, .lowest = 0.0f, .highest = 1048576.0f, .standard.integer = 0 },
};

static dsp_status_t object_prepare(dsp_block_t *block) {
    const runic_tensor_t *input = &block->input, *output = &block->outputs[0];
    dsp_status_t status = dsp_require(block, DSP_BIT(RUNIC_F32), DSP_BIT(RUNIC_F32));
    if (status != NULL) {
        return status;
    }
    bool rows = input->rank == 2 || (input->rank == 3 && input->dims[0] == 1);
    if (!rows || input->dims[input->rank - 1] <= CLASS) {
        return "takes rows of 5 numbers and at least one class";
    }
    uint32_t most = (uint32_t)block->values[OBJECT_MAX_OBJECTS].integer;
    uint32_t row_count = input->dims[input->rank - 2];
    most = most == 0 || most > row_count ? row_count : most;
    bool fits = output->rank == 2 && output->dims[0] == most && output->dims[1] == OBJECT_COLUMNS;
    return fits ? NULL : "gives as many rows of 6 as there may be objects";
}

// The kept object at the same place, or `kept`.
static uint32_t find_twin(const float *objects, uint32_t kept, const float *row) {
    for (uint32_t i = 0; i < kept; ++i) {
        const float *other = objects + i * OBJECT_COLUMNS;
        if (fabsf(row[0] - other[0]) <= SAME_PLACE && fabsf(row[1] - other[1]) <= SAME_PLACE) {
            return i;
        }
    }
    return kept;
}

static void store_object(float *object, const runic_tensor_t *input, uint32_t start, uint32_t columns) {
    int64_t key;
    memcpy(object, (const float *)input->data + start, CLASS * sizeof(float));
    object[CLASS] = (float)dsp_find_largest(input, start + CLASS, columns - CLASS, &key);
}

static dsp_status_t object_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    float *objects = outputs[0]->data;
    uint32_t columns = input->dims[input->rank - 1];
    uint32_t count = dsp_count(input), kept = 0, most = outputs[0]->dims[0];
    for (uint32_t start = 0; start < count; start += columns) {
        const float *row = (const float *)input->data + start;
        if (!(row[CONFIDENCE] > block->values[OBJECT_THRESHOLD].number)) {
            continue;
        }
        uint32_t place = find_twin(objects, kept, row);
        if (place == kept && kept < most) {
            store_object(objects + kept * OBJECT_COLUMNS, input, start, columns);
            ++kept;
        } else if (place < kept && row[CONFIDENCE] > objects[place * OBJECT_COLUMNS + CONFIDENCE]) {
            store_object(objects + place * OBJECT_COLUMNS, input, start, columns);
        }
    }
    outputs[0]->dims[0] = kept;
    return NULL;
}

const dsp_block_type_t dsp_block_object_filter = {
    .name = "object_filter",
    .parameters = object_parameters,
    .parameter_count = 2,
    .output_count = 1,
    .prepare = object_prepare,
    .run = object_run,
};

// The state has one bit for each class.
static dsp_status_t segment_prepare(dsp_block_t *block) {
    const runic_tensor_t *input = &block->input;
    dsp_status_t status = dsp_require(block, DSP_ORDERED, DSP_BIT(RUNIC_U32));
    if (status != NULL) {
        return status;
    }
    if (block->outputs[1].type != RUNIC_U32) {
        return "gives its classes as u32";
    }
    if (input->rank != 3 && !(input->rank == 4 && input->dims[0] == 1)) {
        return "takes rows, columns and classes";
    }
    uint32_t classes = input->dims[input->rank - 1];
    uint32_t pixels = dsp_count(input) / classes;
    if (dsp_count(&block->outputs[0]) != pixels) {
        return "gives a class for each pixel";
    }
    uint32_t most = classes < pixels ? classes : pixels;
    if (block->outputs[1].rank != 1 || block->outputs[1].dims[0] != most) {
        return "gives as many classes as there may be";
    }
    block->state_bytes = (classes + 7) / 8;
    return NULL;
}

static dsp_status_t segment_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    uint32_t classes = input->dims[input->rank - 1];
    uint32_t pixels = dsp_count(input) / classes, found = 0;
    uint8_t *seen = block->state;
    memset(seen, 0, block->state_bytes);
    for (uint32_t pixel = 0; pixel < pixels; ++pixel) {
        int64_t key;
        uint32_t chosen = dsp_find_largest(input, pixel * classes, classes, &key);
        ((uint32_t *)outputs[0]->data)[pixel] = chosen;
        seen[chosen / 8] = (uint8_t)(seen[chosen / 8] | 1u << (chosen % 8));
    }
    for (uint32_t class = 0; class < classes; ++class) {
        if ((seen[class / 8] >> (class % 8) & 1) != 0) {
            ((uint32_t *)outputs[1]->data)[found++] = class;
        }
    }
    outputs[1]->dims[0] = found;
    return NULL;
}

const dsp_block_type_t dsp_block_segment_output = {
    .name = "segment_output",
    .output_count = 2,
    .prepare = segment_prepare,
    .run = segment_run,
};
