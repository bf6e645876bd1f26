// The project's real transforms of every length up to 2048, one after the other on the same values.
//
// `jobs` is a file of 2048 16-bit integers; `out` gets, for each length from 16 on, the spectrum of the
// first so many in floats and then in integers.

#include "dsp_fft_f32.h"
#include "dsp_fft_q15.h"
#include "host.h"

#define SHORTEST (16)
#define LONGEST (2048)
#define SCALE (1.0f / 32768.0f)

static int16_t values[LONGEST];
static float floats[LONGEST];
static float out_f32[LONGEST];
static int16_t out_q15[LONGEST];

int main(int argc, char **argv) {
    bool good = host_start(argc, argv) && host_read(values, sizeof(values));
    for (uint32_t n = 0; n < LONGEST; ++n) {
        floats[n] = (float)values[n] * SCALE;
    }
    for (uint32_t length = SHORTEST; good && length <= LONGEST; length *= 2) {
        dsp_rfft_f32(floats, out_f32, length);
        dsp_rfft_q15(values, out_q15, length);
        good = host_write(out_f32, length * sizeof(float)) && host_write(out_q15, length * sizeof(int16_t));
    }
    host_exit(good);
    return 0;
}
