// The block fft: its parameters, and how it cuts windows and streams into frames.

#include <string.h>

#include "dsp_block_table.h"
#include "dsp_element.h"
#include "dsp_spectrum.h"
#include "dsp_spectrum_q15.h"

// Arrays of the state start at multiples of this.
#define ALIGNMENT (8u)

static uint32_t aligned(size_t bytes) {
    return (uint32_t)((bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1));
}

enum { FFT_SAMPLE_RATE, FFT_BINS, FFT_WINDOW_OVERLAP, FFT_ARITHMETIC, FFT_WINDOW_SAMPLES };

static const dsp_parameter_t fft_parameters[] = {
    { .name = "sample_rate", .kind = DSP_INTEGER, .lowest = 1000.0f, .highest = 96000.0f, .standard.integer = 16000 },
    { .name = "bins", .kind = DSP_INTEGER, .lowest = 16.0f, .highest = 2048.0f, .standard.integer = 480 },
    { .name = "window_overlap", .kind = DSP_NUMBER, .lowest = 0.0f, .highest = 0.999f, .standard.number = 0.6666667f },
    { .name = "arithmetic", .kind = DSP_TEXT, .standard.text = { "f32", 3 } },
    { .name = "window_samples", .kind = DSP_INTEGER, .lowest = 0.0f, .highest = 1048576.0f, .standard.integer = 0 },
};

// What the block keeps. Frames lie `spacing` samples apart in a stream, of which each input is the next
// piece; 0 where each input is a window of its own. A stream's samples are those that may be needed
// again and then the newest input; its bands are those of all frames, the oldest one's first at `oldest`.
typedef struct {
    uint32_t hop;
    uint32_t spacing;
    uint32_t kept; // samples before the newest input
    uint32_t oldest;
    int16_t *samples;
    uint32_t *bands;
    uint8_t *shifts;
    union {
        dsp_spectrum_t f32;
        dsp_spectrum_q15_t q15;
    } as;
} fft_state_t;

static bool is_named(const dsp_block_t *block, const char *arithmetic) {
    dsp_text_t given = block->values[FFT_ARITHMETIC].text;
    return given.length == strlen(arithmetic) && memcmp(given.data, arithmetic, given.length) == 0;
}

// The next array of the state; an address without memory behind it while the state is measured.
static void *take(void *state, uint32_t *used, size_t bytes) {
    uintptr_t place = (uintptr_t)state + *used;
    *used += aligned(bytes);
    return (void *)place;
}

// Samples of a window that a stream's next frames may need besides its next input.
static uint32_t kept_samples(uint32_t window, uint32_t spacing) {
    return window > DSP_FRAMES * spacing ? window - DSP_FRAMES * spacing : 0;
}

static void lay_out_f32(dsp_spectrum_t *spectrum, void *state, uint32_t *used) {
    spectrum->window = take(state, used, spectrum->length / 2 * sizeof(float));
    spectrum->weights = take(state, used, dsp_band_weight_count(spectrum->bins) * sizeof(float));
    spectrum->frame = take(state, used, spectrum->length * sizeof(float));
}

static void lay_out_q15(dsp_spectrum_q15_t *spectrum, void *state, uint32_t *used) {
    spectrum->window = take(state, used, spectrum->length / 2 * sizeof(int16_t));
    spectrum->frame = take(state, used, (spectrum->length / 2 + 1) * sizeof(uint32_t));
    spectrum->spectrum = take(state, used, spectrum->length * sizeof(int16_t));
}

// Says where everything stands in the state, which begins with `fft` or will; returns its bytes.
static uint32_t lay_out(const dsp_block_t *block, fft_state_t *fft, void *state) {
    uint32_t bins = (uint32_t)block->values[FFT_BINS].integer, length = dsp_transform_length(bins);
    uint32_t used = aligned(sizeof(fft_state_t));
    uint16_t *edges = take(state, &used, (DSP_MELS + 2) * sizeof(uint16_t));
    if (is_named(block, "q15")) {
        fft->as.q15 = (dsp_spectrum_q15_t) { .length = length, .bins = bins, .edges = edges };
        lay_out_q15(&fft->as.q15, state, &used);
        fft->shifts = take(state, &used, DSP_FRAMES);
    } else {
        fft->as.f32 = (dsp_spectrum_t) { .length = length, .bins = bins, .edges = edges };
        lay_out_f32(&fft->as.f32, state, &used);
    }
    fft->hop = dsp_hop_samples(bins, block->values[FFT_WINDOW_OVERLAP].number);
    uint32_t window = (uint32_t)block->values[FFT_WINDOW_SAMPLES].integer;
    if (window > 0 && dsp_spacing(window, bins, fft->hop, &fft->spacing)) {
        fft->kept = kept_samples(window, fft->spacing);
        fft->samples = take(state, &used, (fft->kept + dsp_count(&block->input)) * sizeof(int16_t));
        fft->bands = take(state, &used, DSP_FRAMES * DSP_MELS * sizeof(uint32_t));
    }
    return used;
}

static dsp_status_t check_stream(const dsp_block_t *block) {
    uint32_t window = (uint32_t)block->values[FFT_WINDOW_SAMPLES].integer;
    uint32_t bins = (uint32_t)block->values[FFT_BINS].integer;
    uint32_t hop = dsp_hop_samples(bins, block->values[FFT_WINDOW_OVERLAP].number), spacing;
    if (window == 0) {
        return NULL;
    }
    if (!dsp_spacing(window, bins, hop, &spacing)) {
        return "cannot space 49 frames evenly in a window of so many samples";
    }
    uint32_t count = dsp_count(&block->input);
    return count <= window && count % spacing == 0 ? NULL : "takes whole spacings of frames at a time, at most a window";
}

static dsp_status_t fft_prepare(dsp_block_t *block) {
    dsp_status_t status = dsp_require(block, DSP_BIT(RUNIC_I16), DSP_BIT(RUNIC_U32));
    if (status != NULL) {
        return status;
    }
    if (dsp_count(&block->outputs[0]) != DSP_FRAMES * DSP_MELS) {
        return "gives 1960 elements, 49 frames of 40 bands";
    }
    if (!is_named(block, "f32") && !is_named(block, "q15")) {
        return "computes in f32 or q15";
    }
    status = check_stream(block);
    if (status == NULL) {
        fft_state_t measured = { 0 };
        block->state_bytes = lay_out(block, &measured, NULL);
    }
    return status;
}

// Nothing has been heard: the bands of silence.
static void fft_reset(dsp_block_t *block) {
    fft_state_t *fft = block->state;
    if (fft->spacing > 0) {
        memset(fft->samples, 0, fft->kept * sizeof(int16_t));
        memset(fft->bands, 0, DSP_FRAMES * DSP_MELS * sizeof(uint32_t));
        fft->oldest = 0;
    }
    if (fft->shifts != NULL) {
        memset(fft->shifts, DSP_SHIFT_MOST, DSP_FRAMES);
    }
}

static void fft_init(dsp_block_t *block) {
    fft_state_t *fft = block->state;
    lay_out(block, fft, block->state);
    uint32_t bins = (uint32_t)block->values[FFT_BINS].integer;
    uint16_t *edges = fft->shifts != NULL ? fft->as.q15.edges : fft->as.f32.edges;
    dsp_mel_edges(edges, DSP_MELS, (uint32_t)block->values[FFT_SAMPLE_RATE].integer, bins);
    if (fft->shifts != NULL) {
        dsp_spectrum_q15_init(&fft->as.q15);
    } else {
        dsp_spectrum_init(&fft->as.f32);
    }
    fft_reset(block);
}

// Bands of the frame `at` samples into `count` of them, to where those of frame `place` are kept.
static void take_frame(const dsp_block_t *block, const int16_t *samples, uint32_t count, uint64_t at, uint32_t *bands,
    uint32_t place) {
    fft_state_t *fft = block->state;
    uint32_t bins = (uint32_t)block->values[FFT_BINS].integer;
    uint32_t left = at < count ? count - (uint32_t)at : 0;
    uint32_t present = left < bins ? left : bins;
    samples += left > 0 ? at : 0;
    if (fft->shifts != NULL) {
        fft->shifts[place] = dsp_spectrum_q15_bands(&fft->as.q15, samples, present, bands + place * DSP_MELS);
    } else {
        dsp_spectrum_bands(&fft->as.f32, samples, present, bands + place * DSP_MELS);
    }
}

static void stretch(const fft_state_t *fft, const uint32_t *bands, uint32_t *result) {
    if (fft->shifts != NULL) {
        dsp_spectrum_q15_stretch(bands, fft->shifts, fft->oldest, result);
    } else {
        dsp_spectrum_stretch(bands, fft->oldest, result);
    }
}

// A window of its own: its bands stand in the result until the loudest is known.
static void run_window(const dsp_block_t *block, const int16_t *samples, uint32_t count, uint32_t *result) {
    const fft_state_t *fft = block->state;
    uint32_t chunks = dsp_chunks(count, (uint32_t)block->values[FFT_BINS].integer, fft->hop);
    for (uint32_t frame = 0; frame < DSP_FRAMES; ++frame) {
        uint64_t chunk = (uint64_t)frame * chunks / DSP_FRAMES;
        take_frame(block, samples, count, chunk * fft->hop, result, frame);
    }
    stretch(fft, result, result);
}

// The next piece of a stream: as many frames are new as it has spacings, and no more than all.
static void run_stream(const dsp_block_t *block, const int16_t *samples, uint32_t count, uint32_t *result) {
    fft_state_t *fft = block->state;
    uint32_t window = (uint32_t)block->values[FFT_WINDOW_SAMPLES].integer;
    uint32_t present = fft->kept + count, passed = count / fft->spacing;
    memcpy(fft->samples + fft->kept, samples, count * sizeof(int16_t));
    for (uint32_t frame = passed < DSP_FRAMES ? DSP_FRAMES - passed : 0; frame < DSP_FRAMES; ++frame) {
        uint32_t at = present + frame * fft->spacing - window;
        take_frame(block, fft->samples, present, at, fft->bands, fft->oldest);
        fft->oldest = fft->oldest + 1 < DSP_FRAMES ? fft->oldest + 1 : 0;
    }
    memmove(fft->samples, fft->samples + count, fft->kept * sizeof(int16_t));
    stretch(fft, fft->bands, result);
}

static dsp_status_t fft_run(dsp_block_t *block, const runic_tensor_t *input, runic_tensor_t *const *outputs) {
    const fft_state_t *fft = block->state;
    if (fft->spacing > 0) {
        run_stream(block, input->data, dsp_count(input), outputs[0]->data);
    } else {
        run_window(block, input->data, dsp_count(input), outputs[0]->data);
    }
    return NULL;
}

const dsp_block_type_t dsp_block_fft = {
    .name = "fft",
    .parameters = fft_parameters,
    .parameter_count = sizeof(fft_parameters) / sizeof(fft_parameters[0]),
    .output_count = 1,
    .prepare = fft_prepare,
    .init = fft_init,
    .reset = fft_reset,
    .run = fft_run,
};
