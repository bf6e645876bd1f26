// Where data is cut into chunks by what is in it.
//
// A boundary depends on the 32 bytes before it alone, so what is inserted or changed in one place
// moves no boundary elsewhere: two files that share a stretch share its chunks.

#ifndef CHUNK_CUT_H
#define CHUNK_CUT_H

#include <stddef.h>
#include <stdint.h>

#define CHUNK_MIN_BYTES 256
#define CHUNK_MAX_BYTES 4096

// The length of the chunk that data begins with; 0 of no bytes. About 1,280 on average.
size_t chunk_cut(const uint8_t *data, size_t bytes);

#endif // CHUNK_CUT_H
