// The arithmetic of int8 layers by AVX2: eight outputs at once.

#ifndef NN_AVX2_STEPS_H
#define NN_AVX2_STEPS_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// The program is built for any x86-64; these functions run where the processor has AVX2.
#define AVX2 __attribute__((target("avx2")))

#define NN_AVX2_VECTOR (16) // numbers that are multiplied at once

// Sixteen weights from `from` on, which lie between `first` and `end`, at least sixteen bytes
// apart; behind `end` there is nothing to read, and what comes instead is only ever multiplied by 0.
AVX2 static inline __m256i load_last_weights(const int8_t *first, const int8_t *from,
    const int8_t *end) {
    static const int8_t places[32] = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    };
    const int8_t *base = end - first < NN_AVX2_VECTOR ? first : end - NN_AVX2_VECTOR;
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)base);
    __m128i there = _mm_loadu_si128((const __m128i *)(const void *)(places + (from - base)));
    return _mm256_cvtepi8_epi16(_mm_shuffle_epi8(bytes, there));
}

AVX2 static inline __m256i load_weights(const int8_t *from) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)from));
}

AVX2 static inline __m256i load_laid_out(const int16_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

// Twice eight numbers multiplied, rounded to the high word.
AVX2 static inline __m256i high_8(__m256i twice, __m256i multipliers) {
    __m256i half = _mm256_set1_epi64x((int64_t)1 << 31);
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(twice, multipliers), half);
    __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(twice, 32),
        _mm256_srli_epi64(multipliers, 32)), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}

// What eight sums become: see fast/nn_fast.h. A shift below 0 marks a constant, the multiplier.
AVX2 static inline __m256i finish_8(__m256i sums, __m256i multipliers, __m256i shifts,
    int32_t rounding) {
    __m256i high = high_8(_mm256_add_epi32(sums, sums), multipliers);
    __m256i right = _mm256_max_epi32(shifts, _mm256_setzero_si256());
    __m256i added = _mm256_sllv_epi32(_mm256_set1_epi32(rounding), right);
    __m256i value = _mm256_add_epi32(high, _mm256_srai_epi32(high, 31));
    value = _mm256_add_epi32(value, added);
    value = _mm256_srai_epi32(_mm256_srav_epi32(value, right), 1);
    return _mm256_blendv_epi8(value, multipliers, _mm256_srai_epi32(shifts, 31));
}

// The low four saturated to int8 at `low`, the high four at `high`.
AVX2 static inline void store_4_and_4(__m256i values, int8_t *low, int8_t *high) {
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(values),
        _mm256_extracti128_si256(values, 1));
    __m128i bytes = _mm_packs_epi16(words, words);
    uint32_t four = (uint32_t)_mm_extract_epi32(bytes, 1);
    memcpy(high, &four, sizeof(four));
    four = (uint32_t)_mm_cvtsi128_si32(bytes);
    memcpy(low, &four, sizeof(four));
}

// Sums of four channels, of the first pixel in the low half and of the second in the high one.
AVX2 static inline __m256i add_up(const __m256i *one, const __m256i *other) {
    __m256i first = _mm256_hadd_epi32(_mm256_hadd_epi32(one[0], one[1]),
        _mm256_hadd_epi32(one[2], one[3]));
    __m256i second = _mm256_hadd_epi32(_mm256_hadd_epi32(other[0], other[1]),
        _mm256_hadd_epi32(other[2], other[3]));
    return _mm256_add_epi32(_mm256_permute2x128_si256(first, second, 0x20),
        _mm256_permute2x128_si256(first, second, 0x31));
}

AVX2 static inline void multiply(const __m256i *x, const __m256i *y, const __m256i *weights,
    __m256i *one, __m256i *other) {
    for (int32_t i = 0; i < 4; ++i) {
        one[i] = _mm256_add_epi32(one[i], _mm256_madd_epi16(*x, weights[i]));
        other[i] = _mm256_add_epi32(other[i], _mm256_madd_epi16(*y, weights[i]));
    }
}

// Weights of four channels that follow one another, `count` for each.
typedef struct _weights_t {
    const int8_t *first; // of all channels
    int32_t count;
} weights_t;

// Those from `at` on of the four channels from `channel` on. They are known to be all there, or are
// the last ones.
AVX2 static inline void load_4(const weights_t *weights, int32_t channel, int32_t at, bool is_last,
    __m256i *to) {
    const int8_t *from = weights->first + channel * weights->count + at;
    for (int32_t i = 0; i < 4; ++i) {
        to[i] = is_last ? load_last_weights(weights->first, from, from - at + weights->count)
            : load_weights(from);
        from += weights->count;
    }
}

// Four channels of two pixels, laid out with zeros up to a multiple of NN_AVX2_VECTOR.
AVX2 static inline __m256i dot_2_by_4(const int16_t *x, const int16_t *y,
    const weights_t *weights, int32_t channel) {
    __m256i one[4], other[4], four[4];
    for (int32_t i = 0; i < 4; ++i) {
        one[i] = other[i] = _mm256_setzero_si256();
    }
    int32_t at = 0;
    for (; at + NN_AVX2_VECTOR <= weights->count; at += NN_AVX2_VECTOR) {
        __m256i first = load_laid_out(x + at), second = load_laid_out(y + at);
        load_4(weights, channel, at, false, four);
        multiply(&first, &second, four, one, other);
    }
    if (at < weights->count) {
        __m256i first = load_laid_out(x + at), second = load_laid_out(y + at);
        load_4(weights, channel, at, true, four);
        multiply(&first, &second, four, one, other);
    }
    return add_up(one, other);
}

// Four numbers, in both halves.
AVX2 static inline __m256i both_halves(const int32_t *four) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)four));
}

AVX2 static inline __m256i four_shifts(const int8_t *shifts) {
    uint32_t bytes;
    memcpy(&bytes, shifts, sizeof(bytes));
    return _mm256_broadcastsi128_si256(_mm_cvtepi8_epi32(_mm_cvtsi32_si128((int32_t)bytes)));
}

AVX2 static inline __m256i load_8(const int8_t *from) {
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)from));
}

AVX2 static inline __m256i load_sums(const int32_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

#endif // NN_AVX2_STEPS_H
