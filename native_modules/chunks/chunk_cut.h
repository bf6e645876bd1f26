// Where data is cut into chunks by what is in it.
//
// A boundary depends on the 32 bytes before it alone, so what is inserted or changed in one place
// moves no boundary elsewhere: two files that share a stretch share its chunks.

#ifndef CHUNK_CUT_H
#define CHUNK_CUT_H

#include "spans.h"

#define CHUNK_MIN_BYTES 256
#define CHUNK_MAX_BYTES 4096

// The length of the chunk that begins at an offset of a file; 0 at its end. About 1,280 on average.
size_t chunk_cut(spans_t file, size_t start);

#endif // CHUNK_CUT_H
