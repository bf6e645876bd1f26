// The blocks fft and noise-filtering: parameters and state of their kernels.

#include "dsp_block_table.h"
#include "dsp_element.h"
#include "dsp_noise.h"
#include "dsp_spectrum.h"

// Arrays of the state start at multiples of this.
#define ALIGNMENT (8u)

static uint32_t aligned(uint32_t bytes) {
    return (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}

enum { FFT_SAMPLE_RATE, FFT_BINS, FFT_WINDOW_OVERLAP };

static const dsp_parameter_t fft_parameters[] = {
    { .name = "sample_rate", .kind = DSP_INTEGER, .lowest = 1000.0f, .highest = 96000.0f, .standard.integer = 16000 },
    { .name = "bins", .kind = DSP_INTEGER, .lowest = 16.0f, .highest = 2048.0f, .standard.integer = 480 },
    { .name = "window_overlap", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 0.999f, .standard.number = 0.6666667f },
};

// The state: dsp_spectrum_t, window, weights, frame, edges.
static dsp_status_t fft_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_BIT(RUNIC_I16), DSP_BIT(RUNIC_U32));
    if (status != NULL) {
        return status;
    }
    if (dsp_count(&block->outputs[0]) != DSP_FRAMES * DSP_MELS) {
        return "gives 1960 elements, 49 frames of 40 bands";
    }
    uint32_t length = dsp_transform_length((uint32_t)block->values[FFT_BINS].integer);
    uint32_t floats = length / 2 + dsp_band_weight_count((uint32_t)block->values[FFT_BINS].integer) + length;
    uint32_t edges = (uint32_t)sizeof(uint16_t) * (DSP_MELS + 2);
    block->state_bytes = aligned(sizeof(dsp_spectrum_t)) + floats * (uint32_t)sizeof(float) + edges;
    return NULL;
}

static void fft_init(dsp_block_t *block) {
    dsp_spectrum_t *spectrum = block->state;
    spectrum->bins = (uint32_t)block->values[FFT_BINS].integer;
    spectrum->hop = dsp_hop_samples(spectrum->bins, block->values[FFT_WINDOW_OVERLAP].number);
    spectrum->length = dsp_transform_length(spectrum->bins);
    float *window = (float *)((uint8_t *)block->state + aligned(sizeof(dsp_spectrum_t)));
    float *weights = window + spectrum->length / 2;
    spectrum->window = window;
    spectrum->weights = weights;
    spectrum->frame = weights + dsp_band_weight_count(spectrum->bins);
    uint16_t *edges = (uint16_t *)(spectrum->frame + spectrum->length);
    spectrum->edges = edges;
    dsp_hann_half(window, spectrum->length);
    dsp_mel_edges(edges, DSP_MELS, (uint32_t)block->values[FFT_SAMPLE_RATE].integer, spectrum->bins);
    dsp_band_weights(weights, edges, spectrum->bins);
}

static dsp_status_t fft_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    dsp_mel_spectrogram(block->state, input->data, dsp_count(input), outputs[0]->data);
    return NULL;
}

const dsp_block_type_t dsp_block_fft = {
    .name = "fft",
    .parameters = fft_parameters,
    .parameter_count = sizeof(fft_parameters) / sizeof(fft_parameters[0]),
    .output_count = 1,
    .prepare = fft_prepare,
    .init = fft_init,
    .run = fft_run,
};

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
    block->state_bytes = aligned(sizeof(dsp_noise_t)) + count * (uint32_t)sizeof(uint32_t);
    return status;
}

static void noise_init(dsp_block_t *block) {
    dsp_noise_t *noise = block->state;
    noise->gain_bits = (uint32_t)block->values[NOISE_GAIN_BITS].integer;
    noise->smoothing_bits = (uint32_t)block->values[NOISE_SMOOTHING_BITS].integer;
    noise->even_smoothing = dsp_to_smoothing(block->values[NOISE_EVEN_SMOOTHING].number);
    noise->odd_smoothing = dsp_to_smoothing(block->values[NOISE_ODD_SMOOTHING].number);
    noise->min_signal_remaining = dsp_to_smoothing(block->values[NOISE_MIN_SIGNAL_REMAINING].number);
    noise->estimate = (uint32_t *)((uint8_t *)block->state + aligned(sizeof(dsp_noise_t)));
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
