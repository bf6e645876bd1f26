// Runs models with given inputs and writes their outputs: `nn` alone, without MicroPython.
//
// The file of jobs is little-endian: their number, then for each the bytes of its model and of its
// inputs (both uint32), the model, and the inputs of as many calls as there are. For each job the
// outputs' file has a status (0: good), a length, and the outputs of all calls, or else the error's
// text. With `ops=1`, after its calls, each op of a model runs once more in a region of its own. With
// `pack=1` weights are packed first, and not looked at where they lie.
// With `sizes=1` nothing runs: for outputs there are the bytes of the model's tables,
// its arena and its packed weights.

#include <stdint.h>
#include <string.h>

#include "host.h"
#include "nn_ops.h"
#include "nn_strips.h"

enum { WHOLE = 0, OP = 1 };
enum { GOOD = 0, FAILED = 1 };

static bool reply(uint32_t status, const void *bytes, uint32_t length) {
    uint32_t head[] = { status, length };
    return host_write(head, sizeof(head)) && (length == 0 || host_write(bytes, length));
}

static bool fail(const char *what) {
    return reply(FAILED, what, (uint32_t)strlen(what));
}

static const char *load(nn_model_t *model, const void *file, uint32_t file_bytes) {
    static const char no_memory[] = "no memory";
    if (!nn_model_open(model, file, file_bytes)) {
        return model->error.what;
    }
    void *table = host_alloc(model->table_bytes);
    if (table == NULL) {
        return no_memory;
    }
    if (!nn_model_read(model, table)) {
        return model->error.what;
    }
    void *prepared = host_alloc(model->prepared_bytes);
    void *arena = host_alloc(model->arena_bytes);
    if (prepared == NULL || arena == NULL) {
        return no_memory;
    }
    if (!nn_model_prepare(model, prepared, arena, model->arena_bytes)) {
        return model->error.what;
    }
    if (host_is_set("pack")) {
        void *packed = host_alloc(model->packed_bytes);
        if (packed == NULL) {
            return no_memory;
        }
        nn_model_pack(model, packed);
    }
    return NULL;
}

static uint32_t input_bytes(const nn_model_t *model) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < nn_model_input_count(model); ++i) {
        bytes += nn_model_input(model, i)->bytes;
    }
    return bytes;
}

static uint32_t output_bytes(const nn_model_t *model) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < nn_model_output_count(model); ++i) {
        bytes += nn_model_output(model, i)->bytes;
    }
    return bytes;
}

static void call(const nn_model_t *model, const uint8_t *inputs, uint8_t *outputs) {
    for (uint32_t i = 0; i < nn_model_input_count(model); ++i) {
        const nn_tensor_t *tensor = nn_model_input(model, i);
        memcpy(tensor->data, inputs, tensor->bytes);
        inputs += tensor->bytes;
    }
    HOST_REGION_BEGIN(WHOLE);
    nn_invoke(model);
    HOST_REGION_END(WHOLE);
    for (uint32_t i = 0; i < nn_model_output_count(model); ++i) {
        const nn_tensor_t *tensor = nn_model_output(model, i);
        memcpy(outputs, tensor->data, tensor->bytes);
        outputs += tensor->bytes;
    }
}

static void run_op(nn_op_t *op, void *context) {
    (void)context;
    HOST_REGION_BEGIN(OP);
    op->kernel->invoke(op);
    HOST_REGION_END(OP);
}

static void run_ops(const nn_model_t *model) {
    for (uint32_t i = 0; i < nn_model_op_count(model);) {
        if (nn_strips_begin(model, i)) {
            i = nn_run_strips(model, run_op, NULL);
        } else {
            run_op(&model->ops[i++], NULL);
        }
    }
}

static bool run_job(uint32_t model_bytes, uint32_t inputs_bytes) {
    nn_model_t model;
    uint8_t *file = host_alloc(model_bytes);
    uint8_t *inputs = host_alloc(inputs_bytes);
    if (file == NULL || inputs == NULL || !host_read(file, model_bytes)
        || !host_read(inputs, inputs_bytes)) {
        return false;
    }
    const char *fault = load(&model, file, model_bytes);
    if (fault != NULL) {
        return fail(fault);
    }
    if (host_is_set("sizes")) {
        uint32_t sizes[] = {
            model.table_bytes + model.prepared_bytes, model.arena_bytes, model.packed_bytes,
        };
        return reply(GOOD, sizes, sizeof(sizes));
    }
    uint32_t one = input_bytes(&model), one_output = output_bytes(&model);
    uint32_t calls = one == 0 ? 1 : inputs_bytes / one;
    if (calls * one != inputs_bytes) {
        return fail("the inputs' bytes are not those of a number of calls");
    }
    uint8_t *outputs = host_alloc((size_t)calls * one_output);
    if (outputs == NULL) {
        return fail("no memory");
    }
    for (uint32_t i = 0; i < calls; ++i) {
        call(&model, inputs + i * one, outputs + i * one_output);
    }
    if (host_is_set("ops")) {
        run_ops(&model);
    }
    return reply(GOOD, outputs, calls * one_output);
}

static bool run_jobs(void) {
    uint32_t jobs;
    if (!host_read(&jobs, sizeof(jobs))) {
        return false;
    }
    for (uint32_t i = 0; i < jobs; ++i) {
        uint32_t sizes[2];
        if (!host_read(sizes, sizeof(sizes)) || !run_job(sizes[0], sizes[1])) {
            return false;
        }
        host_free_all();
    }
    return true;
}

int main(int argc, char **argv) {
    bool good = host_start(argc, argv);
    if (good && !run_jobs()) {
        host_say("the file of jobs ends early, a job needs too much memory, or outputs cannot be"
            " written\n");
        good = false;
    }
    host_exit(good);
    return 0;
}
