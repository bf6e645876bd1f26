// Real transform of 16-bit integers by vectors of four complex values: see dsp_mve.h.
//
// The names are those of dsp_fft_q15.c. A vector's even elements are real parts.

#include "dsp_mve.h"

#ifdef DSP_HAS_MVE

#include <arm_mve.h>

#include "dsp_turn.h"

#define LANES (4u)

typedef uint32_t __attribute__((may_alias)) word_t;

static inline int16x8_t load(const word_t *place) {
    return (int16x8_t)vldrwq_u32(place);
}

static inline void store(word_t *place, int16x8_t value) {
    vstrwq_u32(place, (uint32x4_t)value);
}

static inline int16x8_t half(int16x8_t value) {
    return vshrq_n_s16(value, 1);
}

// Minus half of `value` turned back, rounded, where neither part of what it is turned to is beyond 16
// bits: after the first turns, which halve once more, no value is longer than 0.71 of full scale.
static inline int16x8_t turned(int16x8_t value, int16x8_t turn) {
    int16x8_t product;
    __asm__ ("vqdmlsdhx.s16 %q0, %q1, %q2\n\tvqdmladh.s16 %q0, %q1, %q2"
        : "=&w" (product) : "w" (value), "w" (turn));
    return vrshrq_n_s16(product, 1);
}

// From sums of products, of real and of imaginary parts.
static inline int16x8_t rounded(int32x4_t re, int32x4_t im) {
    __asm__ ("vrshrnb.i32 %q0, %q0, #16\n\tvrshrnt.i32 %q0, %q1, #16" : "+w" (re) : "w" (im));
    return (int16x8_t)re;
}

// The same of values of any length.
static inline int16x8_t turned_any(int16x8_t value, int16x8_t turn) {
    int16x8_t swapped = vrev32q_s16(value);
    int32x4_t re = vaddq_s32(vmullbq_int_s16(value, turn), vmulltq_int_s16(value, turn));
    int32x4_t im = vsubq_s32(vmullbq_int_s16(swapped, turn), vmulltq_int_s16(swapped, turn));
    return rounded(re, im);
}

typedef struct {
    int16x8_t a, b, c, d;
} four_t;

// Places of the four values of a step, and then of the next one's.
typedef struct {
    word_t *a, *b, *c, *d;
} places_t;

static inline places_t places_of(word_t *at, uint32_t apart) {
    return (places_t) { at, at + apart, at + 2 * apart, at + 3 * apart };
}

static inline void advance(places_t *at, uint32_t by) {
    at->a += by;
    at->b += by;
    at->c += by;
    at->d += by;
}

// The later of two stages; `far` values have the wrong sign.
static inline void store_four(const places_t *at, four_t sums) {
    store(at->a, vhsubq_s16(sums.a, sums.c));
    store(at->b, vhcaddq_rot90_s16(sums.b, sums.d));
    store(at->c, vhaddq_s16(sums.a, sums.c));
    store(at->d, vhcaddq_rot270_s16(sums.b, sums.d));
}

typedef struct {
    int16x8_t first, second, third;
} turns_t;

// `turn` is how many of the table's steps the first value turns by.
static inline turns_t load_turns(uint32x4_t turn) {
    uint32x4_t twice = vaddq_u32(turn, turn);
    return (turns_t) {
        (int16x8_t)vldrwq_gather_shifted_offset_u32(dsp_twiddles_q15, turn),
        (int16x8_t)vldrwq_gather_shifted_offset_u32(dsp_twiddles_q15, twice),
        (int16x8_t)vldrwq_gather_shifted_offset_u32(dsp_twiddles_q15, vaddq_u32(twice, turn)),
    };
}

// Divides by 4.
static inline void four_turned(const places_t *at, turns_t turns) {
    int16x8_t a = half(load(at->a)), b = turned(load(at->b), turns.second);
    int16x8_t c = turned(load(at->c), turns.first), d = turned(load(at->d), turns.third);
    store_four(at, (four_t) { vsubq_s16(a, b), vaddq_s16(a, b), vaddq_s16(c, d), vsubq_s16(c, d) });
}

// Divides by 8.
static inline void four_turned_first(const places_t *at, turns_t turns) {
    int16x8_t a = half(load(at->a)), b = turned_any(load(at->b), turns.second);
    int16x8_t c = turned_any(load(at->c), turns.first), d = turned_any(load(at->d), turns.third);
    store_four(at, (four_t) { vhsubq_s16(a, b), vhaddq_s16(a, b), vhaddq_s16(c, d), vhsubq_s16(c, d) });
}

// Two stages in several steps of 4 * span values each.
static void two_stages(word_t *values, uint32_t count, uint32_t span) {
    uint32_t step = DSP_RFFT_LONGEST / 4 / span;
    uint32x4_t turn = vmulq_n_u32(vidupq_n_u32(0, 1), step);
    for (uint32_t k = 0; k < span; k += LANES) {
        turns_t turns = load_turns(turn);
        places_t at = places_of(values + k, span);
        for (uint32_t left = count / (4 * span); left > 0; --left) {
            four_turned(&at, turns);
            advance(&at, 4 * span);
        }
        turn = vaddq_n_u32(turn, LANES * step);
    }
}

// The last two, in one step.
static void last_two_stages(word_t *values, uint32_t count) {
    uint32_t step = DSP_RFFT_LONGEST / count;
    uint32x4_t turn = vmulq_n_u32(vidupq_n_u32(0, 1), step);
    places_t at = places_of(values, count / 4);
    for (uint32_t left = count / 4; left > 0; left -= LANES) {
        four_turned(&at, load_turns(turn));
        advance(&at, LANES);
        turn = vaddq_n_u32(turn, LANES * step);
    }
}

// Addresses of what stands bit-reversed: a place in words, reversed, is one in bytes.
static inline uint32x4_t reversed(word_t *to, uint32x4_t places, uint32_t count) {
    return vaddq_n_u32(vbrsrq_n_u32(places, __builtin_ctz(count) + 2), (uint32_t)(uintptr_t)to);
}

// At the addresses and so many bytes on.
#define SCATTER(addresses, bytes, values) vstrwq_scatter_base_u32(addresses, bytes, (uint32x4_t)(values))

// The first two stages, which turn by quarters only, take neighbours that stand in reverse order.
static void first_two_stages(const word_t *from, word_t *to, uint32_t count) {
    places_t at = places_of((word_t *)from, count / 4);
    uint32x4_t place = vidupq_n_u32(0, 1);
    for (uint32_t left = count / 4; left > 0; left -= LANES) {
        int16x8_t a = load(at.a), b = load(at.c), c = load(at.b), d = load(at.d);
        int16x8_t near_sum = vhaddq_s16(a, b), near_difference = vhsubq_s16(a, b);
        int16x8_t far_sum = vhaddq_s16(c, d), far_difference = vhsubq_s16(c, d);
        uint32x4_t places = reversed(to, place, count);
        SCATTER(places, 0, vhaddq_s16(near_sum, far_sum));
        SCATTER(places, 4, vhcaddq_rot270_s16(near_difference, far_difference));
        SCATTER(places, 8, vhsubq_s16(near_sum, far_sum));
        SCATTER(places, 12, vhcaddq_rot90_s16(near_difference, far_difference));
        advance(&at, LANES);
        place = vaddq_n_u32(place, LANES);
    }
}

// The first stage's sums, and two stages of turns by quarters: divided by 8.
static inline four_t turned_plain(four_t near, four_t far) {
    int16x8_t a = half(vhaddq_s16(near.a, far.a)), b = half(vhaddq_s16(near.b, far.b));
    int16x8_t near_sum = vhaddq_s16(a, b), near_difference = vhsubq_s16(a, b);
    int16x8_t c = half(vhaddq_s16(near.c, far.c)), d = half(vhaddq_s16(near.d, far.d));
    int16x8_t far_sum = vrhaddq_s16(c, d), far_difference = vhsubq_s16(d, c);
    return (four_t) {
        vhaddq_s16(near_sum, far_sum), vhcaddq_rot90_s16(near_difference, far_difference),
        vhsubq_s16(near_sum, far_sum), vhcaddq_rot270_s16(near_difference, far_difference),
    };
}

// Its differences, turned by eighths, of which both parts are the same number.
static inline four_t turned_eighths(four_t near, four_t far, int16_t eighth) {
    int16x8_t c = vhsubq_s16(near.c, far.c), by = vdupq_n_s16(eighth);
    int32x4_t re = vmullbq_int_s16(c, by), im = vmulltq_int_s16(c, by);
    c = rounded(vaddq_s32(re, im), vsubq_s32(im, re));
    int16x8_t d = vhsubq_s16(near.d, far.d);
    re = vmullbq_int_s16(d, by);
    im = vmulltq_int_s16(d, by);
    d = rounded(vsubq_s32(im, re), vnegq_s32(vaddq_s32(im, re)));
    int16x8_t far_sum = vhaddq_s16(c, d), far_difference = vhsubq_s16(c, d);
    int16x8_t a = half(vhsubq_s16(near.a, far.a));
    int16x8_t b = vhaddq_s16(vhsubq_s16(near.b, far.b), (int16x8_t)vdupq_n_u32(1));
    int16x8_t near_sum = vhcaddq_rot270_s16(a, b), near_difference = vhcaddq_rot90_s16(a, b);
    return (four_t) {
        vhsubq_s16(near_sum, far_sum), vhcaddq_rot90_s16(near_difference, far_difference),
        vhaddq_s16(near_sum, far_sum), vhcaddq_rot270_s16(near_difference, far_difference),
    };
}

// The first three, where there is an odd number.
static void first_three_stages(const word_t *from, word_t *to, uint32_t count) {
    int16_t eighth = (int16_t)dsp_twiddles_q15[DSP_RFFT_LONGEST / 8];
    places_t at = places_of((word_t *)from, count / 4);
    uint32x4_t place = vidupq_n_u32(0, 1);
    uint32_t apart = count / 8;
    for (uint32_t left = count / 8; left > 0; left -= LANES) {
        uint32x4_t places = reversed(to, place, count);
        four_t near = { load(at.a), load(at.b), load(at.a + apart), load(at.b + apart) };
        four_t far = { load(at.c), load(at.d), load(at.c + apart), load(at.d + apart) };
        four_t four = turned_plain(near, far);
        SCATTER(places, 0, four.a);
        SCATTER(places, 8, four.b);
        SCATTER(places, 16, four.c);
        SCATTER(places, 24, four.d);
        four = turned_eighths(near, far, eighth);
        SCATTER(places, 4, four.a);
        SCATTER(places, 12, four.b);
        SCATTER(places, 20, four.c);
        SCATTER(places, 28, four.d);
        advance(&at, LANES);
        place = vaddq_n_u32(place, LANES);
    }
}

// The two after the first two.
static void first_turned_stages(word_t *values, uint32_t count) {
    turns_t turns = load_turns(vmulq_n_u32(vidupq_n_u32(0, 1), DSP_RFFT_LONGEST / 16));
    places_t at = places_of(values, 4);
    for (uint32_t left = count / 16; left > 0; --left) {
        four_turned_first(&at, turns);
        advance(&at, 16);
    }
}

// `value` turned back and by another quarter, rounded; `swapped` is the turn, imaginary part first.
static inline int16x8_t turned_quarter(int16x8_t value, int16x8_t swapped) {
    int16x8_t product;
    __asm__ ("vqrdmlsdh.s16 %q0, %q1, %q2\n\tvqrdmladhx.s16 %q0, %q1, %q2"
        : "=&w" (product) : "w" (value), "w" (swapped));
    return product;
}

// From the transform of the even values as real and the odd ones as imaginary parts; the middle bin
// is its own mirror.
static void split(word_t *all, uint32_t count) {
    mve_pred16_t is_real = 0x3333;
    __asm__ ("" : "+r" (is_real)); // GCC takes constants of this type for all elements or none.
    uint32_t step = DSP_RFFT_LONGEST / 2 / count;
    uint32x4_t turn = vmulq_n_u32(vidupq_n_u32(1, 1), step);
    uint32x4_t mirror = vsubq_u32(vdupq_n_u32((uint32_t)(uintptr_t)(all + count - 1)), vidupq_n_u32(0, 4));
    int32_t re = (int16_t)*all, im = (int16_t)(*all >> 16);
    *all = ((uint32_t)(re + im) & 0xffff) | (uint32_t)(re - im) << 16;
    word_t *own = all + 1;
    for (uint32_t left = count / 2; left > 0; left -= LANES) {
        int16x8_t near = load(own), far = (int16x8_t)vldrwq_gather_base_u32(mirror, 0);
        int16x8_t sum = vhaddq_s16(near, far), difference = vhsubq_s16(near, far);
        int16x8_t even = vpselq_s16(sum, difference, is_real), odd = vpselq_s16(difference, sum, is_real);
        odd = turned_quarter(odd, vrev32q_s16((int16x8_t)vldrwq_gather_shifted_offset_u32(dsp_twiddles_q15, turn)));
        int16x8_t below = vsubq_s16(even, odd), above = vsubq_s16(odd, even);
        SCATTER(mirror, 0, vpselq_s16(below, above, is_real));
        store(own, vaddq_s16(even, odd));
        own += LANES;
        mirror = vsubq_n_u32(mirror, 16);
        turn = vaddq_n_u32(turn, LANES * step);
    }
}

void dsp_mve_rfft_q15(const int16_t *values, int16_t *out, uint32_t length) {
    word_t *all = (word_t *)out;
    uint32_t count = length / 2, span = 8;
    if ((__builtin_ctz(count) & 1) != 0) {
        first_three_stages((const word_t *)values, all, count);
    } else {
        first_two_stages((const word_t *)values, all, count);
        first_turned_stages(all, count);
        span = 16;
    }
    for (; 4 * span < count; span *= 4) {
        two_stages(all, count, span);
    }
    if (span < count) {
        last_two_stages(all, count);
    }
    split(all, count);
}

#endif
