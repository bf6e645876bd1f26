// What loading a .tflite costs: nn_load_cost FILE prints the blocks of code that were run, and the
// bytes of table, prepared data and arena, or the refusal.
//
// The module's sources are compiled with -fsanitize-coverage=trace-pc, which calls the counter.

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../native_modules/nn/nn_model.h"

#define MOST_BYTES (1 << 24)

static uint64_t blocks;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void) {
    ++blocks;
}

static void *block_of(size_t bytes) {
    void *block = calloc(1, bytes == 0 ? 1 : bytes);
    if (block == NULL) {
        exit(3);
    }
    return block;
}

// Does all but bind an arena, which may be of any size: that is the caller's to give.
static bool load(nn_model_t *model, const void *data, size_t length) {
    return nn_model_open(model, data, length)
           && nn_model_read(model, block_of(model->table_bytes));
}

int main(int argument_count, char **arguments) {
    FILE *file = argument_count == 2 ? fopen(arguments[1], "rb") : NULL;
    if (file == NULL) {
        return 2;
    }
    void *data = block_of(MOST_BYTES);
    size_t length = fread(data, 1, MOST_BYTES, file);
    nn_model_t model;
    bool loaded = load(&model, data, length);
    printf("%" PRIu64 " %" PRIu32 " %" PRIu32 " %" PRIu32 " %s\n", blocks, model.table_bytes,
        loaded ? model.prepared_bytes : 0, loaded ? model.arena_bytes : 0,
        loaded ? "loaded" : model.error.what);
    return fclose(file);
}
