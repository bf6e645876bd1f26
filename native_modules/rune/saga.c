// What is counted of a Rune's calls: latencies, results, and what its model reads.

#include <string.h>

#include "saga.h"

#define FLOAT_MANTISSA_BITS (23)
#define FLOAT_EXPONENT_BIAS (127)
#define FLOAT_EXPONENT_SPECIAL (255)
#define CONFIDENCE_SHIFT (SAGA_FRACTION_BITS - 3) // an eighth
#define TURN_STRIDE (7919u)
#define SQUARES_LIMIT (UINT64_C(1) << 62)

size_t saga_bytes(uint32_t stage_count, uint32_t class_count) {
    return sizeof(saga_t) + sizeof(uint16_t) * ((1 + stage_count) * SAGA_BUCKETS + 2 * class_count);
}

void saga_init(saga_t *saga, uint8_t stage_count, uint8_t class_count, uint8_t input_type) {
    saga->format = SAGA_FORMAT;
    saga->stage_count = stage_count;
    saga->class_count = class_count;
    saga->input_type = input_type;
}

bool saga_reads(uint8_t type) {
    return type == RUNIC_I8 || type == RUNIC_U8 || type == RUNIC_I16 || type == RUNIC_U16
           || type == RUNIC_F32;
}

uint8_t saga_classes(const runic_tensor_t *result) {
    uint32_t count;
    if (!saga_reads(result->type) || result->rank == 0 || !runic_tensor_count(result, &count)
        || result->dims[result->rank - 1] != count || count < 2 || count > SAGA_ELEMENTS_MAX) {
        return 0;
    }
    return (uint8_t)(count < SAGA_CLASSES_MAX ? count : SAGA_CLASSES_MAX);
}

static void count_one(uint16_t *counts, uint32_t length, uint32_t index) {
    if (++counts[index] == UINT16_MAX) {
        for (uint32_t i = 0; i < length; ++i) {
            counts[i] /= 2;
        }
    }
}

uint32_t saga_bucket(uint32_t elapsed_us) {
    if (elapsed_us < 4) {
        return elapsed_us;
    }
    uint32_t octave = 31u - (uint32_t)__builtin_clz(elapsed_us);
    uint32_t bucket = 4 * (octave - 1) + ((elapsed_us >> (octave - 2)) & 3u);
    return bucket < SAGA_BUCKETS ? bucket : SAGA_BUCKETS - 1;
}

void saga_count_call(saga_t *saga, uint32_t elapsed_us) {
    ++saga->calls;
    count_one(saga->counts, SAGA_BUCKETS, saga_bucket(elapsed_us));
}

void saga_count_stage(saga_t *saga, uint32_t stage, uint32_t elapsed_us) {
    if (stage < saga->stage_count) {
        count_one(saga->counts + (1 + stage) * SAGA_BUCKETS, SAGA_BUCKETS, saga_bucket(elapsed_us));
    }
}

// A float's bits as an integer with 16 bits of fraction, which ends where 32 bits do; not a
// number is 0.
static int32_t fixed_from_bits(uint32_t bits) {
    int32_t exponent = (int32_t)(bits >> FLOAT_MANTISSA_BITS & 0xff);
    uint32_t mantissa = bits & ((1u << FLOAT_MANTISSA_BITS) - 1);
    if (exponent == FLOAT_EXPONENT_SPECIAL && mantissa != 0) {
        return 0;
    }
    mantissa |= 1u << FLOAT_MANTISSA_BITS;
    int32_t shift = exponent - FLOAT_EXPONENT_BIAS - FLOAT_MANTISSA_BITS + SAGA_FRACTION_BITS;
    int32_t value = INT32_MAX;
    if (shift <= -FLOAT_MANTISSA_BITS - 1) {
        value = 0;
    } else if (shift <= 0) {
        value = (int32_t)(mantissa >> -shift);
    } else if (shift < 31 - FLOAT_MANTISSA_BITS) {
        value = (int32_t)(mantissa << shift);
    }
    return bits >> 31 ? -value : value;
}

// An integer that is ordered as the float of these bits is.
static int32_t ordered(uint32_t bits) {
    return (int32_t)(bits >> 31 ? ~bits | 1u << 31 : bits);
}

static int32_t element(const runic_tensor_t *tensor, uint32_t index) {
    switch (tensor->type) {
        case RUNIC_I8:
            return ((const int8_t *)tensor->data)[index];
        case RUNIC_U8:
            return ((const uint8_t *)tensor->data)[index];
        case RUNIC_I16:
            return ((const int16_t *)tensor->data)[index];
        case RUNIC_U16:
            return ((const uint16_t *)tensor->data)[index];
        default:
            return fixed_from_bits(((const uint32_t *)tensor->data)[index]);
    }
}

#define DEFINE_LARGEST(type, key) \
    static uint32_t largest_##type(const type *elements, uint32_t count) { \
        uint32_t best = 0; \
        for (uint32_t i = 1; i < count; ++i) { \
            best = key(elements[i]) > key(elements[best]) ? i : best; \
        } \
        return best; \
    }

DEFINE_LARGEST(int8_t, )
DEFINE_LARGEST(uint8_t, )
DEFINE_LARGEST(int16_t, )
DEFINE_LARGEST(uint16_t, )
DEFINE_LARGEST(uint32_t, ordered)

static uint32_t place_of_largest(const runic_tensor_t *result, uint32_t count) {
    switch (result->type) {
        case RUNIC_I8:
            return largest_int8_t(result->data, count);
        case RUNIC_U8:
            return largest_uint8_t(result->data, count);
        case RUNIC_I16:
            return largest_int16_t(result->data, count);
        case RUNIC_U16:
            return largest_uint16_t(result->data, count);
        default:
            return largest_uint32_t(result->data, count);
    }
}

// Where classes are counted, behind all latencies.
static uint16_t *classes_of(saga_t *saga, bool is_golden) {
    uint16_t *classes = saga->counts + (1u + saga->stage_count) * SAGA_BUCKETS;
    return is_golden ? classes + saga->class_count : classes;
}

void saga_count_result(saga_t *saga, const runic_tensor_t *result, const saga_scale_t *scale,
    bool is_golden) {
    uint32_t best = place_of_largest(result, result->dims[result->rank - 1]);
    int32_t largest = element(result, best);
    uint32_t class = best < saga->class_count ? best : saga->class_count - 1u;
    count_one(classes_of(saga, is_golden), saga->class_count, class);
    int64_t share = largest;
    if (scale->factor != 0) {
        share = (int64_t)(largest - scale->zero_point) * scale->factor;
    }
    int64_t eighth = share < 0 ? 0 : share >> CONFIDENCE_SHIFT;
    uint32_t confidence = eighth < SAGA_CONFIDENCES ? (uint32_t)eighth : SAGA_CONFIDENCES - 1;
    uint16_t *confidences = is_golden ? saga->golden_confidences : saga->confidences;
    count_one(confidences, SAGA_CONFIDENCES, confidence);
}

void saga_forget_baseline(saga_t *saga) {
    memset(&saga->baseline, 0, sizeof(saga->baseline));
    memset(saga->golden_confidences, 0, sizeof(saga->golden_confidences));
    memset(classes_of(saga, true), 0, sizeof(uint16_t) * saga->class_count);
}

void saga_add_inputs(saga_inputs_t *inputs, const runic_tensor_t *tensor, uint32_t step,
    uint32_t turn) {
    uint32_t count = tensor->capacity_bytes / runic_type_bytes(tensor->type);
    int shift = tensor->type == RUNIC_F32 ? SAGA_FRACTION_BITS : 0;
    int64_t sum = 0;
    uint64_t squares = 0;
    // A prime spreads calls that follow each other over the input.
    for (uint32_t i = turn * TURN_STRIDE % step; i < count; i += step) {
        int32_t value = element(tensor, i);
        sum += value;
        squares += (uint64_t)((int64_t)value * value) >> shift;
        ++inputs->count;
    }
    ++inputs->windows;
    inputs->sum += sum;
    inputs->squares += squares;
    if (inputs->squares >= SQUARES_LIMIT || inputs->count > INT32_MAX) {
        inputs->sum /= 2;
        inputs->squares /= 2;
        inputs->count /= 2;
        inputs->windows /= 2;
    }
}
