// The order in which a transform by decimation in time takes its values.

#ifndef DSP_REVERSED_H
#define DSP_REVERSED_H

#include <stdint.h>

// The 32 bits of a word in reverse.
static inline uint32_t dsp_reversed(uint32_t word) {
    #if defined(__ARM_ARCH) && __ARM_ARCH_ISA_THUMB >= 2
    uint32_t result;
    __asm__ ("rbit %0, %1" : "=r" (result) : "r" (word));
    return result;
    #else
    word = (word & 0x55555555) << 1 | (word >> 1 & 0x55555555);
    word = (word & 0x33333333) << 2 | (word >> 2 & 0x33333333);
    word = (word & 0x0f0f0f0f) << 4 | (word >> 4 & 0x0f0f0f0f);
    word = (word & 0x00ff00ff) << 8 | (word >> 8 & 0x00ff00ff);
    return word << 16 | word >> 16;
    #endif
}

// By how much a reversed word goes down to be a place among `count`, a power of two from 2 on.
static inline uint32_t dsp_reversed_shift(uint32_t count) {
    return (uint32_t)__builtin_clz(count) + 1;
}

#endif // DSP_REVERSED_H
