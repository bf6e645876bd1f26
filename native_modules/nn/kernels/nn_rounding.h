// How an int32 accumulator becomes an int8: the rounding semantics, in one place.
//
// A firmware has one of two versions, chosen when it is built. `tflm-double` is what TensorFlow
// Lite Micro and CMSIS-NN do by default: the product is rounded twice, first to the high 32 bits
// of twice the product (halves towards plus infinity), then by the right shift (halves away from
// zero). `tflm-single` rounds once. They differ in about one output in a thousand, so kernels,
// converter and trainer must agree on the version by name.

#ifndef NN_ROUNDING_H
#define NN_ROUNDING_H

#include <stdint.h>

// 1 for `tflm-single`; micropython.mk and .cmake set it from NN_ROUNDING.
#ifndef NN_SINGLE_ROUNDING
#define NN_SINGLE_ROUNDING (0)
#endif

// Doubled product's high half. multiplier is in [0, 2^31), so nothing saturates.
static inline int32_t nn_multiply_high(int32_t value, int32_t multiplier) {
    return (int32_t)(((int64_t)value * multiplier + ((int64_t)1 << 30)) >> 31);
}

// value / 2^exponent, halves away from zero; 0 <= exponent <= 31.
static inline int32_t nn_divide_power_of_two(int32_t value, int32_t exponent) {
    int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1);
    int32_t threshold = (mask >> 1) + (value < 0);
    return (value >> exponent) + ((value & mask) > threshold);
}

// Sum and product that wrap like the reference's machine code does.
static inline int32_t nn_wrapping_add(int32_t one, int32_t other) {
    return (int32_t)((uint32_t)one + (uint32_t)other);
}

static inline int32_t nn_wrapping_shift_left(int32_t value, int32_t shift) {
    return (int32_t)((uint32_t)value << shift);
}

// value * multiplier * 2^(shift - 31); -31 <= shift <= 30.
#if NN_SINGLE_ROUNDING

#define NN_ROUNDING_NAME "tflm-single"

static inline int32_t nn_requantise(int32_t value, int32_t multiplier, int32_t shift) {
    int32_t right = 31 - shift;
    return (int32_t)(((int64_t)value * multiplier + ((int64_t)1 << (right - 1))) >> right);
}

#else

#define NN_ROUNDING_NAME "tflm-double"

static inline int32_t nn_requantise(int32_t value, int32_t multiplier, int32_t shift) {
    int32_t left = shift > 0 ? shift : 0;
    int32_t right = shift > 0 ? 0 : -shift;
    return nn_divide_power_of_two(
        nn_multiply_high(nn_wrapping_shift_left(value, left), multiplier), right);
}

#endif // NN_SINGLE_ROUNDING

static inline int32_t nn_clamp(int32_t value, int32_t low, int32_t high) {
    value = value < low ? low : value;
    return value > high ? high : value;
}

#endif // NN_ROUNDING_H
