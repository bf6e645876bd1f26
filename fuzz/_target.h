// What fuzz targets in C share: rules that end the run, blocks of exactly the size asked for, and
// the report at a run's end.
//
// A target first defines TARGET, its name, and GOOD_ONE_IN: of so many inputs, at least one is to be
// good. It counts them.

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

static uint64_t inputs_seen, inputs_good;

// A run in which next to nothing is good would pass for one in which nothing is wrong.
static void report(void) {
    fprintf(stderr, TARGET ": %llu inputs, %llu of them good\n",
        (unsigned long long)inputs_seen, (unsigned long long)inputs_good);
    if (inputs_seen > 1000 && inputs_good < inputs_seen / GOOD_ONE_IN) {
        fprintf(stderr, TARGET ": fewer than one in %d were good\n", GOOD_ONE_IN);
        _Exit(1);
    }
}

int LLVMFuzzerInitialize(int *argument_count, char ***arguments) {
    (void)argument_count;
    (void)arguments;
    return atexit(report);
}

#endif // FUZZ_TARGET_H
