// CONV_2D by two pixels and four output channels at once, with weights packed for that order.
//
// The block is one stream, read once from its start to its end for every two pixels. For each four
// channels that vary: their weights as 16-bit numbers, and a record of each channel. Of each four
// weights (0, 2) and (1, 3) share a word, as of the inputs (dsp.h); zeros fill up the last four.
// The last channel is there again where four are not left.

#include "nn_fast_steps.h"

#ifdef NN_FAST_DSP

#include "../mve/nn_mve.h"
#include "packed.h"

#define GROUP (4)

typedef struct _record_t {
    int32_t bias, multiplier, half;
    int32_t place_and_shift; // the shift in the low byte, where instructions look for it
} record_t;

static int32_t products_of(const nn_conv_layer_t *layer) {
    const nn_dims_t *filter = &layer->dims.filter;
    return filter->h * filter->w * filter->c;
}

static int32_t count_groups(const nn_conv_layer_t *layer) {
    int32_t varying = 0;
    for (int32_t i = 0; i < layer->dims.output.c; ++i) {
        varying += layer->quant.scales.shifts[i] >= 0;
    }
    return (varying + GROUP - 1) / GROUP;
}

uint64_t nn_fast_packed_bytes(const nn_conv_layer_t *layer) {
    #ifdef NN_HAS_MVE
    if (layer->run == nn_mve_conv_s8) {
        return 0; // which reads them in place always
    }
    #endif
    uint32_t weights_bytes = (uint32_t)NN_PADDED(products_of(layer)) * (uint32_t)sizeof(int16_t);
    return (uint64_t)count_groups(layer) * GROUP * (weights_bytes + sizeof(record_t));
}

// --- packing

// Weight `at` of a channel, 0 after its last.
static uint32_t weight_of(const int8_t *weights, int32_t count, int32_t at) {
    return at < count ? (uint32_t)(int32_t)weights[at] & 0xffff : 0;
}

static uint32_t *pack_weights(const int8_t *filter, int32_t count, const int32_t *places,
    uint32_t *to) {
    for (int32_t at = 0; at < count; at += 4) {
        for (int32_t odd = 0; odd < 2; ++odd) {
            for (int32_t i = 0; i < GROUP; ++i) {
                const int8_t *weights = filter + places[i] * count;
                *to++ = weight_of(weights, count, at + odd)
                    | weight_of(weights, count, at + odd + 2) << 16;
            }
        }
    }
    return to;
}

static uint32_t *pack_record(const nn_conv_layer_t *layer, const int32_t *bias, int32_t place,
    uint32_t *to) {
    int32_t shift = layer->quant.scales.shifts[place];
    record_t record = {
        .bias = bias == NULL ? 0 : bias[place],
        .multiplier = layer->quant.scales.multipliers[place],
        .half = nn_shift_left(2 * layer->quant.output_offset + 1, shift),
        .place_and_shift = place << 8 | shift,
    };
    memcpy(to, &record, sizeof(record));
    return to + sizeof(record) / sizeof(*to);
}

// The next channel that varies, from `place` on; the number of all when there is none.
static int32_t next_varying(const nn_conv_layer_t *layer, int32_t place) {
    while (place < layer->dims.output.c && layer->quant.scales.shifts[place] < 0) {
        ++place;
    }
    return place;
}

void nn_fast_pack(const nn_conv_layer_t *layer, const int8_t *filter, const int32_t *bias,
    void *packed) {
    uint32_t *to = packed;
    int32_t place = next_varying(layer, 0);
    while (place < layer->dims.output.c) {
        int32_t places[GROUP];
        for (int32_t i = 0; i < GROUP; ++i) {
            places[i] = place < layer->dims.output.c ? place : places[i - 1];
            place = next_varying(layer, place < layer->dims.output.c ? place + 1 : place);
        }
        to = pack_weights(filter, products_of(layer), places, to);
        for (int32_t i = 0; i < GROUP; ++i) {
            to = pack_record(layer, bias, places[i], to);
        }
    }
}

// --- running

// Two products each of four channels with two pixels. In assembly, since compilers run out of
// registers.
#define PAIRS \
    "ldrd %[xa], %[xb], [%[x]], #8\n" \
    "ldrd %[w0], %[w1], [%[stream]], #8\n" \
    "smlad %[a0], %[xa], %[w0], %[a0]\n" \
    "smlad %[b0], %[xb], %[w0], %[b0]\n" \
    "smlad %[a1], %[xa], %[w1], %[a1]\n" \
    "smlad %[b1], %[xb], %[w1], %[b1]\n" \
    "ldrd %[w0], %[w1], [%[stream]], #8\n" \
    "smlad %[a2], %[xa], %[w0], %[a2]\n" \
    "smlad %[b2], %[xb], %[w0], %[b2]\n" \
    "smlad %[a3], %[xa], %[w1], %[a3]\n" \
    "smlad %[b3], %[xb], %[w1], %[b3]\n"

typedef struct _sums_t {
    int32_t a0, b0, a1, b1, a2, b2, a3, b3;
} sums_t;

// What two pixels' sums of one channel become, by the record that follows in the stream.
#define FINISH(a, b) \
    "ldrd %[w0], %[w1], [%[stream]], #8\n" \
    "add %[" a "], %[w0]\n" \
    "add %[" b "], %[w0]\n" \
    "lsl %[" a "], %[" a "], #1\n" \
    "lsl %[" b "], %[" b "], #1\n" \
    "smmulr %[" a "], %[" a "], %[w1]\n" \
    "smmulr %[" b "], %[" b "], %[w1]\n" \
    "ldrd %[w0], %[w1], [%[stream]], #8\n" \
    "add %[" a "], %[" a "], %[" a "], asr #31\n" \
    "add %[" b "], %[" b "], %[" b "], asr #31\n" \
    "add %[" a "], %[w0]\n" \
    "add %[" b "], %[w0]\n" \
    "lsr %[w0], %[w1], #8\n" \
    "asr %[" a "], %[" a "], %[w1]\n" \
    "asr %[" b "], %[" b "], %[w1]\n" \
    "ssat %[" a "], #8, %[" a "], asr #1\n" \
    "ssat %[" b "], #8, %[" b "], asr #1\n" \
    "strb %[" b "], [%[second], %[w0]]\n" \
    "strb %[" a "], [%[output], %[w0]]\n"

static inline const uint32_t *finish_4(sums_t sums, const uint32_t *stream, int8_t *output,
    int8_t *second) {
    uint32_t w0, w1;
    __asm__ volatile (
        FINISH("a0", "b0") FINISH("a1", "b1") FINISH("a2", "b2") FINISH("a3", "b3")
        : [a0] "+r" (sums.a0), [b0] "+r" (sums.b0), [a1] "+r" (sums.a1), [b1] "+r" (sums.b1),
        [a2] "+r" (sums.a2), [b2] "+r" (sums.b2), [a3] "+r" (sums.a3), [b3] "+r" (sums.b3),
        [stream] "+r" (stream), [w0] "=&r" (w0), [w1] "=&r" (w1)
        : [output] "r" (output), [second] "r" (second)
        : "cc", "memory");
    return stream;
}

// Not inline, so that it has all registers.
__attribute__((noinline)) void nn_run_packed(const nn_packed_t *packed, const nn_laid_t *laid_out,
    int8_t *output, int8_t *second) {
    const uint32_t *stream = packed->stream, *stream_end = packed->end;
    const nn_laid_t *end = laid_out + (packed->padded & ~7);
    int32_t rest = packed->padded & 4;
    while (stream != stream_end) {
        sums_t sums = { 0, 0, 0, 0, 0, 0, 0, 0 };
        const nn_laid_t *x = laid_out;
        uint32_t xa, xb, w0, w1;
        __asm__ volatile (
            "ldr %[w0], %[end]\n"
            "cmp %[x], %[w0]\n"
            "beq 2f\n"
            "1:\n" PAIRS PAIRS PAIRS PAIRS
            "ldr %[w0], %[end]\n"
            "cmp %[x], %[w0]\n"
            "bne 1b\n"
            "2:\n"
            "ldr %[w0], %[rest]\n"
            "cmp %[w0], #0\n"
            "beq 3f\n"
            PAIRS PAIRS
            "3:\n"
            : [a0] "+r" (sums.a0), [b0] "+r" (sums.b0), [a1] "+r" (sums.a1), [b1] "+r" (sums.b1),
            [a2] "+r" (sums.a2), [b2] "+r" (sums.b2), [a3] "+r" (sums.a3), [b3] "+r" (sums.b3),
            [x] "+r" (x), [stream] "+r" (stream), [xa] "=&r" (xa), [xb] "=&r" (xb),
            [w0] "=&r" (w0), [w1] "=&r" (w1)
            : [end] "m" (end), [rest] "m" (rest)
            : "cc", "memory");
        stream = finish_4(sums, stream, output, second);
    }
}

nn_packed_t nn_open_packed(const nn_conv_layer_t *layer) {
    const uint32_t *stream = layer->packed;
    size_t words = (size_t)nn_fast_packed_bytes(layer) / sizeof(*stream);
    return (nn_packed_t) { stream, stream + words, NN_PADDED(products_of(layer)) };
}

#else

// Cores that multiply one pair of numbers at a time gain nothing.
uint64_t nn_fast_packed_bytes(const nn_conv_layer_t *layer) {
    (void)layer;
    return 0;
}

void nn_fast_pack(const nn_conv_layer_t *layer, const int8_t *filter, const int32_t *bias,
    void *packed) {
    (void)layer;
    (void)filter;
    (void)bias;
    (void)packed;
}

#endif // NN_FAST_DSP
