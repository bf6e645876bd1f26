// Frames and mel bands: see dsp_mel.h.

#include "dsp_exact.h"
#include "dsp_mel.h"

#define MEL_BITS (27)
#define MEL_ONE (UINT64_C(1) << MEL_BITS)
#define MEL_BREAK_HZ (700)
#define MEL_RATIO_LIMIT (UINT64_C(9) << MEL_BITS)

uint32_t dsp_transform_length(uint32_t bins) {
    uint32_t length = 2;
    while (length < bins) {
        length *= 2;
    }
    return length;
}

uint32_t dsp_hop_samples(uint32_t bins, float window_overlap) {
    float kept = 1.0f - window_overlap;
    uint32_t hop = (uint32_t)((float)bins * kept);
    return hop > 0 ? hop : 1;
}

uint32_t dsp_chunks(uint32_t count, uint32_t bins, uint32_t hop) {
    uint32_t beyond = count > bins ? count - bins : 0;
    return 1 + beyond / hop + (beyond % hop != 0);
}

// The largest ratio whose `steps` truncating products of `first` do not exceed `last`.
static uint64_t geometric_ratio(uint64_t first, uint64_t last, uint32_t steps) {
    uint64_t low = MEL_ONE, high = MEL_RATIO_LIMIT;
    while (high - low > 1) {
        uint64_t middle = (low + high) / 2;
        uint64_t point = first;
        for (uint32_t step = 0; step < steps && point <= last; ++step) {
            point = (point * middle) >> MEL_BITS;
        }
        if (point > last) {
            high = middle;
        } else {
            low = middle;
        }
    }
    return low;
}

// Equal steps in mel = 2595 log10(1 + f/700) are equal ratios of 1 + f/700.
void dsp_mel_edges(uint16_t *edges, uint32_t mels, uint32_t sample_rate, uint32_t bins) {
    uint32_t rows = bins / 2 + 1;
    uint64_t rate = (uint64_t)sample_rate << MEL_BITS;
    uint64_t point = MEL_ONE + rate / ((uint64_t)bins * MEL_BREAK_HZ);
    uint64_t ratio = geometric_ratio(point, MEL_ONE + rate / (2 * MEL_BREAK_HZ), mels + 1);
    for (uint32_t i = 0; i < mels + 1; ++i) {
        edges[i] = (uint16_t)((point - MEL_ONE) * (2 * MEL_BREAK_HZ * (uint64_t)rows) / rate);
        point = (point * ratio) >> MEL_BITS;
    }
    edges[mels + 1] = (uint16_t)rows;
}

uint32_t dsp_band_rows(const uint16_t *edges, uint32_t mel, uint32_t bins, uint32_t *start) {
    uint32_t width = (uint32_t)edges[mel + 2] - edges[mel];
    *start = edges[mel] < bins / 2 ? edges[mel] : bins / 2;
    return width > 0 ? width : 1;
}

float dsp_band_weight(uint32_t offset, uint32_t width) {
    uint32_t twice = 2 * offset;
    uint32_t distance = twice > width - 1 ? twice - (width - 1) : width - 1 - twice;
    return (float)(width - distance) / (float)(width * width);
}

bool dsp_spacing(uint32_t window, uint32_t bins, uint32_t hop, uint32_t *spacing) {
    uint32_t chunks = dsp_chunks(window, bins, hop);
    *spacing = chunks / DSP_FRAMES * hop;
    return *spacing > 0 && chunks % DSP_FRAMES <= 1 && (DSP_FRAMES - 1) * *spacing + bins <= window;
}
