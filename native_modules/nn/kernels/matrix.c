// L2_NORMALIZATION and BATCH_MATMUL.

#include <math.h>

#include "nn_group_kernels.h"
#include "nn_rounding.h"
#include "nn_walk.h"

// --- rows divided by their length

void nn_l2_normalize_f32(const nn_softmax_dims_t *dims, const float *input, float *output) {
    for (int32_t row = 0; row < dims->rows; ++row) {
        float sum = 0.0f;
        for (int32_t i = 0; i < dims->depth; ++i) {
            sum += input[i] * input[i];
        }
        float length = sqrtf(sum);
        length = length > 1e-6f ? length : 1e-6f;
        for (int32_t i = 0; i < dims->depth; ++i) {
            output[i] = input[i] / length;
        }
        input += dims->depth;
        output += dims->depth;
    }
}

#define OUTPUT_BITS (7) // scale 1/128

void nn_l2_normalize_s8(const nn_softmax_dims_t *dims, int32_t zero_point, const int8_t *input,
    int8_t *output) {
    for (int32_t row = 0; row < dims->rows; ++row) {
        int32_t sum = 0;
        for (int32_t i = 0; i < dims->depth; ++i) {
            int32_t value = input[i] - zero_point;
            sum += value * value;
        }
        nn_scale_t scale = nn_reciprocal_root_scale(sum);
        for (int32_t i = 0; i < dims->depth; ++i) {
            int32_t value = nn_requantise(input[i] - zero_point, scale.multiplier,
                scale.shift + OUTPUT_BITS);
            output[i] = (int8_t)nn_clamp(value, INT8_MIN, INT8_MAX);
        }
        input += dims->depth;
        output += dims->depth;
    }
}

// --- BATCH_MATMUL

// Every element of the product of two matrices: `i` and `j` are its row and
// column, `a` and `b` the first factors, which `k` steps on from.
#define FOR_EACH_PRODUCT(matmul, type, one, two, step) \
    do { \
        for (int32_t i = 0; i < (matmul)->rows; ++i) { \
            for (int32_t j = 0; j < (matmul)->columns; ++j) { \
                const type *a = (one) + i * (matmul)->one_row; \
                const type *b = (two) + j * (matmul)->two_column; \
                step; \
            } \
        } \
    } while (0)

static float *product_f32(const nn_matmul_t *matmul, const float *one, const float *two,
    float *output) {
    FOR_EACH_PRODUCT(matmul, float, one, two, {
        float sum = 0.0f;
        for (int32_t k = 0; k < matmul->depth; ++k) {
            sum += a[k * matmul->one_step] * b[k * matmul->two_step];
        }
        *output++ = sum;
    });
    return output;
}

static int8_t *product_s8(const nn_matmul_t *matmul, const int8_t *one, const int8_t *two,
    int8_t *output) {
    FOR_EACH_PRODUCT(matmul, int8_t, one, two, {
        int32_t sum = 0;
        for (int32_t k = 0; k < matmul->depth; ++k) {
            sum += (a[k * matmul->one_step] + matmul->offset_one)
                * (b[k * matmul->two_step] + matmul->offset_two);
        }
        int32_t value = nn_requantise(sum, matmul->scale.multiplier, matmul->scale.shift);
        *output++ = (int8_t)nn_clamp(nn_wrapping_add(value, matmul->output_offset), INT8_MIN,
            INT8_MAX);
    });
    return output;
}

#define FOR_EACH_BATCH(matmul, product) \
    do { \
        int32_t index_one[NN_OUTER_AXES] = { 0 }; \
        int32_t index_two[NN_OUTER_AXES] = { 0 }; \
        int32_t offset_one = 0, offset_two = 0; \
        const nn_broadcast_t *batches = &(matmul)->batches; \
        for (int32_t left = nn_outer_count(batches->dims); left > 0; --left) { \
            output = product(matmul, one + offset_one, two + offset_two, output); \
            nn_walk(batches->dims, index_one, batches->stride_one, &offset_one); \
            nn_walk(batches->dims, index_two, batches->stride_two, &offset_two); \
        } \
    } while (0)

void nn_matmul_f32(const nn_matmul_t *matmul, const float *one, const float *two,
    float *output) {
    FOR_EACH_BATCH(matmul, product_f32);
}

void nn_matmul_s8(const nn_matmul_t *matmul, const int8_t *one, const int8_t *two,
    int8_t *output) {
    FOR_EACH_BATCH(matmul, product_s8);
}
