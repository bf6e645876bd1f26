// Real transform in single precision by vectors of two complex values: see dsp_mve.h.
//
// The names are those of dsp_fft_f32.c. A vector's even elements are real parts. Places are counted in
// floats, two for each complex value.

#include "dsp_mve.h"

#ifdef DSP_HAS_MVE_FLOAT

#include <arm_mve.h>
#include <stdbool.h>

#include "dsp_turn.h"

#define QUARTER (DSP_RFFT_LONGEST / 4)
#define LANES (4u)

// Turned back by the angle of `turn`, which is (cos, sin).
static inline float32x4_t turned(float32x4_t value, float32x4_t turn) {
    float32x4_t result, other;
    __asm__ ("vcmul.f32 %q0, %q3, %q2, #0\n\tvcmul.f32 %q1, %q3, %q2, #270\n\tvadd.f32 %q0, %q0, %q1"
        : "=&w" (result), "=&w" (other) : "w" (value), "w" (turn));
    return result;
}

typedef struct {
    float32x4_t a, b, c, d;
} four_t;

// Two stages whose turns are none and a quarter: no multiplication.
static inline four_t four_plain(float32x4_t a, float32x4_t b, float32x4_t c, float32x4_t d) {
    float32x4_t near_sum = vaddq_f32(a, b), near_difference = vsubq_f32(a, b);
    float32x4_t far_sum = vaddq_f32(c, d), far_difference = vsubq_f32(c, d);
    return (four_t) {
        vaddq_f32(near_sum, far_sum), vcaddq_rot270_f32(near_difference, far_difference),
        vsubq_f32(near_sum, far_sum), vcaddq_rot90_f32(near_difference, far_difference),
    };
}

// Sines are cosines a quarter turn away.
static inline int32x4_t to_sine(void) {
    return (int32x4_t)vmulq_n_u32(vandq_u32(vidupq_n_u32(0, 1), vdupq_n_u32(1)), QUARTER);
}

// (cos, sin) of `turn` of the table's steps, up to half a turn.
static inline float32x4_t turn_of(int32x4_t turn) {
    return vldrwq_gather_shifted_offset_f32(dsp_cosines, (uint32x4_t)vabdq_s32(turn, to_sine()));
}

// The same a quarter turn on.
static inline float32x4_t later_turn_of(int32x4_t turn) {
    return vldrwq_gather_shifted_offset_f32(dsp_cosines + QUARTER, (uint32x4_t)vsubq_s32(turn, to_sine()));
}

// Two stages of values `apart` from each other: the first one turns by `first`, the second one by `second` and, a
// quarter turn on, by `later`. What is turned comes first, so that no more vectors are alive than there are
// registers; turns are evaluated where they are needed.
#define FOUR_TURNED(at, apart, first, second, later) { \
    float32x4_t far_difference = turned(vldrwq_f32(at + 3 * (apart)), first); \
    float32x4_t c = vldrwq_f32(at + 2 * (apart)); \
    float32x4_t far_sum = turned(vaddq_f32(c, far_difference), second); \
    far_difference = turned(vsubq_f32(c, far_difference), later); \
    float32x4_t b = turned(vldrwq_f32(at + (apart)), first), a = vldrwq_f32(at); \
    float32x4_t near = vaddq_f32(a, b); \
    vstrwq_f32(at, vaddq_f32(near, far_sum)); \
    vstrwq_f32(at + 2 * (apart), vsubq_f32(near, far_sum)); \
    near = vsubq_f32(a, b); \
    vstrwq_f32(at + (apart), vaddq_f32(near, far_difference)); \
    vstrwq_f32(at + 3 * (apart), vsubq_f32(near, far_difference)); \
}

// Each element's pair among its neighbours, times `step`.
static inline int32x4_t pairs(uint32_t step) {
    return (int32x4_t)vmulq_n_u32(vshrq_n_u32(vidupq_n_u32(0, 1), 1), step);
}

// Two stages in several steps of 4 * span complex values each. Places are parts of instructions where the
// compiler knows the span.
static inline __attribute__((always_inline)) void two_stages_of(float *values, uint32_t length, uint32_t span) {
    uint32_t step = QUARTER / span;
    int32x4_t turn = pairs(step);
    for (uint32_t k = 0; k < 2 * span; k += LANES) {
        float32x4_t first = turn_of(vaddq_s32(turn, turn)), second = turn_of(turn), later = later_turn_of(turn);
        float *at = values + k;
        for (uint32_t left = length / (8 * span); left > 0; --left) {
            FOUR_TURNED(at, 2 * span, first, second, later)
            at += 8 * span;
        }
        turn = vaddq_n_s32(turn, (int32_t)(2 * step));
    }
}

static void two_stages(float *values, uint32_t length, uint32_t span) {
    if (span == 4) {
        two_stages_of(values, length, 4);
    } else if (span == 8) {
        two_stages_of(values, length, 8);
    } else if (span == 16) {
        two_stages_of(values, length, 16);
    } else {
        two_stages_of(values, length, span);
    }
}

// The last two, in one step.
static void last_two_stages(float *values, uint32_t length) {
    uint32_t step = 8 * QUARTER / length;
    int32x4_t turn = pairs(step);
    float *at = values;
    for (uint32_t left = length / 4; left > 0; left -= LANES) {
        float32x4_t first = turn_of(vaddq_s32(turn, turn));
        FOUR_TURNED(at, length / 4, first, turn_of(turn), later_turn_of(turn))
        at += LANES;
        turn = vaddq_n_s32(turn, (int32_t)(2 * step));
    }
}

// Places of four values, and then of the next ones.
typedef struct {
    const float *a, *b, *c, *d;
} places_t;

static inline places_t places_of(const float *at, uint32_t apart) {
    return (places_t) { at, at + apart, at + 2 * apart, at + 3 * apart };
}

static inline void advance(places_t *at) {
    at->a += LANES;
    at->b += LANES;
    at->c += LANES;
    at->d += LANES;
}

static inline uint32_t address_of(const float *place) {
    return (uint32_t)(uintptr_t)place;
}

// Addresses of both parts of two complex values, the latter of which stands `apart` bytes on.
static inline uint32x4_t two_addresses(const float *at, uint32_t apart) {
    uint32x4_t each = vidupq_n_u32(0, 4), part = vandq_u32(each, vdupq_n_u32(4));
    uint32x4_t next = vmulq_n_u32(vshrq_n_u32(each, 3), apart);
    return vaddq_n_u32(vaddq_u32(part, next), address_of(at));
}

// The same bit-reversed, in `bits_of` so many: both parts of two neighbours. The highest bit, which is the lowest one
// of a reversed place, tells parts.
static inline uint32x4_t two_neighbours(uint32_t length) {
    uint32x4_t each = vidupq_n_u32(0, 1);
    return vaddq_u32(vmulq_n_u32(vandq_u32(each, vdupq_n_u32(1)), length / 2), vshrq_n_u32(each, 1));
}

// A place in floats, reversed, is one in bytes.
static inline uint32x4_t reversed(uint32x4_t places, uint32_t length) {
    return vbrsrq_n_u32(places, __builtin_ctz(length) + 2);
}

// At the addresses and so many bytes on.
#define GATHER(addresses, bytes) vldrwq_gather_base_f32(addresses, bytes)
#define SCATTER(addresses, bytes, values) vstrwq_scatter_base_f32(addresses, bytes, values)

static inline void scatter_four(uint32x4_t to, four_t values) {
    SCATTER(to, 0, values.a);
    SCATTER(to, 8, values.b);
    SCATTER(to, 16, values.c);
    SCATTER(to, 24, values.d);
}

static void first_two_stages(const float *from, float *to, uint32_t length) {
    uint32x4_t place = two_neighbours(length);
    places_t at = places_of(from, length / 4);
    for (uint32_t left = length / 4; left > 0; left -= LANES) {
        four_t four = four_plain(vldrwq_f32(at.a), vldrwq_f32(at.c), vldrwq_f32(at.b), vldrwq_f32(at.d));
        scatter_four(vaddq_n_u32(reversed(place, length), address_of(to)), four);
        advance(&at);
        place = vaddq_n_u32(place, 2);
    }
}

static void first_two_stages_reordered(float *values, uint32_t length) {
    uint32x4_t at = two_addresses(values, 32);
    for (uint32_t left = length; left > 0; left -= 4 * LANES) {
        scatter_four(at, four_plain(GATHER(at, 0), GATHER(at, 8), GATHER(at, 16), GATHER(at, 24)));
        at = vaddq_n_u32(at, 64);
    }
}

// The third stage, after two of the even and of the odd values. Cosine and sine of an eighth of a turn
// are the same number.
static inline void scatter_third(uint32x4_t to, four_t near, four_t far) {
    SCATTER(to, 0, vaddq_f32(near.a, far.a));
    SCATTER(to, 32, vsubq_f32(near.a, far.a));
    SCATTER(to, 16, vcaddq_rot270_f32(near.c, far.c));
    SCATTER(to, 48, vcaddq_rot90_f32(near.c, far.c));
    float32x4_t turn_to = vmulq_n_f32(far.b, dsp_cosines[QUARTER / 2]);
    turn_to = vcaddq_rot270_f32(turn_to, turn_to);
    SCATTER(to, 8, vaddq_f32(near.b, turn_to));
    SCATTER(to, 40, vsubq_f32(near.b, turn_to));
    turn_to = vmulq_n_f32(far.d, dsp_cosines[QUARTER / 2]);
    turn_to = vcaddq_rot90_f32(turn_to, turn_to);
    SCATTER(to, 24, vsubq_f32(near.d, turn_to));
    SCATTER(to, 56, vaddq_f32(near.d, turn_to));
}

static void first_three_stages(const float *from, float *to, uint32_t length) {
    uint32x4_t place = two_neighbours(length);
    places_t at = places_of(from, length / 4);
    uint32_t apart = length / 8;
    for (uint32_t left = length / 8; left > 0; left -= LANES) {
        four_t near = four_plain(vldrwq_f32(at.a), vldrwq_f32(at.c), vldrwq_f32(at.b), vldrwq_f32(at.d));
        four_t far = four_plain(vldrwq_f32(at.a + apart), vldrwq_f32(at.c + apart), vldrwq_f32(at.b + apart),
            vldrwq_f32(at.d + apart));
        scatter_third(vaddq_n_u32(reversed(place, length), address_of(to)), near, far);
        advance(&at);
        place = vaddq_n_u32(place, 2);
    }
}

static void first_three_stages_reordered(float *values, uint32_t length) {
    uint32x4_t at = two_addresses(values, 64);
    for (uint32_t left = length; left > 0; left -= 8 * LANES) {
        four_t near = four_plain(GATHER(at, 0), GATHER(at, 8), GATHER(at, 16), GATHER(at, 24));
        four_t far = four_plain(GATHER(at, 32), GATHER(at, 40), GATHER(at, 48), GATHER(at, 56));
        scatter_third(at, near, far);
        at = vaddq_n_u32(at, 128);
    }
}

// Real and imaginary parts of four neighbours. GCC finds no registers next to each other without copying.
static inline void store_parts(float *to, float32x4_t re, float32x4_t im) {
    register float32x4_t first __asm__ ("q0") = re;
    register float32x4_t second __asm__ ("q1") = im;
    __asm__ volatile ("vst20.32 {%q1, %q2}, [%0]\n\tvst21.32 {%q1, %q2}, [%0]"
        : : "r" (to), "w" (first), "w" (second) : "memory");
}

// From the transform of the even values as real and the odd ones as imaginary parts, four bins and their
// mirrors at once, parts in vectors of their own. The middle bin is its own mirror.
static inline void split_four(float *own, uint32x4_t mirror, uint32x4_t turn) {
    float32x4x2_t near = vld2q_f32(own);
    float32x4_t far_re = GATHER(mirror, 0), far_im = GATHER(mirror, 4);
    float32x4_t even_re = vmulq_n_f32(vaddq_f32(near.val[0], far_re), 0.5f);
    float32x4_t odd_im = vmulq_n_f32(vsubq_f32(far_re, near.val[0]), 0.5f);
    float32x4_t even_im = vmulq_n_f32(vsubq_f32(near.val[1], far_im), 0.5f);
    float32x4_t odd_re = vmulq_n_f32(vaddq_f32(near.val[1], far_im), 0.5f);
    uint32x4_t back = (uint32x4_t)vnegq_s32((int32x4_t)turn);
    float32x4_t by = vldrwq_gather_shifted_offset_f32(dsp_cosines + QUARTER, back);
    float32x4_t real_sine = vmulq_f32(by, odd_im), imaginary_sine = vmulq_f32(by, odd_re);
    by = vldrwq_gather_shifted_offset_f32(dsp_cosines + 2 * QUARTER, back);
    SCATTER(mirror, 0, vaddq_f32(even_re, vsubq_f32(vmulq_f32(by, odd_re), real_sine)));
    by = vaddq_f32(even_im, vaddq_f32(vmulq_f32(by, odd_im), imaginary_sine));
    SCATTER(mirror, 4, vnegq_f32(by));
    by = vldrwq_gather_shifted_offset_f32(dsp_cosines, turn);
    even_re = vaddq_f32(even_re, vaddq_f32(vmulq_f32(by, odd_re), real_sine));
    store_parts(own, even_re, vaddq_f32(even_im, vsubq_f32(vmulq_f32(by, odd_im), imaginary_sine)));
}

static void split(float *values, uint32_t length) {
    uint32_t step = DSP_RFFT_LONGEST / length;
    uint32x4_t turn = vmulq_n_u32(vidupq_n_u32(1, 1), step);
    uint32x4_t mirror = vsubq_u32(vdupq_n_u32(address_of(values + length - 2)), vidupq_n_u32(0, 8));
    float re = values[0], im = values[1];
    values[0] = re + im;
    values[1] = re - im;
    float *own = values + 2;
    for (uint32_t left = length / 4; left > 0; left -= LANES) {
        split_four(own, mirror, turn);
        own += 2 * LANES;
        mirror = vsubq_n_u32(mirror, 32);
        turn = vaddq_n_u32(turn, LANES * step);
    }
}

static bool is_odd(uint32_t length) {
    return (__builtin_ctz(length) & 1) == 0;
}

// After the first stages.
static void later_stages(float *values, uint32_t length) {
    uint32_t span = is_odd(length) ? 8 : 4;
    for (; 8 * span < length; span *= 4) {
        two_stages(values, length, span);
    }
    if (2 * span < length) {
        last_two_stages(values, length);
    }
    split(values, length);
}

void dsp_mve_rfft_f32(const float *values, float *out, uint32_t length) {
    if (is_odd(length)) {
        first_three_stages(values, out, length);
    } else {
        first_two_stages(values, out, length);
    }
    later_stages(out, length);
}

void dsp_mve_rfft_reordered_f32(float *values, uint32_t length) {
    if (is_odd(length)) {
        first_three_stages_reordered(values, length);
    } else {
        first_two_stages_reordered(values, length);
    }
    later_stages(values, length);
}

#endif
