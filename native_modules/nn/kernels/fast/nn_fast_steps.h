// Which steps the kernels of this folder are made of, by what the core can do.

#ifndef NN_FAST_STEPS_H
#define NN_FAST_STEPS_H

#include <string.h>

#include "nn_fast.h"
#include "nn_narrow.h"

// Where the next channels' numbers are, and where the outputs of two pixels go.
typedef struct _nn_places_t {
    const int32_t *bias, *multipliers;
    const int8_t *shifts;
    int8_t *output, *second;
} nn_places_t;

#if defined(NN_FAST_DSP)
#include "dsp.h"
#define NN_HAS_FAST
#elif defined(NN_FAST_SCALAR)
#include "scalar.h"
#define NN_HAS_FAST
#endif

// A few bytes, for which memcpy is not worth a call.
static inline void nn_copy_few(const int8_t *from, int32_t count, int8_t *to) {
    for (; count >= 4; count -= 4) {
        memcpy(to, from, 4);
        from += 4;
        to += 4;
    }
    for (; count > 0; --count) {
        *to++ = *from++;
    }
}

#endif // NN_FAST_STEPS_H
