// A rolling hash: each step shifts a byte's bits up by one, so after 32 they are gone.

#include "chunk_cut.h"

#define WINDOW_BYTES 32
#define MULTIPLIER 0x9E3779B1u // 2^32 / golden ratio: spreads a byte over all bits
#define BOUNDARY_SHIFT 22      // of the 10 bits above, one value in 1,024 is a boundary
#define BOUNDARY_VALUE 0x2A5u  // none that runs of one byte have

size_t chunk_cut(spans_t file, size_t start) {
    size_t bytes = spans_length(file) - start;
    size_t most = bytes < CHUNK_MAX_BYTES ? bytes : CHUNK_MAX_BYTES;
    if (most <= CHUNK_MIN_BYTES - WINDOW_BYTES) {
        return most;
    }
    uint32_t hash = 0;
    spans_reader_t reader = spans_from(file, start + CHUNK_MIN_BYTES - WINDOW_BYTES);
    for (size_t i = CHUNK_MIN_BYTES - WINDOW_BYTES; i < most; ++i) {
        hash = (hash << 1) + (spans_next(&reader) + 1u) * MULTIPLIER;
        if (i + 1 >= CHUNK_MIN_BYTES && hash >> BOUNDARY_SHIFT == BOUNDARY_VALUE) {
            return i + 1;
        }
    }
    return most;
}
