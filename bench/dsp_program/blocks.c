// The blocks fft and noise-filtering, with any arguments, on any data.
//
// `jobs` has a number of cases, each a case_t and then the input: 16-bit samples for fft, 32-bit words for every
// call of noise-filtering. `out` gets what the block gives, for every call.

#include <string.h>

#include "dsp_block.h"
#include "host.h"

#define FFT_VALUES (1960)

enum { FFT_F32, FFT_Q15, NOISE };

typedef struct {
    uint32_t kind;
    uint32_t count;
    uint32_t calls;
    uint32_t integers[2]; // bins and sample_rate, or gain_bits and smoothing_bits
    float number;         // window_overlap, or strength
} case_t;

static runic_tensor_t tensor(uint32_t element_bytes, uint8_t type, uint32_t count) {
    void *data = host_alloc(element_bytes * count);
    return (runic_tensor_t) {
        .data = data, .capacity_bytes = element_bytes * count, .type = type, .rank = 1, .dims = { count }
    };
}

static dsp_value_t *value_of(dsp_block_t *block, const char *name) {
    return &block->values[dsp_parameter_find(block->type, name, strlen(name))];
}

static void begin(dsp_block_t *block, const case_t *given) {
    const char *name = given->kind == NOISE ? "noise-filtering" : "fft";
    dsp_block_begin(block, dsp_block_find(name, strlen(name)));
    value_of(block, given->kind == NOISE ? "gain_bits" : "bins")->integer = (int32_t)given->integers[0];
    value_of(block, given->kind == NOISE ? "smoothing_bits" : "sample_rate")->integer = (int32_t)given->integers[1];
    value_of(block, given->kind == NOISE ? "strength" : "window_overlap")->number = given->number;
    if (given->kind != NOISE) {
        value_of(block, "arithmetic")->text = (dsp_text_t) { given->kind == FFT_Q15 ? "q15" : "f32", 3 };
    }
}

static bool run_case(const case_t *given) {
    bool is_noise = given->kind == NOISE;
    dsp_block_t block;
    runic_tensor_t input = is_noise ? tensor(4, RUNIC_U32, given->count) : tensor(2, RUNIC_I16, given->count);
    runic_tensor_t output = is_noise ? tensor(1, RUNIC_I8, given->count) : tensor(4, RUNIC_U32, FFT_VALUES);
    const runic_tensor_t *taken[] = { &input }, *made[] = { &output };
    begin(&block, given);
    if (dsp_block_prepare(&block, taken, 1, made, 1) != NULL) {
        host_say("a block does not take its tensors\n");
        return false;
    }
    dsp_block_init(&block, host_alloc(block.state_bytes));
    runic_tensor_t *inputs[] = { &input }, *outputs[] = { &output };
    bool good = true;
    for (uint32_t call = 0; good && call < given->calls; ++call) {
        good = host_read(input.data, input.capacity_bytes);
        dsp_block_run(&block, inputs, outputs);
        good = good && host_write(output.data, output.capacity_bytes);
    }
    host_free_all();
    return good;
}

int main(int argc, char **argv) {
    uint32_t cases;
    bool good = host_start(argc, argv) && host_read(&cases, sizeof(cases));
    while (good && cases-- > 0) {
        case_t given;
        good = host_read(&given, sizeof(given)) && run_case(&given);
    }
    host_exit(good);
    return 0;
}
