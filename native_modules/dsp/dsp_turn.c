// The tables of twiddle factors: see dsp_turn.h.

#include "dsp_turn.h"

// A row of the longest table has eight entries, of which the shorter one keeps every second.
#if DSP_RFFT_LONGEST == 4096
#define ROW(a, b, c, d, e, f, g, h) KEEP(a), KEEP(b), KEEP(c), KEEP(d), KEEP(e), KEEP(f), KEEP(g), KEEP(h),
#elif DSP_RFFT_LONGEST == 2048
#define ROW(a, b, c, d, e, f, g, h) KEEP(a), KEEP(c), KEEP(e), KEEP(g),
#else
#error "DSP_RFFT_LONGEST must be 2048 or 4096"
#endif

#define KEEP(value) ((float)(value) * 0x1p-30f)
const float dsp_cosines[DSP_RFFT_LONGEST / 2] = {
    #include "dsp_cosines.h"
};
#undef KEEP

#define KEEP(value) (value)
const uint32_t dsp_twiddles_q15[DSP_RFFT_LONGEST / 4 * 3] = {
    #include "dsp_twiddles_q15.h"
};
