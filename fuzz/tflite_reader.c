// Fuzz target: the .tflite reader, the planner and the kernels, outside any firmware.
//
// libFuzzer mutates models, guided by the code that they reach (_tflite_mutator.c says how). Each
// is loaded in blocks of exactly the sizes that were asked for; what loads is run, if that takes
// little time. Beside what the sanitisers and libFuzzer's limits hold: what a model's tables take
// is bounded by its size, and its op and tensor counts are those of the file.

#define TARGET "tflite_reader"
#define GOOD_ONE_IN 100

#include "_target.h"
#include "../native_modules/nn/nn_model.h"

// What bounds the time and memory that one mutant takes to run.
#define MAX_ARENA_BYTES (1 << 16)
#define MAX_PREPARED_BYTES (1 << 24)
#define MAX_STEPS (1 << 20)

// A tensor takes at least 4 bytes of a file, an op likewise; ops may share lists of up to 16384.
#define TABLE_BYTES_PER_FILE_BYTE ((sizeof(nn_tensor_t) + sizeof(nn_op_t)) / 4)
#define TABLE_BYTES_ANYWAY (4 * NN_MAX_TENSORS * sizeof(void *) + 64)

// What a binding does with names and descriptions.
static uint32_t describe(const nn_model_t *model) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < nn_model_tensor_count(model); ++i) {
        uint32_t length;
        const char *name = nn_tensor_name(model, &model->tensors[i], &length);
        for (uint32_t at = 0; at < length && at < 64; ++at) {
            sum += (uint8_t)name[at];
        }
    }
    return sum;
}

// About how many multiplications a run takes; no less for what is slow.
static uint64_t steps_of(const nn_model_t *model) {
    uint64_t steps = 0;
    for (uint32_t i = 0; i < nn_model_op_count(model); ++i) {
        const nn_op_t *op = &model->ops[i];
        uint64_t outputs = 0, most = 1;
        for (uint32_t place = 0; place < op->output_count; ++place) {
            outputs += nn_count(op->outputs[place]);
        }
        for (uint32_t place = 0; place < op->input_count; ++place) {
            const nn_tensor_t *input = op->inputs[place];
            uint64_t count = input == NULL ? 0 : nn_count(input);
            steps += count;
            most = count > most ? count : most;
        }
        // Of the largest input, one output reads a channel's part.
        const nn_tensor_t *first = op->output_count == 0 ? NULL : op->outputs[0];
        int32_t channels = first == NULL || first->rank == 0 ? 1 : first->dims[first->rank - 1];
        steps += outputs * (most / (uint64_t)(channels > 0 ? channels : 1) + 1);
    }
    return steps;
}

static bool run_prepared(nn_model_t *model) {
    void *prepared = block_of(model->prepared_bytes);
    void *arena = block_of(model->arena_bytes);
    bool ready = nn_model_prepare(model, prepared, arena, model->arena_bytes);
    if (ready) {
        nn_invoke(model);
        nn_invoke(model);
    }
    free(arena);
    free(prepared);
    return ready;
}

static void check_bounds(const nn_model_t *model, size_t length) {
    require(model->table_bytes <= TABLE_BYTES_PER_FILE_BYTE * length + TABLE_BYTES_ANYWAY,
        "the table is out of proportion to the file");
    require(nn_model_tensor_count(model) <= NN_MAX_TENSORS
        && nn_model_op_count(model) <= NN_MAX_OPS, "too many tensors or ops were taken");
}

// True when the model loaded and ran.
static bool run_model(const uint8_t *data, size_t length) {
    uint8_t *file = block_of(length);
    memcpy(file, data, length);
    nn_model_t model;
    bool ran = false;
    if (nn_model_open(&model, file, length)) {
        check_bounds(&model, length);
        void *table = block_of(model.table_bytes);
        if (nn_model_read(&model, table)) {
            require(describe(&model) < UINT32_MAX, "names are longer than they are");
            ran = model.arena_bytes <= MAX_ARENA_BYTES && steps_of(&model) <= MAX_STEPS
                && model.prepared_bytes <= MAX_PREPARED_BYTES && run_prepared(&model);
        } else {
            require(model.error.what != NULL, "a refusal has no reason");
        }
        free(table);
    }
    free(file);
    return ran;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    ++inputs_seen;
    inputs_good += run_model(data, length);
    return 0;
}
