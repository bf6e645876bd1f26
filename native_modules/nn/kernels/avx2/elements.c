// ADD and MUL of int8 by AVX2: eight elements at once.

#include "nn_avx2.h"

#ifdef NN_HAS_AVX2

#include "../fast/nn_elements.h"
#include "nn_avx2_steps.h"

// What becomes of eight sums or products.
typedef struct _finish_t {
    __m256i multiplier, shift, low, high;
    int32_t rounding;
} finish_t;

AVX2 static inline finish_t make_finish(const nn_range_s8_t *clamp,
    const nn_arithmetic_quant_t *quant) {
    return (finish_t) {
        _mm256_set1_epi32(quant->output.multiplier), _mm256_set1_epi32(-1 - quant->output.shift),
        _mm256_set1_epi32(clamp->low), _mm256_set1_epi32(clamp->high),
        2 * quant->output_offset + 1,
    };
}

AVX2 static inline void put_8(__m256i values, const finish_t *finish, int8_t *output) {
    values = finish_8(values, finish->multiplier, finish->shift, finish->rounding);
    values = _mm256_min_epi32(_mm256_max_epi32(values, finish->low), finish->high);
    store_4_and_4(values, output, output + 4);
}

// Runs `work(a, b, to)` for every eight elements; the last ones, of which there are fewer, in
// a place of their own.
#define FOR_EACH_8(count, one, two, output, work) \
    do { \
        int32_t at = 0; \
        for (; at + 8 <= (count); at += 8) { \
            work((one) + at, (two) + at, (output) + at); \
        } \
        if (at < (count)) { \
            int8_t last[3][8] = { { 0 }, { 0 }, { 0 } }; \
            size_t left = (size_t)((count) - at); \
            memcpy(last[0], (one) + at, left); \
            memcpy(last[1], (two) + at, left); \
            work(last[0], last[1], last[2]); \
            memcpy((output) + at, last[2], left); \
        } \
    } while (0)

AVX2 static inline void add_8(const nn_sum_t *sum, const finish_t *finish, const int8_t *halved,
    const int8_t *scaled, int8_t *output) {
    __m256i twice = _mm256_mullo_epi32(load_8(scaled), _mm256_set1_epi32(sum->factor));
    __m256i high = high_8(_mm256_add_epi32(twice, _mm256_set1_epi32(sum->start)),
        _mm256_set1_epi32(sum->multiplier));
    high = _mm256_add_epi32(high, _mm256_srai_epi32(high, 31));
    high = _mm256_add_epi32(high, _mm256_set1_epi32(sum->half));
    high = _mm256_sra_epi32(high, _mm_cvtsi32_si128(sum->right));
    __m256i half = _mm256_mullo_epi32(load_8(halved), _mm256_set1_epi32(NN_SUM_HALVED_FACTOR));
    half = _mm256_add_epi32(half, _mm256_set1_epi32(sum->halved_start));
    put_8(_mm256_add_epi32(half, high), finish, output);
}

AVX2 void nn_avx2_add_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t count, const int8_t *one, const int8_t *two, int8_t *output) {
    const nn_sum_t sum = nn_make_sum(quant, one, two);
    const finish_t finish = make_finish(clamp, quant);
    #define ADD_8(a, b, to) add_8(&sum, &finish, a, b, to)
    FOR_EACH_8(count, sum.halved, sum.scaled, output, ADD_8);
}

AVX2 static inline void mul_8(const nn_arithmetic_quant_t *quant, const finish_t *finish,
    const int8_t *one, const int8_t *two, int8_t *output) {
    __m256i first = _mm256_add_epi32(load_8(one), _mm256_set1_epi32(quant->offset_one));
    __m256i second = _mm256_add_epi32(load_8(two), _mm256_set1_epi32(quant->offset_two));
    put_8(_mm256_mullo_epi32(first, second), finish, output);
}

AVX2 void nn_avx2_mul_s8(const nn_range_s8_t *clamp, const nn_arithmetic_quant_t *quant,
    int32_t count, const int8_t *one, const int8_t *two, int8_t *output) {
    const nn_arithmetic_quant_t copy = *quant; // which no output can change
    const finish_t finish = make_finish(clamp, quant);
    #define MUL_8(a, b, to) mul_8(&copy, &finish, a, b, to)
    FOR_EACH_8(count, one, two, output, MUL_8);
}

#endif // NN_HAS_AVX2
