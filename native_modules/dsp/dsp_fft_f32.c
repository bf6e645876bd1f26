// Real transform in single precision: see dsp_fft_f32.h.

#include <stdbool.h>

#include "dsp_fft_f32.h"
#include "dsp_mve.h"
#include "dsp_reversed.h"
#include "dsp_turn.h"

#define QUARTER (DSP_RFFT_LONGEST / 4)

typedef struct {
    float re;
    float im;
} complex_t;

static inline complex_t sum(complex_t a, complex_t b) {
    return (complex_t) { a.re + b.re, a.im + b.im };
}

static inline complex_t difference(complex_t a, complex_t b) {
    return (complex_t) { a.re - b.re, a.im - b.im };
}

static inline complex_t turned(complex_t value, complex_t turn) {
    return (complex_t) { value.re * turn.re + value.im * turn.im, value.im * turn.re - value.re * turn.im };
}

// Two stages whose turns are none and a quarter: no multiplication.
static inline void four_plain(complex_t *at, uint32_t span, complex_t a, complex_t b, complex_t c, complex_t d) {
    complex_t near_sum = sum(a, b), near_difference = difference(a, b);
    complex_t far_sum = sum(c, d), far_difference = difference(c, d);
    complex_t quarter_turned = { far_difference.im, -far_difference.re };
    at[0] = sum(near_sum, far_sum);
    at[span] = sum(near_difference, quarter_turned);
    at[2 * span] = difference(near_sum, far_sum);
    at[3 * span] = difference(near_difference, quarter_turned);
}

// The second of the two stages turns by `second`, and by `later`, which is a quarter turn on.
static inline void four_turned(complex_t *at, uint32_t span, complex_t first, complex_t second, complex_t later) {
    complex_t a = at[0], b = turned(at[span], first);
    complex_t c = at[2 * span], d = turned(at[3 * span], first);
    complex_t near_sum = sum(a, b), near_difference = difference(a, b);
    complex_t far_sum = turned(sum(c, d), second);
    complex_t far_difference = turned(difference(c, d), later);
    at[0] = sum(near_sum, far_sum);
    at[span] = sum(near_difference, far_difference);
    at[2 * span] = difference(near_sum, far_sum);
    at[3 * span] = difference(near_difference, far_difference);
}

// Where four neighbours of the reordered values stand: side by side, or as far apart as in the signal.
typedef struct {
    const complex_t *from;
    uint32_t shift;   // of reversed positions, or 0 where the values are reordered already
    uint32_t half;    // how far the second one stands from the first,
    uint32_t quarter; // the third one,
    uint32_t eighth;  // and the fifth one
} order_t;

static inline const complex_t *place_of(const order_t *order, uint32_t n) {
    return order->from + (order->shift != 0 ? dsp_reversed(n) >> order->shift : n);
}

// Reads all four before it writes any.
static inline void first_four(complex_t *to, const complex_t *at, const order_t *order) {
    four_plain(to, 1, at[0], at[order->half], at[order->quarter], at[order->half + order->quarter]);
}

static void first_two_stages(const order_t *order, complex_t *to, uint32_t count) {
    for (uint32_t n = 0; n < count; n += 4) {
        first_four(to + n, place_of(order, n), order);
    }
}

// Turned by one and by three eighths of a turn, whose cosine and sine are the same number.
static inline complex_t turned_eighth(complex_t value) {
    float re = value.re * dsp_cosines[QUARTER / 2], im = value.im * dsp_cosines[QUARTER / 2];
    return (complex_t) { re + im, im - re };
}

static inline complex_t turned_three_eighths(complex_t value) {
    float re = value.re * dsp_cosines[QUARTER / 2], im = value.im * dsp_cosines[QUARTER / 2];
    return (complex_t) { im - re, -(im + re) };
}

static void first_three_stages(const order_t *order, complex_t *to, uint32_t count) {
    for (uint32_t n = 0; n < count; n += 8) {
        const complex_t *at = place_of(order, n);
        complex_t near[4], far[4];
        first_four(near, at, order);
        first_four(far, at + order->eighth, order);
        complex_t turns[] = {
            far[0], turned_eighth(far[1]), { far[2].im, -far[2].re }, turned_three_eighths(far[3])
        };
        for (uint32_t i = 0; i < 4; ++i) {
            to[n + i] = sum(near[i], turns[i]);
            to[n + i + 4] = difference(near[i], turns[i]);
        }
    }
}

// The stages of spans `span` and 2 * `span`, over `count` values. Sines are cosines a quarter turn away.
static void two_stages(complex_t *values, uint32_t count, uint32_t span) {
    const complex_t *end = values + count;
    for (complex_t *at = values; at < end; at += 4 * span) {
        four_plain(at, span, at[0], at[span], at[2 * span], at[3 * span]);
    }
    uint32_t step = QUARTER / span;
    const float *first_cosine = dsp_cosines, *cosine = dsp_cosines;
    const float *sine = dsp_cosines + QUARTER, *later_cosine = dsp_cosines + QUARTER;
    for (uint32_t k = 1; k < span; ++k) {
        first_cosine += 2 * step;
        cosine += step;
        sine -= step;
        later_cosine += step;
        const float *first_sine = first_cosine - QUARTER;
        first_sine = first_sine < dsp_cosines ? dsp_cosines + (dsp_cosines - first_sine) : first_sine;
        complex_t first = { *first_cosine, *first_sine };
        complex_t second = { *cosine, *sine }, later = { *later_cosine, *cosine };
        complex_t *at = values + k;
        do {
            four_turned(at, span, first, second, later);
            at += 4 * span;
        } while (at < end);
    }
}

static void all_stages(const order_t *order, complex_t *to, uint32_t count) {
    bool is_odd = (__builtin_ctz(count) & 1) != 0;
    if (is_odd) {
        first_three_stages(order, to, count);
    } else {
        first_two_stages(order, to, count);
    }
    for (uint32_t span = is_odd ? 8 : 4; span < count; span *= 4) {
        two_stages(to, count, span);
    }
}

// From the transform of the even values as real and the odd ones as imaginary parts.
static void split(float *values, uint32_t length) {
    uint32_t step = DSP_RFFT_LONGEST / length;
    complex_t *own = (complex_t *)values, *mirror = own + length / 2;
    const float *cosine = dsp_cosines, *sine = dsp_cosines + QUARTER, *mirror_cosine = dsp_cosines + 2 * QUARTER;
    *own = (complex_t) { own->re + own->im, own->re - own->im };
    while (++own <= --mirror) {
        cosine += step;
        sine -= step;
        mirror_cosine -= step;
        complex_t even = { (own->re + mirror->re) * 0.5f, (own->im - mirror->im) * 0.5f };
        complex_t odd = { (own->im + mirror->im) * 0.5f, (mirror->re - own->re) * 0.5f };
        float real_sine = *sine * odd.im, imaginary_sine = *sine * odd.re;
        mirror->re = even.re + (*mirror_cosine * odd.re - real_sine);
        mirror->im = -(even.im + (*mirror_cosine * odd.im + imaginary_sine));
        own->re = even.re + (*cosine * odd.re + real_sine);
        own->im = even.im + (*cosine * odd.im - imaginary_sine);
    }
}

void dsp_rfft_reordered_f32(float *values, uint32_t length) {
    #ifdef DSP_HAS_MVE_FLOAT
    if (length >= DSP_MVE_SHORTEST) {
        dsp_mve_rfft_reordered_f32(values, length);
        return;
    }
    #endif
    order_t order = { (const complex_t *)values, 0, 1, 2, 4 };
    all_stages(&order, (complex_t *)values, length / 2);
    split(values, length);
}

void dsp_rfft_f32(const float *values, float *out, uint32_t length) {
    #ifdef DSP_HAS_MVE_FLOAT
    if (length >= DSP_MVE_SHORTEST) {
        dsp_mve_rfft_f32(values, out, length);
        return;
    }
    #endif
    uint32_t count = length / 2;
    order_t order = { (const complex_t *)values, dsp_reversed_shift(count), count / 2, count / 4, count / 8 };
    all_stages(&order, (complex_t *)out, count);
    split(out, length);
}
