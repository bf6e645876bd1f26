// Reading single elements of tensors: see dsp_element.h.

#include "dsp_element.h"

int64_t dsp_load_integer(const runic_tensor_t *tensor, uint32_t index) {
    switch (tensor->type) {
        case RUNIC_U8:
            return ((const uint8_t *)tensor->data)[index];
        case RUNIC_I8:
            return ((const int8_t *)tensor->data)[index];
        case RUNIC_U16:
            return ((const uint16_t *)tensor->data)[index];
        case RUNIC_I16:
            return ((const int16_t *)tensor->data)[index];
        case RUNIC_U32:
            return ((const uint32_t *)tensor->data)[index];
        default:
            return ((const int32_t *)tensor->data)[index];
    }
}

// A float's bits, without the sign, grow with its magnitude; both zeros are 0.
static int64_t float_key(float value) {
    if (value != value) {
        return DSP_KEY_NAN;
    }
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    int64_t magnitude = bits & 0x7FFFFFFFu;
    return (bits >> 31) != 0 ? -magnitude : magnitude;
}

int64_t dsp_order_key(const runic_tensor_t *tensor, uint32_t index) {
    if (tensor->type == RUNIC_F32) {
        return float_key(((const float *)tensor->data)[index]);
    }
    return dsp_load_integer(tensor, index);
}

uint32_t dsp_find_largest(const runic_tensor_t *tensor, uint32_t start, uint32_t count, int64_t *key) {
    uint32_t best = 0;
    *key = dsp_order_key(tensor, start);
    for (uint32_t i = 1; i < count; ++i) {
        int64_t candidate = dsp_order_key(tensor, start + i);
        if (candidate > *key) {
            *key = candidate;
            best = i;
        }
    }
    return best;
}

uint32_t dsp_find_next(const runic_tensor_t *tensor, uint32_t count, int64_t *key, uint32_t index) {
    uint32_t best = count;
    int64_t best_key = DSP_KEY_NAN;
    for (uint32_t i = 0; i < count; ++i) {
        int64_t candidate = dsp_order_key(tensor, i);
        bool after = candidate < *key || (candidate == *key && i > index);
        if (after && (best == count || candidate > best_key)) {
            best = i;
            best_key = candidate;
        }
    }
    *key = best_key;
    return best;
}
