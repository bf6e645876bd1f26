// Floating point numbers as the shortest text that reads back as the same number.
//
// Free-format digit generation after Steele and White (1990) and Dybvig and
// Burger (1996), in exact integers: value = remainder / scale, and every decimal
// between (remainder - below) / scale and (remainder + above) / scale reads back
// as value.

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "float_text.h"

#define LIMBS (38) // 1216 bits: 2^53 * 2^1074 * 2 * 10 and 2^1024 * 20 fit
#define DIGITS_MAX (17)

typedef struct _big_t {
    uint32_t limbs[LIMBS]; // little endian
    int32_t count; // without leading zeros
} big_t;

typedef struct _digits_t {
    char text[DIGITS_MAX + 1];
    int32_t count;
    int32_t point; // value = 0.text * 10^point
} digits_t;

// mantissa * 2^exponent, as taken from the bits of a number.
typedef struct _binary_t {
    uint64_t mantissa;
    int32_t exponent;
    bool lower_is_closer; // a power of two: the gap below is half the gap above
} binary_t;

static void big_set(big_t *big, uint64_t value) {
    big->limbs[0] = (uint32_t)value;
    big->limbs[1] = (uint32_t)(value >> 32);
    big->count = big->limbs[1] != 0 ? 2 : big->limbs[0] != 0;
}

static void big_multiply(big_t *big, uint32_t factor) {
    uint64_t carry = 0;
    for (int32_t i = 0; i < big->count; ++i) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0) {
        big->limbs[big->count++] = (uint32_t)carry;
    }
}

static void big_shift_left(big_t *big, int32_t bits) {
    int32_t whole = bits / 32;
    if (big->count == 0 || bits == 0) {
        return;
    }
    memmove(big->limbs + whole, big->limbs, (size_t)big->count * sizeof(uint32_t));
    memset(big->limbs, 0, (size_t)whole * sizeof(uint32_t));
    big->count += whole;
    big_multiply(big, (uint32_t)1 << (bits % 32));
}

static void big_multiply_power_of_ten(big_t *big, int32_t power) {
    for (; power >= 9; power -= 9) {
        big_multiply(big, 1000000000);
    }
    for (; power > 0; --power) {
        big_multiply(big, 10);
    }
}

static int big_compare(const big_t *a, const big_t *b) {
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (int32_t i = a->count - 1; i >= 0; --i) {
        if (a->limbs[i] != b->limbs[i]) {
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
        }
    }
    return 0;
}

static void big_add(big_t *sum, const big_t *a, const big_t *b) {
    int32_t longest = a->count > b->count ? a->count : b->count;
    uint64_t carry = 0;
    for (int32_t i = 0; i < longest; ++i) {
        carry += (uint64_t)(i < a->count ? a->limbs[i] : 0) + (i < b->count ? b->limbs[i] : 0);
        sum->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    sum->count = longest;
    if (carry != 0) {
        sum->limbs[sum->count++] = (uint32_t)carry;
    }
}

// a -= b, where b <= a.
static void big_subtract(big_t *a, const big_t *b) {
    uint32_t borrow = 0;
    for (int32_t i = 0; i < a->count; ++i) {
        uint64_t taken = (uint64_t)(i < b->count ? b->limbs[i] : 0) + borrow;
        borrow = a->limbs[i] < taken;
        a->limbs[i] -= (uint32_t)taken;
    }
    while (a->count > 0 && a->limbs[a->count - 1] == 0) {
        --a->count;
    }
}

static int compare_sum(const big_t *a, const big_t *b, const big_t *c) {
    big_t sum;
    big_add(&sum, a, b);
    return big_compare(&sum, c);
}

typedef struct _fraction_t {
    big_t remainder;
    big_t scale;
    big_t above;
    big_t below;
    bool even; // the ends of the interval read back as value, too
} fraction_t;

static void fraction_set(fraction_t *f, const binary_t *number) {
    int32_t up = number->exponent > 0 ? number->exponent : 0;
    int32_t down = number->exponent < 0 ? -number->exponent : 0;
    int32_t closer = number->lower_is_closer;
    f->even = (number->mantissa & 1) == 0;
    big_set(&f->remainder, number->mantissa);
    big_shift_left(&f->remainder, up + 1 + closer);
    big_set(&f->scale, 1);
    big_shift_left(&f->scale, down + 1 + closer);
    big_set(&f->below, 1);
    big_shift_left(&f->below, up);
    f->above = f->below;
    big_shift_left(&f->above, closer);
}

static bool reaches_above(const fraction_t *f) {
    int order = compare_sum(&f->remainder, &f->above, &f->scale);
    return f->even ? order >= 0 : order > 0;
}

static bool reaches_below(const fraction_t *f) {
    int order = big_compare(&f->remainder, &f->below);
    return f->even ? order <= 0 : order < 0;
}

static void times_ten(fraction_t *f) {
    big_multiply(&f->remainder, 10);
    big_multiply(&f->above, 10);
    big_multiply(&f->below, 10);
}

// Scales so that value = 0.ddd * 10^point; returns point.
static int32_t fraction_normalise(fraction_t *f, const binary_t *number) {
    int32_t bits = number->exponent;
    for (uint64_t rest = number->mantissa; rest > 1; rest >>= 1) {
        ++bits;
    }
    // floor(bits * log10(2)), never above the true exponent and at most 1 below.
    int32_t point = (bits * 19728 - (bits < 0 ? 65535 : 0)) / 65536;
    if (point >= 0) {
        big_multiply_power_of_ten(&f->scale, point);
    } else {
        big_multiply_power_of_ten(&f->remainder, -point);
        big_multiply_power_of_ten(&f->above, -point);
        big_multiply_power_of_ten(&f->below, -point);
    }
    while (reaches_above(f)) {
        big_multiply(&f->scale, 10);
        ++point;
    }
    return point;
}

// The nearer of digit and its successor; from halfway the even one.
static bool is_past_half(const fraction_t *f, char digit) {
    int order = compare_sum(&f->remainder, &f->remainder, &f->scale);
    return order > 0 || (order == 0 && (digit & 1) != 0);
}

static void fraction_digits(fraction_t *f, digits_t *digits) {
    bool low;
    bool high;
    do {
        char digit = '0';
        times_ten(f);
        while (big_compare(&f->remainder, &f->scale) >= 0) {
            big_subtract(&f->remainder, &f->scale);
            ++digit;
        }
        low = reaches_below(f);
        high = reaches_above(f);
        if (high && (!low || is_past_half(f, digit))) {
            ++digit;
        }
        digits->text[digits->count++] = digit;
    } while (!low && !high && digits->count < DIGITS_MAX);
}

static size_t put_zeros(char *text, int32_t count) {
    memset(text, '0', (size_t)count);
    return (size_t)count;
}

static size_t put_digits(char *text, const digits_t *digits, int32_t from, int32_t to) {
    memcpy(text, digits->text + from, (size_t)(to - from));
    return (size_t)(to - from);
}

static size_t put_exponent(char *text, int32_t exponent) {
    size_t used = 0;
    text[used++] = 'e';
    if (exponent < 0) {
        text[used++] = '-';
        exponent = -exponent;
    }
    if (exponent >= 100) {
        text[used++] = (char)('0' + exponent / 100);
    }
    if (exponent >= 10) {
        text[used++] = (char)('0' + exponent / 10 % 10);
    }
    text[used++] = (char)('0' + exponent % 10);
    return used;
}

static size_t put_number(char *text, const digits_t *digits, int32_t point_max) {
    size_t used = 0;
    int32_t point = digits->point;
    if (point > point_max || point < -4) {
        used += put_digits(text, digits, 0, 1);
        if (digits->count > 1) {
            text[used++] = '.';
            used += put_digits(text + used, digits, 1, digits->count);
        }
        return used + put_exponent(text + used, point - 1);
    }
    if (point <= 0) {
        memcpy(text, "0.", 2);
        used = 2 + put_zeros(text + 2, -point);
        return used + put_digits(text + used, digits, 0, digits->count);
    }
    int32_t whole = point < digits->count ? point : digits->count;
    used += put_digits(text, digits, 0, whole);
    used += put_zeros(text + used, point - whole);
    text[used++] = '.';
    if (whole == digits->count) {
        text[used++] = '0';
    }
    return used + put_digits(text + used, digits, whole, digits->count);
}

size_t integer_text(uint64_t value, char *text) {
    char reversed[20];
    size_t count = 0;
    do {
        reversed[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < count; ++i) {
        text[i] = reversed[count - 1 - i];
    }
    return count;
}

// Numbers whose last place is worth 1 or less, and which are neither so small
// nor so precise that 64 bits would not do: nearly all that sensors and models give.
static bool is_plain(const binary_t *number) {
    int32_t places = -number->exponent;
    if (places < 0 || places > 58 || number->lower_is_closer) {
        return false;
    }
    return places <= 16 || number->mantissa >> (places - 16) != 0;
}

// The algorithm of this file, after the point only and in single words. rest and
// half (the way to the middle between neighbours) count in half last places.
static size_t put_plain(char *text, const binary_t *number) {
    int32_t shift = 1 - number->exponent;
    uint64_t scale = (uint64_t)1 << shift;
    uint64_t rest = number->mantissa << 1 & (scale - 1);
    uint64_t half = 1;
    bool even = (number->mantissa & 1) == 0;
    bool low = rest == 0;
    bool high = false;
    size_t used = integer_text(number->mantissa << 1 >> shift, text);
    text[used++] = '.';
    if (low) {
        text[used++] = '0';
    }
    while (!low && !high) {
        rest *= 10;
        half *= 10;
        uint32_t digit = (uint32_t)(rest >> shift);
        rest &= scale - 1;
        low = even ? rest <= half : rest < half;
        high = even ? rest + half >= scale : rest + half > scale;
        bool past_half = rest * 2 > scale || (rest * 2 == scale && (digit & 1) != 0);
        digit += high && (!low || past_half);
        text[used++] = (char)('0' + digit);
    }
    return used;
}

static size_t put_binary(char *text, bool negative, const binary_t *number, int32_t point_max) {
    digits_t digits = { .count = 0 };
    fraction_t fraction;
    size_t used = 0;
    if (negative) {
        text[used++] = '-';
    }
    if (number->mantissa == 0) {
        memcpy(text + used, "0.0", 3);
        return used + 3;
    }
    if (is_plain(number)) {
        return used + put_plain(text + used, number);
    }
    fraction_set(&fraction, number);
    digits.point = fraction_normalise(&fraction, number);
    fraction_digits(&fraction, &digits);
    return used + put_number(text + used, &digits, point_max);
}

static size_t put_null(char *text) {
    memcpy(text, "null", 4);
    return 4;
}

size_t float_text_f32(float value, char *text) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint32_t fraction = bits & 0x7fffff;
    int32_t exponent = (int32_t)(bits >> 23 & 0xff);
    if (exponent == 0xff) {
        return put_null(text);
    }
    binary_t number = {
        .mantissa = exponent == 0 ? fraction : fraction | 0x800000,
        .exponent = (exponent == 0 ? 1 : exponent) - 150,
        .lower_is_closer = fraction == 0 && exponent > 1,
    };
    return put_binary(text, bits >> 31, &number, 13);
}

size_t float_text_f64(double value, char *text) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    uint64_t fraction = bits & 0xfffffffffffffULL;
    int32_t exponent = (int32_t)(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) {
        return put_null(text);
    }
    binary_t number = {
        .mantissa = exponent == 0 ? fraction : fraction | 0x10000000000000ULL,
        .exponent = (exponent == 0 ? 1 : exponent) - 1075,
        .lower_is_closer = fraction == 0 && exponent > 1,
    };
    return put_binary(text, (bits >> 63) != 0, &number, 16);
}
