// What a sum becomes, by the steps that dsp.h, scalar.h and thumb2.h bring.

#ifndef NN_FINISH_H
#define NN_FINISH_H

static inline int32_t nn_shift_left(int32_t value, int32_t shift) {
    return (int32_t)((uint32_t)value << shift);
}

// nn_fast.h says for which scales this is nn_requantise. `half` has the output's offset in it. With
// a multiplier of 0 a sum may be any, so that twice of it may pass 2^31.
static inline int8_t nn_finish(int32_t sum, int32_t multiplier, int32_t shift, int32_t half) {
    int32_t high = nn_high(nn_shift_left(sum, 1), multiplier);
    return nn_saturate_half((high + (high >> 31) + half) >> shift);
}

#endif // NN_FINISH_H
