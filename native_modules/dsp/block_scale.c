// Blocks that map each element by itself: normalize, image-normalization,
// audio_float_conversion, modulo, softmax, binary_classification, quantize, dequantize.

#include <math.h>

#include "dsp_block_table.h"
#include "dsp_element.h"

#define QUANTISED (DSP_BIT(RUNIC_I8) | DSP_BIT(RUNIC_U8) | DSP_BIT(RUNIC_I16))
#define FLOATS (DSP_BIT(RUNIC_F32))

static dsp_status_t require_each(dsp_block_t *block, uint32_t input_types, uint32_t output_types) {
    dsp_status_t status = dsp_require(block, input_types, output_types);
    return status != NULL ? status : dsp_require_as_many(block);
}

// Lowest and highest number, not counting NaN; false where there is none.
static bool float_range(const float *values, uint32_t count, float *lowest, float *highest) {
    bool any = false;
    for (uint32_t i = 0; i < count; ++i) {
        if (values[i] != values[i]) {
            continue;
        }
        *lowest = !any || values[i] < *lowest ? values[i] : *lowest;
        *highest = !any || values[i] > *highest ? values[i] : *highest;
        any = true;
    }
    return any;
}

static void normalize_floats(const float *values, uint32_t count, float *result) {
    float lowest = 0.0f, highest = 0.0f;
    bool varies = float_range(values, count, &lowest, &highest) && highest > lowest;
    float span = highest - lowest;
    for (uint32_t i = 0; i < count; ++i) {
        if (values[i] != values[i]) {
            result[i] = values[i];
        } else {
            result[i] = varies ? (values[i] - lowest) / span : 0.0f;
        }
    }
}

static void normalize_integers(const runic_tensor_t *input, uint32_t count, float *result) {
    int64_t lowest = INT64_MAX, highest = INT64_MIN;
    for (uint32_t i = 0; i < count; ++i) {
        int64_t value = dsp_load_integer(input, i);
        lowest = value < lowest ? value : lowest;
        highest = value > highest ? value : highest;
    }
    float span = (float)(uint32_t)(highest - lowest);
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t distance = (uint32_t)(dsp_load_integer(input, i) - lowest);
        result[i] = highest > lowest ? (float)distance / span : 0.0f;
    }
}

static dsp_status_t normalize_prepare(dsp_block_t *block) {
    return require_each(block, DSP_ORDERED, FLOATS);
}

static dsp_status_t normalize_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    if (input->type == RUNIC_F32) {
        normalize_floats(input->data, dsp_count(input), outputs[0]->data);
    } else {
        normalize_integers(input, dsp_count(input), outputs[0]->data);
    }
    return NULL;
}

const dsp_block_type_t dsp_block_normalize = {
    .name = "normalize",
    .output_count = 1,
    .follows_rows = true,
    .prepare = normalize_prepare,
    .run = normalize_run,
};

static dsp_status_t image_prepare(dsp_block_t *block) {
    return require_each(block, DSP_SMALL_INTEGERS, FLOATS);
}

// The whole range of the type becomes [0, 1].
static dsp_status_t image_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    uint32_t bits = 8 * runic_type_bytes(input->type);
    bool is_signed = input->type == RUNIC_I8 || input->type == RUNIC_I16 || input->type == RUNIC_I32;
    int64_t lowest = is_signed ? -(INT64_C(1) << (bits - 1)) : 0;
    float span = (float)(uint32_t)((INT64_C(1) << bits) - 1);
    float *result = outputs[0]->data;
    uint32_t count = dsp_count(input);
    for (uint32_t i = 0; i < count; ++i) {
        result[i] = (float)(uint32_t)(dsp_load_integer(input, i) - lowest) / span;
    }
    return NULL;
}

const dsp_block_type_t dsp_block_image_normalization = {
    .name = "image-normalization",
    .output_count = 1,
    .follows_rows = true,
    .prepare = image_prepare,
    .run = image_run,
};

static dsp_status_t audio_prepare(dsp_block_t *block) {
    return require_each(block, DSP_BIT(RUNIC_I16), FLOATS);
}

static dsp_status_t audio_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    const int16_t *samples = input->data;
    float *result = outputs[0]->data;
    uint32_t count = dsp_count(input);
    for (uint32_t i = 0; i < count; ++i) {
        float value = (float)samples[i] / 32767.0f;
        result[i] = value < -1.0f ? -1.0f : value;
    }
    return NULL;
}

const dsp_block_type_t dsp_block_audio_float_conversion = {
    .name = "audio_float_conversion",
    .output_count = 1,
    .follows_rows = true,
    .prepare = audio_prepare,
    .run = audio_run,
};

static dsp_status_t softmax_prepare(dsp_block_t *block) {
    return require_each(block, FLOATS, FLOATS);
}

// The largest score is subtracted first, so that no power overflows. A NaN
// makes every probability NaN.
static dsp_status_t softmax_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    (void)block;
    const float *scores = input->data;
    float *result = outputs[0]->data;
    uint32_t count = dsp_count(input);
    float largest = scores[0];
    for (uint32_t i = 1; i < count; ++i) {
        largest = scores[i] > largest ? scores[i] : largest;
    }
    float sum = 0.0f;
    for (uint32_t i = 0; i < count; ++i) {
        result[i] = expf(scores[i] - largest);
        sum += result[i];
    }
    for (uint32_t i = 0; i < count; ++i) {
        result[i] /= sum;
    }
    return NULL;
}

const dsp_block_type_t dsp_block_softmax = {
    .name = "softmax",
    .output_count = 1,
    .prepare = softmax_prepare,
    .run = softmax_run,
};

static const dsp_parameter_t binary_parameters[] = {
    { .name = "threshold", .kind = DSP_NUMBER, .lowest = -INFINITY, .highest = INFINITY, .standard.number = 0.5f },
};

static dsp_status_t binary_prepare(dsp_block_t *block) {
    return require_each(block, FLOATS, DSP_BIT(RUNIC_U32));
}

static dsp_status_t binary_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    const float *values = input->data;
    uint32_t *result = outputs[0]->data;
    uint32_t count = dsp_count(input);
    for (uint32_t i = 0; i < count; ++i) {
        result[i] = values[i] > block->values[0].number;
    }
    return NULL;
}

const dsp_block_type_t dsp_block_binary_classification = {
    .name = "binary_classification",
    .parameters = binary_parameters,
    .parameter_count = 1,
    .output_count = 1,
    .follows_rows = true,
    .prepare = binary_prepare,
    .run = binary_run,
};

static const dsp_parameter_t quantise_parameters[] = {
    { .name = "scale", .kind = DSP_NUMBER, .required = true, .lowest = 1e-30f, .highest = INFINITY },
    { .name = "zero_point", .kind = DSP_INTEGER, .lowest = -32768.0f, .highest = 32767.0f },
};

static int32_t lowest_of(uint8_t type) {
    return type == RUNIC_U8 ? 0 : type == RUNIC_I8 ? INT8_MIN : INT16_MIN;
}

static int32_t highest_of(uint8_t type) {
    return type == RUNIC_U8 ? UINT8_MAX : type == RUNIC_I8 ? INT8_MAX : INT16_MAX;
}

static dsp_status_t check_zero_point(const dsp_block_t *block, uint8_t type) {
    int32_t zero_point = block->values[1].integer;
    bool fits = zero_point >= lowest_of(type) && zero_point <= highest_of(type);
    return fits ? NULL : "has a zero point out of the type's range";
}

static dsp_status_t quantize_prepare(dsp_block_t *block) {
    dsp_status_t status = require_each(block, FLOATS, QUANTISED);
    return status != NULL ? status : check_zero_point(block, block->outputs[0].type);
}

// Nearest integer, halves away from zero, saturating well beyond 16 bits; 0 for NaN.
static int32_t round_float(float value) {
    float magnitude = value < 0.0f ? -value : value;
    if (!(magnitude < 1e6f)) {
        return value > 0.0f ? 1000000 : value < 0.0f ? -1000000 : 0;
    }
    int32_t whole = (int32_t)magnitude;
    whole += magnitude - (float)whole >= 0.5f;
    return value < 0.0f ? -whole : whole;
}

static void store_quantised(const runic_tensor_t *tensor, uint32_t index, int32_t value) {
    if (tensor->type == RUNIC_I16) {
        ((int16_t *)tensor->data)[index] = (int16_t)value;
    } else {
        ((uint8_t *)tensor->data)[index] = (uint8_t)value;
    }
}

static dsp_status_t quantize_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    const float *values = input->data;
    int32_t lowest = lowest_of(outputs[0]->type), highest = highest_of(outputs[0]->type);
    uint32_t count = dsp_count(input);
    for (uint32_t i = 0; i < count; ++i) {
        int32_t value = round_float(values[i] / block->values[0].number) + block->values[1].integer;
        store_quantised(outputs[0], i, value < lowest ? lowest : value > highest ? highest : value);
    }
    return NULL;
}

const dsp_block_type_t dsp_block_quantize = {
    .name = "quantize",
    .parameters = quantise_parameters,
    .parameter_count = 2,
    .output_count = 1,
    .follows_rows = true,
    .prepare = quantize_prepare,
    .run = quantize_run,
};

static dsp_status_t dequantize_prepare(dsp_block_t *block) {
    dsp_status_t status = require_each(block, QUANTISED, FLOATS);
    return status != NULL ? status : check_zero_point(block, block->input.type);
}

static dsp_status_t dequantize_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    float *result = outputs[0]->data;
    uint32_t count = dsp_count(input);
    for (uint32_t i = 0; i < count; ++i) {
        int32_t value = (int32_t)dsp_load_integer(input, i) - block->values[1].integer;
        result[i] = (float)value * block->values[0].number;
    }
    return NULL;
}

const dsp_block_type_t dsp_block_dequantize = {
    .name = "dequantize",
    .parameters = quantise_parameters,
    .parameter_count = 2,
    .output_count = 1,
    .follows_rows = true,
    .prepare = dequantize_prepare,
    .run = dequantize_run,
};
