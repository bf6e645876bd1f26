// logistic and tanh from int16 to int16, by interpolation in one table.
//
// Input Q3.12 or what a shift makes of it, output Q0.15. Entry i is the logistic
// function of i / 24 as Q0.16, whose last bits are TensorFlow Lite Micro's.

#ifndef NN_SIGMOID_16_H
#define NN_SIGMOID_16_H

#include <stdint.h>

#define NN_SIGMOID_LAST (255)

extern const uint16_t nn_sigmoid_table[NN_SIGMOID_LAST + 1];

// input times 3 * 2^shift: an index with fraction bits behind it.
static inline int32_t nn_sigmoid_place(int16_t input, int32_t shift) {
    if (shift >= 0) {
        return input * 3 * (INT32_C(1) << shift);
    }
    return (input * 3 + (INT32_C(1) << (-shift - 1))) >> -shift;
}

// place: 512 to an entry.
static inline int16_t nn_logistic_at(int32_t place) {
    uint32_t size = (uint32_t)(place < 0 ? -place : place);
    uint32_t entry = size >> 9;
    uint32_t result = UINT32_C(0x7fff) << 10;
    if (entry < NN_SIGMOID_LAST) {
        uint32_t low = nn_sigmoid_table[entry], high = nn_sigmoid_table[entry + 1];
        result = (low << 9) + (size & 0x1ff) * (high - low);
    }
    result = place >= 0 ? result + (1 << 9) : (UINT32_C(1) << 25) - result + (1 << 9) - 1;
    return (int16_t)(result >> 10);
}

// place: 256 to an entry, since the tangent is the logistic function of twice as much.
static inline int16_t nn_tanh_at(int32_t place) {
    uint32_t size = (uint32_t)(place < 0 ? -place : place);
    uint32_t entry = size >> 8;
    int32_t result = 0xffff << 8;
    if (entry < NN_SIGMOID_LAST) {
        int32_t low = nn_sigmoid_table[entry], high = nn_sigmoid_table[entry + 1];
        result = (low << 8) + (int32_t)(size & 0xff) * (high - low);
    }
    result = place >= 0 ? result - (1 << 23) + (1 << 7) : (1 << 23) - result + (1 << 7) - 1;
    return (int16_t)(result >> 8);
}

static inline int16_t nn_logistic_16(int16_t input) {
    return nn_logistic_at(nn_sigmoid_place(input, 0));
}

// shift: of the input's scale against 2^-12; -15 < shift < 12.
static inline int16_t nn_tanh_16(int16_t input, int32_t shift) {
    return nn_tanh_at(nn_sigmoid_place(input, shift));
}

#endif // NN_SIGMOID_16_H
