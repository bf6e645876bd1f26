// The block modulo: remainders with the sign of the dividend, exact for integers.

#include <math.h>

#include "dsp_block_table.h"
#include "dsp_element.h"

#define WIDE (DSP_BIT(RUNIC_U64) | DSP_BIT(RUNIC_I64))

// From here on every 64-bit magnitude is its own remainder.
#define BEYOND_64_BITS (0x1p64f)

static const dsp_parameter_t parameters[] = {
    { .name = "modulus", .kind = DSP_NUMBER, .lowest = -INFINITY, .highest = INFINITY, .standard.number = 1.0f },
};

static float modulus_of(const dsp_block_t *block) {
    float modulus = block->values[0].number;
    return modulus < 0.0f ? -modulus : modulus;
}

static bool is_whole(float value) {
    return fmodf(value, 1.0f) == 0.0f;
}

static dsp_status_t modulo_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_NUMERIC, DSP_BIT(block->input.type));
    if (status != NULL) {
        return status;
    }
    float modulus = modulus_of(block);
    if (modulus == 0.0f || modulus > 3e38f) {
        return "needs a modulus that is not 0 and not infinite";
    }
    if ((DSP_BIT(block->input.type) & WIDE) != 0 && !is_whole(modulus)) {
        return "needs a whole modulus for 64-bit integers";
    }
    return dsp_require_as_many(block);
}

static uint64_t remainder_of(uint64_t magnitude, float modulus) {
    return modulus < BEYOND_64_BITS ? magnitude % (uint64_t)modulus : magnitude;
}

static int64_t load_signed(const runic_tensor_t *tensor, uint32_t index) {
    return tensor->type == RUNIC_I64 ? ((const int64_t *)tensor->data)[index] : dsp_load_integer(tensor, index);
}

static int64_t integer_remainder(int64_t value, float modulus) {
    if (!is_whole(modulus)) {
        return (int64_t)fmodf((float)value, modulus);
    }
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    uint64_t remainder = remainder_of(magnitude, modulus);
    return value < 0 ? -(int64_t)(remainder - 1) - 1 : (int64_t)remainder;
}

static void store_integer(const runic_tensor_t *tensor, uint32_t index, int64_t value) {
    switch (runic_type_bytes(tensor->type)) {
        case 1:
            ((uint8_t *)tensor->data)[index] = (uint8_t)value;
            break;
        case 2:
            ((uint16_t *)tensor->data)[index] = (uint16_t)value;
            break;
        case 4:
            ((uint32_t *)tensor->data)[index] = (uint32_t)value;
            break;
        default:
            ((int64_t *)tensor->data)[index] = value;
            break;
    }
}

static dsp_status_t modulo_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    float modulus = modulus_of(block);
    uint32_t count = dsp_count(input);
    for (uint32_t i = 0; i < count; ++i) {
        if (input->type == RUNIC_F32) {
            ((float *)outputs[0]->data)[i] = fmodf(((const float *)input->data)[i], modulus);
        } else if (input->type == RUNIC_U64) {
            ((uint64_t *)outputs[0]->data)[i] = remainder_of(((const uint64_t *)input->data)[i], modulus);
        } else {
            store_integer(outputs[0], i, integer_remainder(load_signed(input, i), modulus));
        }
    }
    return NULL;
}

const dsp_block_type_t dsp_block_modulo = {
    .name = "modulo",
    .parameters = parameters,
    .parameter_count = 1,
    .output_count = 1,
    .follows_rows = true,
    .prepare = modulo_prepare,
    .run = modulo_run,
};
