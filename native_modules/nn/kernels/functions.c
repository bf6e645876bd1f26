// Functions of one number: float32 ones, CAST, and what fills tables for int8.

#include <math.h>
#include <string.h>

#include "nn_fixedpoint.h"
#include "nn_group_kernels.h"

// --- float32

void nn_map_f32(float (*function)(float), int32_t count, const float *input, float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = function(input[i]);
    }
}

float nn_negative(float value) {
    return -value;
}

float nn_reciprocal_root(float value) {
    return 1.0f / sqrtf(value);
}

float nn_elu(float value) {
    return value < 0.0f ? expm1f(value) : value;
}

float nn_hard_swish(float value) {
    float gate = value + 3.0f;
    gate = gate < 0.0f ? 0.0f : gate > 6.0f ? 6.0f : gate;
    return value * gate / 6.0f;
}

void nn_leaky_relu_f32(float alpha, int32_t count, const float *input, float *output) {
    for (int32_t i = 0; i < count; ++i) {
        output[i] = input[i] > 0.0f ? input[i] : input[i] * alpha;
    }
}

// --- CAST

static int32_t load_integer(int32_t from, const void *input, int32_t i) {
    switch (from) {
        case NN_CAST_S8:
            return ((const int8_t *)input)[i];
        case NN_CAST_S16:
            return ((const int16_t *)input)[i];
        case NN_CAST_BOOL:
            return ((const uint8_t *)input)[i] != 0;
        default:
            return ((const int32_t *)input)[i];
    }
}

static void store_integer(int32_t to, int32_t value, void *output, int32_t i) {
    switch (to) {
        case NN_CAST_S8:
            ((int8_t *)output)[i] = (int8_t)value;
            break;
        case NN_CAST_S16:
            ((int16_t *)output)[i] = (int16_t)value;
            break;
        case NN_CAST_BOOL:
            ((uint8_t *)output)[i] = value != 0;
            break;
        default:
            ((int32_t *)output)[i] = value;
            break;
    }
}

static int32_t integer_of(int32_t to, float value) {
    const float ends[] = { 128.0f, 32768.0f, 2147483648.0f };
    if (to == NN_CAST_BOOL) {
        return value != 0.0f;
    }
    if (value >= ends[to]) {
        return to == NN_CAST_S32 ? INT32_MAX : (int32_t)ends[to] - 1;
    }
    if (value < -ends[to]) {
        return to == NN_CAST_S32 ? INT32_MIN : -(int32_t)ends[to];
    }
    return value == value ? (int32_t)value : 0;
}

void nn_cast(int32_t from, int32_t to, int32_t count, const void *input, void *output) {
    if (from == NN_CAST_F32 && to == NN_CAST_F32) {
        memmove(output, input, (size_t)count * sizeof(float));
        return;
    }
    for (int32_t i = 0; i < count; ++i) {
        if (from == NN_CAST_F32) {
            store_integer(to, integer_of(to, ((const float *)input)[i]), output, i);
        } else if (to == NN_CAST_F32) {
            ((float *)output)[i] = (float)load_integer(from, input, i);
        } else {
            store_integer(to, load_integer(from, input, i), output, i);
        }
    }
}

// --- HARD_SWISH on int8, in 16 bits: x * clamp(x + 3, 0, 6) / 6

static int16_t saturate_16(int32_t value) {
    return (int16_t)nn_clamp(value, INT16_MIN, INT16_MAX);
}

// Doubled product's high half, halves towards plus infinity; a multiplier is
// below 1, so that nothing saturates.
static int16_t multiply_high_16(int16_t value, int16_t multiplier) {
    return (int16_t)(((int32_t)value * multiplier + (1 << 14)) >> 15);
}

// As on 16 bits, where the mask of a shift past 15 is all ones.
static int16_t divide_power_of_two_16(int16_t value, int32_t exponent) {
    int16_t mask = (int16_t)(uint16_t)((UINT64_C(1) << exponent) - 1);
    int16_t threshold = (int16_t)((mask >> 1) + (value < 0));
    return (int16_t)((value >> exponent) + ((value & mask) > threshold));
}

// value at the scale at which 3.0 is 2^15, saturated: -1 to 1 as Q0.15.
static int16_t gate_of(const nn_hard_swish_quant_t *quant, int16_t value) {
    int32_t shift = quant->relu_shift;
    if (shift > 1) {
        int64_t wide = (int64_t)value * ((int64_t)1 << (shift - 1));
        value = (int16_t)(wide > INT16_MAX ? INT16_MAX : wide < INT16_MIN ? INT16_MIN : wide);
    }
    value = multiply_high_16(value, quant->relu_multiplier);
    if (shift > 0) {
        value = saturate_16(value * 2);
    }
    return shift < 0 ? divide_power_of_two_16(value, -shift) : value;
}

int8_t nn_hard_swish_s8(const nn_hard_swish_quant_t *quant, int32_t value) {
    int16_t raised = (int16_t)((value - quant->input_zero_point) * (1 << 7));
    int16_t unshifted = multiply_high_16(raised, quant->output_multiplier);
    int16_t gate = (int16_t)((gate_of(quant, raised) + (1 << 15)) >> 1); // 0 to 1
    int16_t product = (int16_t)((int32_t)gate * unshifted / (1 << 15)); // towards zero
    int32_t result = divide_power_of_two_16(product, -quant->output_shift)
        + quant->output_zero_point;
    return (int8_t)nn_clamp(result, INT8_MIN, INT8_MAX);
}

// --- 1 / sqrt of an integer

#define ROOT_HEADROOM (20)
#define ROOT_STEPS (5)
#define ROOT_INPUT_BOUND (INT32_C(1) << 29)
#define ROOT_HALF_THREE ((INT32_C(1) << 28) + (INT32_C(1) << 27)) // 1.5 as Q3.28
#define ROOT_HALF_OF_TWO (1518500250) // sqrt(2) / 2 as Q0.31

// Newton's steps in Q3.28, for an input as Q3.28 between 1/4 and 1.
static int32_t refine_root(int32_t input) {
    int32_t half = nn_divide_power_of_two(input, 1);
    int32_t root = INT32_C(1) << 28;
    for (int32_t step = 0; step < ROOT_STEPS; ++step) {
        int32_t cube = nn_saturating_shift_left(
            nn_fixed_multiply(nn_fixed_multiply(root, root), root), 6);
        root = nn_saturating_shift_left(
            nn_fixed_multiply(ROOT_HALF_THREE, root) - nn_fixed_multiply(half, cube), 3);
    }
    return root;
}

nn_scale_t nn_reciprocal_root_scale(int32_t value) {
    if (value <= 1) {
        return (nn_scale_t) { INT32_MAX, 0 };
    }
    nn_scale_t scale = { 0, -11 };
    for (; value >= ROOT_INPUT_BOUND; value /= 4) {
        --scale.shift;
    }
    for (; value < ROOT_INPUT_BOUND / 4; value *= 4) {
        ++scale.shift;
    }
    scale.multiplier = nn_fixed_multiply(refine_root(value >> 1), ROOT_HALF_OF_TWO);
    if (scale.shift > 0) {
        scale.multiplier = nn_wrapping_shift_left(scale.multiplier, scale.shift);
        scale.shift = 0;
    }
    return scale;
}

int32_t nn_reciprocal_root_s8(const nn_scale_t *scale, int32_t centred) {
    nn_scale_t root = nn_reciprocal_root_scale(centred);
    int32_t raised = nn_requantise(1, root.multiplier, root.shift + ROOT_HEADROOM);
    return nn_requantise(raised, scale->multiplier, scale->shift - ROOT_HEADROOM);
}
