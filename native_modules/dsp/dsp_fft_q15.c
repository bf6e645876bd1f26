// Real transform of 16-bit integers: see dsp_fft_q15.h.

#include <stdbool.h>

#include "dsp_fft_q15.h"
#include "dsp_mve.h"
#include "dsp_pair.h"
#include "dsp_reversed.h"
#include "dsp_turn.h"

// What comes in is divided by 4 and stays within 16 bits: no turn is more than a quarter.
static inline void four_plain(dsp_word_t *at, dsp_pair_t a, dsp_pair_t b, dsp_pair_t c, dsp_pair_t d) {
    dsp_pair_t near_sum = dsp_pair_half_sum(a, b), near_difference = dsp_pair_half_difference(a, b);
    dsp_pair_t far_sum = dsp_pair_half_sum(c, d), far_difference = dsp_pair_half_difference(c, d);
    dsp_pair_store(at, dsp_pair_half_sum(near_sum, far_sum));
    dsp_pair_store(at + 1, dsp_pair_half_difference_i(near_difference, far_difference));
    dsp_pair_store(at + 2, dsp_pair_half_difference(near_sum, far_sum));
    dsp_pair_store(at + 3, dsp_pair_half_sum_i(near_difference, far_difference));
}

typedef struct {
    dsp_pair_t first;
    dsp_pair_t second;
    dsp_pair_t third;
} turns_t;

// Divides by 4, or by 8 when `is_first`. Turns come out with the wrong sign and halved.
static inline void four_turned(dsp_word_t *at, uint32_t span, turns_t turns, bool is_first) {
    dsp_pair_t a = dsp_pair_half(dsp_pair_load(at));
    dsp_pair_t b = dsp_pair_turned(dsp_pair_load(at + span), turns.second);
    dsp_pair_t c = dsp_pair_turned(dsp_pair_load(at + 2 * span), turns.first);
    dsp_pair_t d = dsp_pair_turned(dsp_pair_load(at + 3 * span), turns.third);
    dsp_pair_t near_sum = is_first ? dsp_pair_half_difference(a, b) : dsp_pair_difference(a, b);
    dsp_pair_t near_difference = is_first ? dsp_pair_half_sum(a, b) : dsp_pair_sum(a, b);
    dsp_pair_t far_sum = is_first ? dsp_pair_half_sum(c, d) : dsp_pair_sum(c, d);
    dsp_pair_t far_difference = is_first ? dsp_pair_half_difference(c, d) : dsp_pair_difference(c, d);
    dsp_pair_store(at, dsp_pair_half_difference(near_sum, far_sum));
    dsp_pair_store(at + span, dsp_pair_half_sum_i(near_difference, far_difference));
    dsp_pair_store(at + 2 * span, dsp_pair_half_sum(near_sum, far_sum));
    dsp_pair_store(at + 3 * span, dsp_pair_half_difference_i(near_difference, far_difference));
}

static inline __attribute__((always_inline)) void two_stages(dsp_word_t *values, uint32_t count, uint32_t span,
    bool is_first) {
    uint32_t step = DSP_RFFT_LONGEST / 4 / span;
    const dsp_word_t *first = dsp_twiddles_q15, *second = first, *third = first;
    const dsp_word_t *end = values + count;
    for (uint32_t k = 0; k < span; ++k) {
        turns_t turns = { dsp_pair_load(first), dsp_pair_load(second), dsp_pair_load(third) };
        dsp_word_t *at = values + k;
        do {
            four_turned(at, span, turns, is_first);
            at += 4 * span;
        } while (at < end);
        first += step;
        second += 2 * step;
        third += 3 * step;
    }
}

// The first stage or the first two, which turn by quarters only, take the values in reverse order.
static uint32_t first_stages(const dsp_word_t *from, dsp_word_t *to, uint32_t count) {
    uint32_t shift = dsp_reversed_shift(count);
    if ((__builtin_ctz(count) & 1) != 0) {
        for (uint32_t n = 0; n < count; n += 2) {
            const dsp_word_t *place = from + (dsp_reversed(n) >> shift);
            dsp_pair_t a = dsp_pair_load(place), b = dsp_pair_load(place + count / 2);
            dsp_pair_store(to + n, dsp_pair_half_sum(a, b));
            dsp_pair_store(to + n + 1, dsp_pair_half_difference(a, b));
        }
        return 2;
    }
    for (uint32_t n = 0; n < count; n += 4) {
        const dsp_word_t *place = from + (dsp_reversed(n) >> shift);
        four_plain(to + n, dsp_pair_load(place), dsp_pair_load(place + count / 2), dsp_pair_load(place + count / 4),
            dsp_pair_load(place + count / 4 * 3));
    }
    return 4;
}

// From the transform of the even values as real and the odd ones as imaginary parts. No sum overflows:
// no bin of a signal within 16 bits but the first and the last is over 0.71 of its length.
static void split(dsp_word_t *all, uint32_t count) {
    uint32_t step = DSP_RFFT_LONGEST / 2 / count;
    const dsp_word_t *turn = dsp_twiddles_q15;
    dsp_word_t *own = all, *mirror = all + count;
    int32_t re = (int16_t)*own, im = (int16_t)(*own >> 16);
    *own = ((uint32_t)(re + im) & 0xffff) | (uint32_t)(re - im) << 16;
    while (++own <= --mirror) {
        turn += step;
        dsp_pair_t near = dsp_pair_load(own), far = dsp_pair_load(mirror);
        dsp_pair_t half_sum = dsp_pair_half_sum(near, far);
        dsp_pair_t half_difference = dsp_pair_half_difference(near, far);
        dsp_pair_t even = dsp_pair_mix(half_sum, half_difference);
        dsp_pair_t odd = dsp_pair_turned_quarter(dsp_pair_mix(half_difference, half_sum), dsp_pair_load(turn));
        dsp_pair_t below = dsp_pair_difference(even, odd);
        dsp_pair_t above = dsp_pair_difference(odd, even);
        dsp_pair_store(mirror, dsp_pair_mix(below, above));
        dsp_pair_store(own, dsp_pair_sum(even, odd));
    }
}

void dsp_rfft_q15(const int16_t *values, int16_t *out, uint32_t length) {
    #ifdef DSP_HAS_MVE
    if (length >= DSP_MVE_SHORTEST) {
        dsp_mve_rfft_q15(values, out, length);
        return;
    }
    #endif
    dsp_word_t *all = (dsp_word_t *)out;
    uint32_t count = length / 2;
    uint32_t span = first_stages((const dsp_word_t *)values, all, count);
    two_stages(all, count, span, true);
    for (span *= 4; span < count; span *= 4) {
        two_stages(all, count, span, false);
    }
    split(all, count);
}
