// What fuzz targets in C share: rules that end the run, and blocks of exactly the size asked for.
//
// A target defines TARGET, its name, first.

#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argument_count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static inline void require(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, TARGET ": %s\n", what);
        abort();
    }
}

static inline void *block_of(size_t byte_count) {
    // malloc(0) may give NULL, which to some means "count only".
    void *block = malloc(byte_count == 0 ? 1 : byte_count);
    require(block != NULL, "no memory");
    memset(block, 0xa5, byte_count);
    return block;
}

#endif // FUZZ_TARGET_H
