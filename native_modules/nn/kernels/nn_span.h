// Which taps of a sliding window fall inside the input, along one axis.

#ifndef NN_SPAN_H
#define NN_SPAN_H

#include <stdint.h>

// Tap k reads the input at origin + k * dilation for first <= k < last.
typedef struct _nn_span_t {
    int32_t origin, first, last;
} nn_span_t;

// Lengths are bounded at load so that no sum here overflows.
static inline nn_span_t nn_span(int32_t origin, int32_t dilation, int32_t taps, int32_t input) {
    nn_span_t span = { origin, 0, taps };
    if (origin < 0) {
        span.first = (dilation - 1 - origin) / dilation;
    }
    if (origin + (taps - 1) * dilation >= input) {
        span.last = (input - origin + dilation - 1) / dilation;
    }
    return span;
}

#endif // NN_SPAN_H
