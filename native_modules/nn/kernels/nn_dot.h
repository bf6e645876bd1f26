// Dot products, the inner loops of everything with weights.

#ifndef NN_DOT_H
#define NN_DOT_H

#include <stdint.h>

// Both factors fit 16 bits with room, which is what lets compilers use a
// multiply-accumulate of pairs. Unsigned, since a sum may wrap as the
// reference's does.
static inline uint32_t nn_dot_s8(const int8_t *input, const int8_t *filter, int32_t count,
    int16_t input_offset) {
    uint32_t sum = 0;
    for (int32_t i = 0; i < count; ++i) {
        sum += (uint32_t)((int16_t)(input[i] + input_offset) * (int16_t)filter[i]);
    }
    return sum;
}

// Four sums side by side: no multiplication waits for the previous addition.
static inline float nn_dot_f32(const float *input, const float *filter, int32_t count) {
    float sums[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
    int32_t i = 0;
    for (; i + 4 <= count; i += 4) {
        sums[0] += input[i] * filter[i];
        sums[1] += input[i + 1] * filter[i + 1];
        sums[2] += input[i + 2] * filter[i + 2];
        sums[3] += input[i + 3] * filter[i + 3];
    }
    float rest = 0.0f;
    for (; i < count; ++i) {
        rest += input[i] * filter[i];
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest;
}

#endif // NN_DOT_H
