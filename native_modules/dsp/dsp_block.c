// Stock blocks: what all have in common. See dsp_block.h.

#include "dsp_block_table.h"
#include "dsp_element.h"

const dsp_block_type_t *const dsp_block_types[] = {
    &dsp_block_argmax,
    &dsp_block_audio_float_conversion,
    &dsp_block_binary_classification,
    &dsp_block_dequantize,
    &dsp_block_fft,
    &dsp_block_image_normalization,
    &dsp_block_label,
    &dsp_block_modulo,
    &dsp_block_most_confident_indices,
    &dsp_block_noise_filtering,
    &dsp_block_normalize,
    &dsp_block_object_filter,
    &dsp_block_ohv_label,
    &dsp_block_parse,
    &dsp_block_quantize,
    &dsp_block_segment_output,
    &dsp_block_softmax,
    &dsp_block_utf8_decode,
};
const uint32_t dsp_block_type_count = sizeof(dsp_block_types) / sizeof(dsp_block_types[0]);

static bool name_equals(const char *own, const char *name, size_t length) {
    return strlen(own) == length && memcmp(own, name, length) == 0;
}

const dsp_block_type_t *dsp_block_find(const char *name, size_t length) {
    for (uint32_t i = 0; i < dsp_block_type_count; ++i) {
        if (name_equals(dsp_block_types[i]->name, name, length)) {
            return dsp_block_types[i];
        }
    }
    return NULL;
}

void dsp_block_begin(dsp_block_t *block, const dsp_block_type_t *type) {
    memset(block, 0, sizeof(*block));
    block->type = type;
    for (uint8_t i = 0; i < type->parameter_count; ++i) {
        block->values[i] = type->parameters[i].standard;
    }
}

int dsp_parameter_find(const dsp_block_type_t *type, const char *name, size_t length) {
    for (uint8_t i = 0; i < type->parameter_count; ++i) {
        if (name_equals(type->parameters[i].name, name, length)) {
            return i;
        }
    }
    return -1;
}

bool dsp_parameter_allows(const dsp_parameter_t *parameter, dsp_value_t value) {
    switch (parameter->kind) {
        case DSP_INTEGER:
            return (float)value.integer >= parameter->lowest && (float)value.integer <= parameter->highest;
        case DSP_NUMBER:
            return value.number >= parameter->lowest && value.number <= parameter->highest;
        default:
            return memchr(value.text.data, 0, value.text.length) == NULL;
    }
}

// At least one element, and as many bytes as fit the tensor; how long a text is
// only shows when it is there.
static dsp_status_t check_tensor(const runic_tensor_t *tensor) {
    uint32_t count, bytes;
    if (tensor->rank > RUNIC_MAX_RANK || tensor->type >= RUNIC_TYPE_COUNT) {
        return "a tensor is of no known type or rank";
    }
    if (!runic_tensor_count(tensor, &count) || count == 0 || count > INT32_MAX) {
        return "a tensor has no elements, or too many";
    }
    if (!runic_tensor_bytes(tensor, &bytes)) {
        return "a tensor does not fit its buffer";
    }
    return NULL;
}

static void keep_shape(runic_tensor_t *own, const runic_tensor_t *tensor) {
    *own = *tensor;
    own->data = NULL;
}

dsp_status_t dsp_block_prepare(dsp_block_t *block, const runic_tensor_t *const *inputs, size_t input_count,
    const runic_tensor_t *const *outputs, size_t output_count) {
    if (input_count != 1) {
        return "takes one input";
    }
    if (output_count != block->type->output_count) {
        return block->type->output_count == 1 ? "has one output" : "has two outputs";
    }
    dsp_status_t status = check_tensor(inputs[0]);
    keep_shape(&block->input, inputs[0]);
    for (size_t i = 0; i < output_count && status == NULL; ++i) {
        status = check_tensor(outputs[i]);
        keep_shape(&block->outputs[i], outputs[i]);
    }
    return status != NULL ? status : block->type->prepare(block);
}

void dsp_block_init(dsp_block_t *block, void *state) {
    block->state = state;
    if (block->type->init != NULL) {
        block->type->init(block);
    }
}

void dsp_block_reset(dsp_block_t *block) {
    if (block->type->reset != NULL) {
        block->type->reset(block);
    }
}

static bool same_shape(const runic_tensor_t *own, const runic_tensor_t *other) {
    return own->type == other->type && own->rank == other->rank
           && memcmp(own->dims, other->dims, own->rank * sizeof(own->dims[0])) == 0
           && other->capacity_bytes >= own->capacity_bytes;
}

dsp_status_t dsp_block_matches(const dsp_block_t *block, const runic_tensor_t *const *inputs, size_t input_count,
    const runic_tensor_t *const *outputs, size_t output_count) {
    if (input_count != 1 || output_count != block->type->output_count) {
        return "is given another number of tensors than it was made for";
    }
    bool same = same_shape(&block->input, inputs[0]);
    for (size_t i = 0; i < output_count; ++i) {
        same = same && same_shape(&block->outputs[i], outputs[i]);
    }
    return same ? NULL : "is given other tensors than it was made for";
}

// The output gets as many elements as the input has.
static dsp_status_t follow_rows(const runic_tensor_t *input, uint32_t count, runic_tensor_t *output) {
    if (output->rank == input->rank) {
        memcpy(output->dims, input->dims, sizeof(output->dims));
        return NULL;
    }
    if (output->rank == 1) {
        output->dims[0] = count;
        return NULL;
    }
    return "cannot give an output of another rank fewer rows";
}

dsp_status_t dsp_block_run(dsp_block_t *block, runic_tensor_t *const *inputs, runic_tensor_t *const *outputs) {
    uint32_t count, prepared;
    if (!runic_tensor_count(&block->input, &prepared) || !runic_tensor_count(inputs[0], &count) || count > prepared) {
        return "has more input than it was made for";
    }
    for (uint8_t i = 0; i < block->type->output_count; ++i) {
        memcpy(outputs[i]->dims, block->outputs[i].dims, sizeof(outputs[i]->dims));
    }
    if (count < prepared) {
        if (!block->type->follows_rows) {
            return "has less input than it was made for";
        }
        dsp_status_t status = follow_rows(inputs[0], count, outputs[0]);
        if (status != NULL) {
            return status;
        }
    }
    return block->type->run(block, inputs[0], outputs);
}

dsp_status_t dsp_require(const dsp_block_t *block, uint32_t input_types, uint32_t output_types) {
    if ((DSP_BIT(block->input.type) & input_types) == 0) {
        return "does not take an input of this type";
    }
    if ((DSP_BIT(block->outputs[0].type) & output_types) == 0) {
        return "does not give an output of this type";
    }
    return NULL;
}

dsp_status_t dsp_require_as_many(const dsp_block_t *block) {
    return dsp_count(&block->outputs[0]) == dsp_count(&block->input) ? NULL : "gives as many elements as it takes";
}

uint32_t dsp_count(const runic_tensor_t *tensor) {
    uint32_t count = 0;
    return runic_tensor_count(tensor, &count) ? count : 0;
}
