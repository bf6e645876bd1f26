// Which bin of a transform each of four rows shows, row after row: bin floor(row * half / rows).

#ifndef DSP_MVE_BINS_H
#define DSP_MVE_BINS_H

#include <arm_mve.h>

typedef struct {
    uint32x4_t bin;
    uint32x4_t rest;
    uint32_t rows;
    uint32_t whole; // bins from one four to the next,
    uint32_t part;  // and rows-ths of a bin
} dsp_mve_bins_t;

static inline dsp_mve_bins_t dsp_mve_first_bins(uint32_t half, uint32_t rows) {
    uint32_t bins[4], rests[4];
    for (uint32_t row = 0; row < 4; ++row) {
        bins[row] = row * half / rows;
        rests[row] = row * half % rows;
    }
    return (dsp_mve_bins_t) { vldrwq_u32(bins), vldrwq_u32(rests), rows, 4 * half / rows, 4 * half % rows };
}

static inline void dsp_mve_next_bins(dsp_mve_bins_t *at) {
    at->rest = vaddq_n_u32(at->rest, at->part);
    at->bin = vaddq_n_u32(at->bin, at->whole);
    mve_pred16_t is_over = vcmpcsq_n_u32(at->rest, at->rows);
    at->rest = vsubq_m_n_u32(at->rest, at->rest, at->rows, is_over);
    at->bin = vaddq_m_n_u32(at->bin, at->bin, 1, is_over);
}

#endif // DSP_MVE_BINS_H
