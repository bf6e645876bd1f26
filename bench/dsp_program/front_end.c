// The blocks fft and noise-filtering on one second of sound, as the microspeech Rune has them.
//
// Regions 0 and 8: fft of one second, in floats and in integers; 1 and 9: noise-filtering of that; 2 and 10:
// one step of 20 ms of fft listening to the same. `jobs` is 16000 samples; `out` gets, for floats and for
// integers, what fft gives, what noise-filtering makes of it, and what listening has come to at the end.

#include <string.h>

#include "dsp_block.h"
#include "host.h"

#define SECOND (16000)
#define VALUES (1960)
#define STEP (320)
// So that frames are as far apart as a step is long.
#define OVERLAP (0.6666f)

static int16_t samples[SECOND];
static uint32_t bands[VALUES];
static int8_t filtered[VALUES];

static runic_tensor_t tensor(void *data, uint32_t bytes, uint8_t type, uint32_t count) {
    return (runic_tensor_t) { .data = data, .capacity_bytes = bytes, .type = type, .rank = 1, .dims = { count } };
}

typedef struct {
    dsp_block_t block;
    runic_tensor_t input;
    runic_tensor_t output;
} stage_t;

static dsp_value_t *value_of(stage_t *stage, const char *name) {
    return &stage->block.values[dsp_parameter_find(stage->block.type, name, strlen(name))];
}

static void begin(stage_t *stage, const char *name, runic_tensor_t input, runic_tensor_t output) {
    dsp_block_begin(&stage->block, dsp_block_find(name, strlen(name)));
    stage->input = input;
    stage->output = output;
}

static void begin_fft(stage_t *stage, const char *arithmetic, uint32_t count) {
    begin(stage, "fft", tensor(samples, count * sizeof(samples[0]), RUNIC_I16, count),
        tensor(bands, sizeof(bands), RUNIC_U32, VALUES));
    value_of(stage, "arithmetic")->text = (dsp_text_t) { arithmetic, (uint32_t)strlen(arithmetic) };
}

// Makes the block ready to run; false when it does not take these tensors.
static bool make(stage_t *stage) {
    const runic_tensor_t *inputs[] = { &stage->input }, *outputs[] = { &stage->output };
    if (dsp_block_prepare(&stage->block, inputs, 1, outputs, 1) != NULL) {
        host_say("a block does not take its tensors\n");
        return false;
    }
    dsp_block_init(&stage->block, host_alloc(stage->block.state_bytes));
    return true;
}

static void run(stage_t *stage) {
    runic_tensor_t *inputs[] = { &stage->input }, *outputs[] = { &stage->output };
    dsp_block_run(&stage->block, inputs, outputs);
}

// Begin and end are literals.
#define COUNTED(region, stage) \
    HOST_REGION_BEGIN(region); \
    run(stage); \
    HOST_REGION_END(region)

static bool listen(stage_t *stage, const char *arithmetic) {
    begin_fft(stage, arithmetic, STEP);
    value_of(stage, "window_samples")->integer = SECOND;
    value_of(stage, "window_overlap")->number = OVERLAP;
    if (!make(stage)) {
        return false;
    }
    for (uint32_t at = 0; at < SECOND - STEP; at += STEP) {
        stage->input.data = samples + at;
        run(stage);
    }
    stage->input.data = samples + SECOND - STEP;
    return true;
}

static bool make_second(stage_t *fft, stage_t *noise, const char *arithmetic) {
    begin_fft(fft, arithmetic, SECOND);
    begin(noise, "noise-filtering", fft->output, tensor(filtered, sizeof(filtered), RUNIC_I8, VALUES));
    return make(fft) && make(noise);
}

static bool write_second(void) {
    return host_write(bands, sizeof(bands)) && host_write(filtered, sizeof(filtered));
}

#define MEASURE(arithmetic, first) \
    good = good && make_second(&fft, &noise, arithmetic); \
    if (good) { \
        COUNTED(first, &fft); \
        COUNTED(first + 1, &noise); \
        good = write_second() && listen(&fft, arithmetic); \
    } \
    if (good) { \
        COUNTED(first + 2, &fft); \
        good = host_write(bands, sizeof(bands)); \
    }

int main(int argc, char **argv) {
    stage_t fft, noise;
    bool good = host_start(argc, argv) && host_read(samples, sizeof(samples));
    MEASURE("f32", 0)
    MEASURE("q15", 8)
    host_exit(good);
    return 0;
}
