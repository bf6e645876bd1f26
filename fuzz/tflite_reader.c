// Fuzz target: the .tflite reader, the planner and the kernels, outside any firmware.
//
// Usage: tflite_reader SEED SECONDS MODEL...
// Mutates the models, keeps each mutant that reaches new code, and loads every one in blocks of
// exactly the sizes that were asked for; what loads is run. The sanitisers it is compiled with
// end it when a rule breaks; the mutant then lies in the file `tflite_reader.crash`.

#include <sanitizer/common_interface_defs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../native_modules/nn/nn_model.h"

#define MAX_BYTES (1 << 16)
#define MAX_CORPUS (1 << 13)
#define MAX_ARENA_BYTES (1 << 15) // bounds the time that one mutant can take to run
#define MAX_STATE_BYTES (1 << 22)
#define MAP_SIZE (1 << 16)

typedef struct {
    uint8_t *data;
    uint32_t length;
} input_t;

static input_t corpus[MAX_CORPUS];
static uint32_t corpus_count;

// --- chance: xorshift, so that a seed repeats a run anywhere

static uint64_t chance_state;

static uint32_t chance(uint32_t below) {
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return below == 0 ? 0 : (uint32_t)(chance_state >> 32) % below;
}

// --- coverage: one byte for each pair of neighbouring blocks of code

static uint8_t seen[MAP_SIZE];
static uintptr_t previous_block;
static uint32_t new_pairs, pairs_seen;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void) {
    uintptr_t block = (uintptr_t)__builtin_return_address(0);
    uint32_t place = (uint32_t)((block ^ (previous_block << 1)) * 2654435761u >> 7) % MAP_SIZE;
    previous_block = block;
    if (!seen[place]) {
        seen[place] = 1;
        ++new_pairs;
    }
}

// --- one run

static void *block_of(size_t bytes) {
    // malloc(0) may give NULL, which means "count only" to nn_model_prepare.
    void *block = malloc(bytes == 0 ? 1 : bytes);
    if (block == NULL) {
        abort();
    }
    memset(block, 0xa5, bytes);
    return block;
}

// What a binding does with names and descriptions.
static void describe(const nn_model_t *model) {
    for (uint32_t i = 0; i < nn_model_tensor_count(model); ++i) {
        uint32_t length, sum = 0;
        const char *name = nn_tensor_name(model, &model->tensors[i], &length);
        while (length > 0) {
            sum += (uint8_t)name[--length];
        }
        chance_state += sum & 1;
    }
}

static bool run_prepared(nn_model_t *model) {
    void *prepared = block_of(model->prepared_bytes);
    void *arena = block_of(model->arena_bytes);
    bool ready = nn_model_prepare(model, prepared, arena, model->arena_bytes);
    if (ready) {
        describe(model);
        nn_invoke(model);
        nn_invoke(model);
    }
    free(arena);
    free(prepared);
    return ready;
}

// True when the model loaded and ran.
static bool run_model(const uint8_t *data, uint32_t length) {
    uint8_t *file = block_of(length);
    memcpy(file, data, length);
    nn_model_t model;
    bool ran = false;
    if (nn_model_open(&model, file, length) && model.table_bytes <= MAX_STATE_BYTES) {
        void *table = block_of(model.table_bytes);
        if (nn_model_read(&model, table) && model.arena_bytes <= MAX_ARENA_BYTES
            && model.prepared_bytes <= MAX_STATE_BYTES) {
            ran = run_prepared(&model);
        }
        free(table);
    }
    free(file);
    return ran;
}

// --- mutation

static void put_u32(uint8_t *at, uint32_t value) {
    memcpy(at, &value, sizeof(value));
}

static uint32_t interesting(uint32_t length) {
    static const uint32_t values[] = {
        0, 1, 2, 3, 4, 7, 8, 16, 100, 127, 128, 255, 256, 32767, 65535, 65536, 0x7fffffff,
        0x80000000, 0xffffffff, 0xfffffffe, 0x40000000, 0x7fc00000, 0x7f800000, 0x3f800000,
    };
    uint32_t choice = chance(sizeof(values) / sizeof(values[0]) + 2);
    return choice >= sizeof(values) / sizeof(values[0]) ? chance(length + 8) : values[choice];
}

static void mutate_word(uint8_t *data, uint32_t length) {
    if (length < 4) {
        return;
    }
    uint8_t *at = data + (chance(length - 3) & ~(chance(4) == 0 ? 0u : 3u));
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    put_u32(at, chance(2) ? interesting(length) : value + chance(33) - 16);
}

static void mutate_bytes(uint8_t *data, uint32_t length) {
    uint32_t at = chance(length);
    switch (chance(3)) {
        case 0:
            data[at] ^= (uint8_t)(1u << chance(8));
            break;
        case 1:
            data[at] = (uint8_t)chance(256);
            break;
        default:
            data[at] = (uint8_t)(data[at] + chance(9) - 4);
            break;
    }
}

// A stretch of another input, or of this one, over this one.
static void splice(uint8_t *data, uint32_t length) {
    const input_t *other = &corpus[chance(corpus_count)];
    uint32_t from = chance(other->length) & ~3u;
    uint32_t to = chance(length) & ~3u;
    uint32_t bytes = 4 + 4 * chance(16);
    if (from + bytes <= other->length && to + bytes <= length) {
        memcpy(data + to, other->data + from, bytes);
    }
}

static uint32_t mutate(uint8_t *data, uint32_t length) {
    for (uint32_t left = 1 + chance(chance(3) == 0 ? 12 : 3); left > 0 && length > 0; --left) {
        switch (chance(16)) {
            case 0:
                length = chance(length + 1); // cut off
                break;
            case 1:
            case 2:
                splice(data, length);
                break;
            case 3:
            case 4:
            case 5:
                mutate_bytes(data, length);
                break;
            default:
                mutate_word(data, length);
                break;
        }
    }
    return length;
}

// --- the loop

static void keep(const uint8_t *data, uint32_t length) {
    if (corpus_count < MAX_CORPUS && length > 0) {
        input_t *input = &corpus[corpus_count++];
        input->data = block_of(length);
        input->length = length;
        memcpy(input->data, data, length);
    }
}

static const uint8_t *running;
static uint32_t running_length;

// The sanitisers' last words: called before either of them ends the process.
static void write_crash(void) {
    FILE *file = fopen("tflite_reader.crash", "wb");
    if (file != NULL) {
        fwrite(running, 1, running_length, file);
        fclose(file);
        fprintf(stderr, "tflite_reader: the mutant is in tflite_reader.crash\n");
    }
}

static bool try_input(const uint8_t *data, uint32_t length) {
    running = data;
    running_length = length;
    previous_block = 0;
    new_pairs = 0;
    bool ran = run_model(data, length);
    if (new_pairs > 0) {
        pairs_seen += new_pairs;
        keep(data, length);
    }
    return ran;
}

static bool read_seed(const char *path, uint8_t *buffer) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "tflite_reader: %s: cannot be read\n", path);
        return false;
    }
    uint32_t length = (uint32_t)fread(buffer, 1, MAX_BYTES, file);
    bool whole = fgetc(file) == EOF;
    fclose(file);
    if (!whole || !try_input(buffer, length)) {
        fprintf(stderr, "tflite_reader: %s: does not load and run\n", path);
        return false;
    }
    keep(buffer, length);
    return true;
}

int main(int argument_count, char **arguments) {
    static uint8_t buffer[MAX_BYTES];
    if (argument_count < 4) {
        fprintf(stderr, "usage: tflite_reader SEED SECONDS MODEL...\n");
        return 2;
    }
    __sanitizer_set_death_callback(write_crash);
    chance_state = strtoull(arguments[1], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    time_t end = time(NULL) + atoi(arguments[2]);
    for (int i = 3; i < argument_count; ++i) {
        if (!read_seed(arguments[i], buffer)) {
            return 1;
        }
    }
    uint32_t seeds = corpus_count, seed_pairs = pairs_seen;
    uint64_t runs = 0, ran = 0;
    while (time(NULL) < end) {
        // New finds are close to code that no seed reaches: prefer them.
        uint32_t last = corpus_count > seeds && chance(2) ? corpus_count - seeds : corpus_count;
        const input_t *parent = &corpus[corpus_count - 1 - chance(last)];
        memcpy(buffer, parent->data, parent->length);
        ran += try_input(buffer, mutate(buffer, parent->length));
        ++runs;
    }
    printf("tflite_reader: %llu mutants, %llu ran, %u finds, %u code pairs (seeds: %u)\n",
        (unsigned long long)runs, (unsigned long long)ran, (unsigned)(corpus_count - seeds),
        (unsigned)pairs_seen, (unsigned)seed_pairs);
    return 0;
}
