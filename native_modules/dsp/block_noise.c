// The block noise-filtering: parameters and state of its kernel.

#include <string.h>

#include "dsp_block_table.h"
#include "dsp_element.h"
#include "dsp_noise.h"

// Where the estimates stand in the state.
#define ESTIMATES_AT ((uint32_t)((sizeof(dsp_noise_t) + 7) & ~(size_t)7))

enum {
    NOISE_STRENGTH,
    NOISE_OFFSET,
    NOISE_GAIN_BITS,
    NOISE_SMOOTHING_BITS,
    NOISE_EVEN_SMOOTHING,
    NOISE_ODD_SMOOTHING,
    NOISE_MIN_SIGNAL_REMAINING,
};

static const dsp_parameter_t noise_parameters[] = {
    { .name = "strength", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 8.0f, .standard.number = 0.95f },
    { .name = "offset", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 1e6f, .standard.number = 80.0f },
    { .name = "gain_bits", .kind = DSP_INTEGER, .lowest = 11.0f, .highest = 31.0f, .standard.integer = 21 },
    { .name = "smoothing_bits", .kind = DSP_INTEGER, .lowest = 0.0f, .highest = 16.0f, .standard.integer = 10 },
    { .name = "even_smoothing", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 1.0f, .standard.number = 0.025f },
    { .name = "odd_smoothing", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 1.0f, .standard.number = 0.06f },
    { .name = "min_signal_remaining", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 1.0f, .standard.number = 0.05f },
};

// The state: dsp_noise_t, then the estimates.
static dsp_status_t noise_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_BIT(RUNIC_U32), DSP_BIT(RUNIC_I8));
    if (status == NULL) {
        status = dsp_require_as_many(block);
    }
    uint32_t count = dsp_count(&block->input);
    if (status == NULL && count > INT32_MAX / sizeof(uint32_t) - sizeof(dsp_noise_t)) {
        return "has too many elements to keep an estimate for";
    }
    block->state_bytes = ESTIMATES_AT + count * (uint32_t)sizeof(uint32_t);
    return status;
}

static void noise_init(dsp_block_t *block) {
    dsp_noise_t *noise = block->state;
    noise->gain_bits = (uint32_t)block->values[NOISE_GAIN_BITS].integer;
    noise->smoothing_bits = (uint32_t)block->values[NOISE_SMOOTHING_BITS].integer;
    noise->even_smoothing = dsp_to_smoothing(block->values[NOISE_EVEN_SMOOTHING].number);
    noise->odd_smoothing = dsp_to_smoothing(block->values[NOISE_ODD_SMOOTHING].number);
    noise->min_signal_remaining = dsp_to_smoothing(block->values[NOISE_MIN_SIGNAL_REMAINING].number);
    noise->estimate = (uint32_t *)((uint8_t *)block->state + ESTIMATES_AT);
    dsp_noise_build_gains(noise, block->values[NOISE_STRENGTH].number, block->values[NOISE_OFFSET].number);
}

static void noise_reset(dsp_block_t *block) {
    dsp_noise_t *noise = block->state;
    memset(noise->estimate, 0, dsp_count(&block->input) * sizeof(uint32_t));
}

static dsp_status_t noise_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    dsp_noise_filter(block->state, input->data, dsp_count(input), outputs[0]->data);
    return NULL;
}

const dsp_block_type_t dsp_block_noise_filtering = {
    .name = "noise-filtering",
    .parameters = noise_parameters,
    .parameter_count = sizeof(noise_parameters) / sizeof(noise_parameters[0]),
    .output_count = 1,
    .prepare = noise_prepare,
    .init = noise_init,
    .reset = noise_reset,
    .run = noise_run,
};
