// Going through the pixels of an output in order.

#ifndef NN_CURSOR_H
#define NN_CURSOR_H

#include "nn_kernels.h"

// The pixel that comes next.
typedef struct _nn_cursor_t {
    int32_t n, y, x;
} nn_cursor_t;

static inline void nn_advance(nn_cursor_t *at, const nn_dims_t *output) {
    if (++at->x == output->w) {
        at->x = 0;
        if (++at->y == output->h) {
            at->y = 0;
            ++at->n;
        }
    }
}

#endif // NN_CURSOR_H
