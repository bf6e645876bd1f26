// Real transforms, the project's and CMSIS-DSP's, one after the other on the same values.
//
// Region 8 * part + size: parts are f32 and q15 of the project, then of CMSIS-DSP; sizes are 256, 512 and
// 1024. `jobs` is a file of 1024 16-bit integers, `out` one that all spectra are written to, in the order
// of the regions.

#include <string.h>

#include "arm_math.h"
#include "dsp_fft_f32.h"
#include "dsp_fft_q15.h"
#include "host.h"

#define LONGEST (1024)
#define SCALE (1.0f / 32768.0f)

static int16_t values[LONGEST];
static float floats[LONGEST];
static float scratch_f32[LONGEST];
static float out_f32[LONGEST];
static int16_t scratch_q15[LONGEST];
// CMSIS-DSP writes the mirrored half, too.
static int16_t out_q15[2 * LONGEST];
static bool is_written = true;

static void write_result(const void *bytes, size_t length) {
    is_written = is_written && host_write(bytes, length);
}

// CMSIS-DSP's transforms overwrite what they are given.
static void renew(void) {
    memcpy(scratch_f32, floats, sizeof(floats));
    memcpy(scratch_q15, values, sizeof(values));
}

#define OWN(type, region, length) \
    renew(); \
    HOST_REGION_BEGIN(region); \
    dsp_rfft_##type(scratch_##type, out_##type, length); \
    HOST_REGION_END(region); \
    write_result(out_##type, length * sizeof(out_##type[0]))

static void run_own(void) {
    OWN(f32, 0, 256);
    OWN(f32, 1, 512);
    OWN(f32, 2, 1024);
    OWN(q15, 8, 256);
    OWN(q15, 9, 512);
    OWN(q15, 10, 1024);
}

#define CMSIS_F32(region, length) \
    renew(); \
    arm_rfft_fast_init_##length##_f32(&f32); \
    HOST_REGION_BEGIN(region); \
    arm_rfft_fast_f32(&f32, scratch_f32, out_f32, 0); \
    HOST_REGION_END(region); \
    write_result(out_f32, length * sizeof(out_f32[0]))

#define CMSIS_Q15(region, length) \
    renew(); \
    arm_rfft_init_##length##_q15(&q15, 0, 1); \
    HOST_REGION_BEGIN(region); \
    arm_rfft_q15(&q15, scratch_q15, out_q15); \
    HOST_REGION_END(region); \
    /* Bin length / 2 goes where the project has it. */ \
    out_q15[1] = out_q15[length]; \
    write_result(out_q15, length * sizeof(out_q15[0]))

static void run_cmsis(void) {
    arm_rfft_fast_instance_f32 f32;
    arm_rfft_instance_q15 q15;
    CMSIS_F32(16, 256);
    CMSIS_F32(17, 512);
    CMSIS_F32(18, 1024);
    CMSIS_Q15(24, 256);
    CMSIS_Q15(25, 512);
    CMSIS_Q15(26, 1024);
}

int main(int argc, char **argv) {
    if (!host_start(argc, argv) || !host_read(values, sizeof(values))) {
        host_exit(false);
    }
    for (uint32_t n = 0; n < LONGEST; ++n) {
        floats[n] = (float)values[n] * SCALE;
    }
    run_own();
    run_cmsis();
    host_exit(is_written);
    return 0;
}
