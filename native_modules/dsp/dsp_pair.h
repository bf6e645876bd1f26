// Complex numbers of two 16-bit integers and what transforms do with them, on any core.
//
// A pair is a word on cores with the DSP extension, whose instructions work on both halves; elsewhere
// it is two integers. "Half" means divided by two and rounded down.

#ifndef DSP_PAIR_H
#define DSP_PAIR_H

#include <stdint.h>

// Complex numbers lie in arrays of 16-bit integers, real part first; a word of them is one.
typedef uint32_t __attribute__((may_alias)) dsp_word_t;

// A product of two Q15 numbers is halved when it returns to 16 bits.
#define DSP_PAIR_ROUNDING (0x8000)

#ifdef __ARM_FEATURE_DSP
#include <arm_acle.h>

// The real part is the lower half.
typedef int16x2_t dsp_pair_t;

static inline dsp_pair_t dsp_pair_load(const dsp_word_t *place) {
    return (dsp_pair_t)*place;
}

static inline void dsp_pair_store(dsp_word_t *place, dsp_pair_t value) {
    *place = (uint32_t)value;
}

// The lower half of one and the upper half of the other; GCC finds no PKHBT for it.
static inline dsp_pair_t dsp_pair_mix(dsp_pair_t lower, dsp_pair_t upper) {
    dsp_pair_t mixed;
    __asm__ ("pkhbt %0, %1, %2" : "=r" (mixed) : "r" (lower), "r" (upper));
    return mixed;
}

// The upper half of `upper`, and the 16 bits of `lower` from bit `from` on.
#define DSP_PAIR_PACK(lower, upper, from) ({ \
    dsp_pair_t packed; \
    __asm__ ("pkhtb %0, %1, %2, asr #" #from : "=r" (packed) : "r" (upper), "r" (lower)); \
    packed; \
})

static inline dsp_pair_t dsp_pair_half(dsp_pair_t a) {
    return __shadd16(a, 0);
}

static inline dsp_pair_t dsp_pair_sum(dsp_pair_t a, dsp_pair_t b) {
    return __sadd16(a, b);
}

static inline dsp_pair_t dsp_pair_difference(dsp_pair_t a, dsp_pair_t b) {
    return __ssub16(a, b);
}

static inline dsp_pair_t dsp_pair_half_sum(dsp_pair_t a, dsp_pair_t b) {
    return __shadd16(a, b);
}

static inline dsp_pair_t dsp_pair_half_difference(dsp_pair_t a, dsp_pair_t b) {
    return __shsub16(a, b);
}

// Half of a + ib and of a - ib.
static inline dsp_pair_t dsp_pair_half_sum_i(dsp_pair_t a, dsp_pair_t b) {
    return __shasx(a, b);
}

static inline dsp_pair_t dsp_pair_half_difference_i(dsp_pair_t a, dsp_pair_t b) {
    return __shsax(a, b);
}

// Minus half of `value` turned back by the angle of `turn`, which is (-cos, -sin); rounded.
static inline dsp_pair_t dsp_pair_turned(dsp_pair_t value, dsp_pair_t turn) {
    int32_t re = __smlad(value, turn, DSP_PAIR_ROUNDING);
    int32_t im = __smlsdx(turn, value, DSP_PAIR_ROUNDING);
    return DSP_PAIR_PACK(re, im, 16);
}

// `value` turned back by the angle of `turn` and another quarter; rounded.
static inline dsp_pair_t dsp_pair_turned_quarter(dsp_pair_t value, dsp_pair_t turn) {
    int32_t re = __smlsdx(value, turn, DSP_PAIR_ROUNDING / 2);
    int32_t im = __smlad(turn, value, DSP_PAIR_ROUNDING / 2);
    return DSP_PAIR_PACK(re, (uint32_t)im << 1, 15);
}

#else

typedef int16_t __attribute__((may_alias)) dsp_half_t;

typedef struct {
    int32_t re;
    int32_t im;
} dsp_pair_t;

static inline dsp_pair_t dsp_pair_load(const dsp_word_t *place) {
    const dsp_half_t *halves = (const dsp_half_t *)place;
    return (dsp_pair_t) { halves[0], halves[1] };
}

static inline void dsp_pair_store(dsp_word_t *place, dsp_pair_t value) {
    dsp_half_t *halves = (dsp_half_t *)place;
    halves[0] = (int16_t)value.re;
    halves[1] = (int16_t)value.im;
}

static inline dsp_pair_t dsp_pair_mix(dsp_pair_t lower, dsp_pair_t upper) {
    return (dsp_pair_t) { lower.re, upper.im };
}

static inline dsp_pair_t dsp_pair_half(dsp_pair_t a) {
    return (dsp_pair_t) { a.re >> 1, a.im >> 1 };
}

static inline dsp_pair_t dsp_pair_sum(dsp_pair_t a, dsp_pair_t b) {
    return (dsp_pair_t) { a.re + b.re, a.im + b.im };
}

static inline dsp_pair_t dsp_pair_difference(dsp_pair_t a, dsp_pair_t b) {
    return (dsp_pair_t) { a.re - b.re, a.im - b.im };
}

static inline dsp_pair_t dsp_pair_half_sum(dsp_pair_t a, dsp_pair_t b) {
    return dsp_pair_half(dsp_pair_sum(a, b));
}

static inline dsp_pair_t dsp_pair_half_difference(dsp_pair_t a, dsp_pair_t b) {
    return dsp_pair_half(dsp_pair_difference(a, b));
}

static inline dsp_pair_t dsp_pair_half_sum_i(dsp_pair_t a, dsp_pair_t b) {
    return (dsp_pair_t) { (a.re - b.im) >> 1, (a.im + b.re) >> 1 };
}

static inline dsp_pair_t dsp_pair_half_difference_i(dsp_pair_t a, dsp_pair_t b) {
    return (dsp_pair_t) { (a.re + b.im) >> 1, (a.im - b.re) >> 1 };
}

static inline dsp_pair_t dsp_pair_turned(dsp_pair_t value, dsp_pair_t turn) {
    int32_t re = DSP_PAIR_ROUNDING + value.re * turn.re + value.im * turn.im;
    int32_t im = DSP_PAIR_ROUNDING + value.im * turn.re - value.re * turn.im;
    return (dsp_pair_t) { re >> 16, im >> 16 };
}

static inline dsp_pair_t dsp_pair_turned_quarter(dsp_pair_t value, dsp_pair_t turn) {
    int32_t re = DSP_PAIR_ROUNDING / 2 + value.re * turn.im - value.im * turn.re;
    int32_t im = DSP_PAIR_ROUNDING / 2 + value.re * turn.re + value.im * turn.im;
    return (dsp_pair_t) { re >> 15, im >> 15 };
}

#endif

#endif // DSP_PAIR_H
