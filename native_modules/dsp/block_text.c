// Blocks that give or take text: label, ohv_label, parse, utf8_decode.

#include <math.h>

#include "dsp_block_table.h"
#include "dsp_element.h"
#include "dsp_text.h"

#define TEXT_FULL "has more text than its output holds"

enum { LABEL_WORDLIST, LABEL_FALLBACK };

static const dsp_parameter_t label_parameters[] = {
    { .name = "wordlist", .kind = DSP_TEXT, .required = true },
    { .name = "fallback", .kind = DSP_TEXT, .standard.text = { "", 0 } },
};

// Lines of the wordlist; blank ones at its end do not count.
static uint32_t trimmed_length(dsp_text_t text) {
    while (text.length > 0 && (unsigned char)text.data[text.length - 1] <= ' ') {
        --text.length;
    }
    return text.length;
}

static uint32_t count_labels(dsp_text_t text) {
    uint32_t length = trimmed_length(text);
    uint32_t count = length > 0;
    for (uint32_t i = 0; i < length; ++i) {
        count += text.data[i] == '\n';
    }
    return count;
}

// The state: the offset of each label.
static dsp_status_t prepare_labels(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_ORDERED, DSP_BIT(RUNIC_UTF8));
    uint32_t count = count_labels(block->values[LABEL_WORDLIST].text);
    if (status == NULL && count == 0) {
        status = "has an empty wordlist";
    }
    block->state_bytes = count * (uint32_t)sizeof(uint32_t);
    return status;
}

static void init_labels(dsp_block_t *block) {
    dsp_text_t text = block->values[LABEL_WORDLIST].text;
    uint32_t length = trimmed_length(text), next = 0;
    uint32_t *offsets = block->state;
    offsets[next++] = 0;
    for (uint32_t i = 0; i < length; ++i) {
        if (text.data[i] == '\n') {
            offsets[next++] = i + 1;
        }
    }
}

// The label without the blanks around it.
static dsp_text_t label_at(const dsp_block_t *block, uint32_t index) {
    dsp_text_t text = block->values[LABEL_WORDLIST].text;
    uint32_t start = ((const uint32_t *)block->state)[index];
    const char *end = memchr(text.data + start, '\n', text.length - start);
    dsp_text_t label = { text.data + start, end != NULL ? (uint32_t)(end - text.data) - start : text.length - start };
    while (label.length > 0 && (unsigned char)*label.data <= ' ') {
        ++label.data;
        --label.length;
    }
    label.length = trimmed_length(label);
    return label;
}

static uint32_t label_count(const dsp_block_t *block) {
    return block->state_bytes / (uint32_t)sizeof(uint32_t);
}

static bool write_label(const dsp_block_t *block, dsp_text_writer_t *writer, bool known, uint32_t index) {
    dsp_text_t label = known ? label_at(block, index) : block->values[LABEL_FALLBACK].text;
    return dsp_write_text(writer, label.data, label.length);
}

static dsp_status_t label_prepare(dsp_block_t *block) {
    dsp_status_t status = prepare_labels(block);
    return status != NULL ? status : dsp_require_as_many(block);
}

// Whether the element, rounded towards zero, is the index of a label. NaN is not.
static bool load_index(const runic_tensor_t *input, uint32_t i, uint32_t count, uint32_t *index) {
    if (input->type == RUNIC_F32) {
        float value = ((const float *)input->data)[i];
        bool known = value > -1.0f && value < (float)count;
        *index = known ? (uint32_t)(value < 0.0f ? 0.0f : value) : 0;
        return known;
    }
    int64_t value = dsp_load_integer(input, i);
    *index = (uint32_t)value;
    return value >= 0 && value < count;
}

static dsp_status_t label_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    dsp_text_writer_t writer = { outputs[0]->data, outputs[0]->capacity_bytes };
    uint32_t count = dsp_count(input), labels = label_count(block);
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t index;
        bool known = load_index(input, i, labels, &index);
        if (!write_label(block, &writer, known, index)) {
            return TEXT_FULL;
        }
    }
    return NULL;
}

const dsp_block_type_t dsp_block_label = {
    .name = "label",
    .parameters = label_parameters,
    .parameter_count = 2,
    .output_count = 1,
    .follows_rows = true,
    .prepare = label_prepare,
    .init = init_labels,
    .run = label_run,
};

static dsp_status_t ohv_prepare(dsp_block_t *block) {
    dsp_status_t status = prepare_labels(block);
    if (status == NULL && label_count(block) < dsp_count(&block->input)) {
        status = "has fewer labels than there are scores";
    }
    if (status == NULL && dsp_count(&block->outputs[0]) != 1) {
        status = "gives one label";
    }
    return status;
}

// Where every score is NaN there is no largest one.
static dsp_status_t ohv_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    dsp_text_writer_t writer = { outputs[0]->data, outputs[0]->capacity_bytes };
    int64_t key;
    uint32_t index = dsp_find_largest(input, 0, dsp_count(input), &key);
    return write_label(block, &writer, key != DSP_KEY_NAN, index) ? NULL : TEXT_FULL;
}

const dsp_block_type_t dsp_block_ohv_label = {
    .name = "ohv_label",
    .parameters = label_parameters,
    .parameter_count = 2,
    .output_count = 1,
    .prepare = ohv_prepare,
    .init = init_labels,
    .run = ohv_run,
};

static dsp_status_t parse_prepare(dsp_block_t *block) {
    return dsp_require(block, DSP_BIT(RUNIC_UTF8), DSP_NUMERIC);
}

static bool parse_into(const runic_tensor_t *output, uint32_t index, const char *word, uint32_t length) {
    uint32_t size = runic_type_bytes(output->type);
    uint8_t *place = (uint8_t *)output->data + (size_t)index * size;
    if (output->type == RUNIC_F32) {
        float number;
        bool valid = dsp_parse_float(word, length, &number);
        memcpy(place, &number, valid ? size : 0);
        return valid;
    }
    int64_t integer = 0;
    bool valid = dsp_parse_integer(word, length, output->type, &integer);
    for (uint32_t byte = 0; byte < size && valid; ++byte) {
        place[byte] = (uint8_t)((uint64_t)integer >> (8 * byte));
    }
    return valid;
}

static dsp_status_t parse_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    dsp_word_reader_t reader = { input->data, input->capacity_bytes, dsp_count(input) };
    uint32_t wanted = dsp_count(outputs[0]), found = 0, length;
    const char *word;
    while (dsp_next_word(&reader, &word, &length)) {
        if (found == wanted) {
            return "found more numbers than its output holds";
        }
        if (!parse_into(outputs[0], found, word, length)) {
            return "found a word that is no number of its output's type";
        }
        ++found;
    }
    return found == wanted ? NULL : "found fewer numbers than its output holds";
}

const dsp_block_type_t dsp_block_parse = {
    .name = "parse",
    .output_count = 1,
    .prepare = parse_prepare,
    .run = parse_run,
};

static dsp_status_t decode_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_BIT(RUNIC_U8), DSP_BIT(RUNIC_UTF8));
    return status == NULL && dsp_count(&block->outputs[0]) != 1 ? "gives one text" : status;
}

static dsp_status_t decode_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    const char *text = input->data;
    uint32_t count = dsp_count(input);
    const char *end = memchr(text, 0, count);
    uint32_t length = end != NULL ? (uint32_t)(end - text) : count;
    if (!dsp_is_utf8((const uint8_t *)text, length)) {
        return "found bytes that are not UTF-8";
    }
    dsp_text_writer_t writer = { outputs[0]->data, outputs[0]->capacity_bytes };
    return dsp_write_text(&writer, text, length) ? NULL : TEXT_FULL;
}

const dsp_block_type_t dsp_block_utf8_decode = {
    .name = "utf8_decode",
    .output_count = 1,
    .prepare = decode_prepare,
    .run = decode_run,
};
