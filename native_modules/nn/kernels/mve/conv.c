// CONV_2D by vectors: two pixels and four channels at once.
//
// Windows are laid out as the bytes they are, padding as the input's zero point; what the input's
// offset adds is the same for every pixel, and is added up once for each channel.

#include "nn_mve.h"

#ifdef NN_HAS_MVE

#include <string.h>

#include "../nn_cursor.h"
#include "../nn_span.h"
#include "nn_mve_steps.h"

#define SIGNS (UINT32_C(0x80808080))

// What the channels of a layer share.
typedef struct _channels_t {
    const int8_t *filter;
    const int32_t *starts, *multipliers;
    const int8_t *shifts;
    int32_t all, count, rounding;
    int32x4_t low, high;
} channels_t;

static int32_t count_of(const nn_conv_dims_t *dims) {
    return dims->filter.h * dims->filter.w * dims->filter.c;
}

// From one window to the next, and to the starts.
static int32_t window_bytes(const nn_conv_dims_t *dims) {
    return (count_of(dims) + 3) & ~3;
}

static bool is_tap(const nn_conv_dims_t *dims) {
    return dims->filter.h == 1 && dims->filter.w == 1;
}

// Whether the scratch has room for starts behind `bytes`.
static bool is_room(const nn_conv_dims_t *dims, int32_t bytes) {
    return (uint64_t)bytes + (uint64_t)dims->output.c * sizeof(int32_t)
        <= nn_conv_scratch_bytes(dims);
}

// What two windows take in the scratch; 0 where there is no room for them. Taps can do without.
static int32_t windows_bytes(const nn_conv_dims_t *dims) {
    int32_t bytes = 2 * window_bytes(dims);
    return is_tap(dims) && !is_room(dims, bytes) ? 0 : bytes;
}

bool nn_mve_takes_conv(const nn_conv_dims_t *dims) {
    return nn_conv_scratch_bytes(dims) != 0 && is_room(dims, windows_bytes(dims));
}

// Each channel's sum but for the products with inputs, into the scratch behind the windows.
static const int32_t *add_up_starts(const nn_conv_layer_t *layer,
    const nn_conv_data_s8_t *data) {
    const nn_conv_dims_t *dims = &layer->dims;
    int32_t *starts = (int32_t *)layer->scratch + windows_bytes(dims) / 4;
    int32_t count = count_of(dims);
    for (int32_t i = 0; i < dims->output.c; ++i) {
        // Those of constant channels are not looked at.
        int32_t weights = layer->quant.scales.shifts[i] < 0
            ? 0 : nn_mve_sum(data->filter + i * count, count);
        starts[i] = (data->bias == NULL ? 0 : data->bias[i]) + layer->quant.input_offset * weights;
    }
    return starts;
}

// Sums of those of up to four channels that vary.
static void sums_of_some(const channels_t *channels, const int8_t *x, const int8_t *y,
    int32_t channel, int32_t there, int32_t *sums) {
    const int8_t *weights = channels->filter + channel * channels->count;
    int32_t waiting = -1, count = channels->count;
    for (int32_t i = 0; i < there; ++i) {
        if (channels->shifts[channel + i] < 0) {
            continue;
        }
        if (waiting < 0) {
            waiting = i;
            continue;
        }
        int32_t two[8];
        nn_mve_dot_2_by_2(x, y, weights + waiting * count, weights + i * count, count, two);
        sums[waiting] = two[0];
        sums[i] = two[1];
        sums[waiting + 4] = two[4];
        sums[i + 4] = two[5];
        waiting = -1;
    }
    if (waiting >= 0) {
        nn_mve_dot_2_by_1(x, y, weights + waiting * count, count, sums + waiting);
    }
}

// Up to four channels of two pixels, some of which may be constant.
__attribute__((noinline)) static void some(const channels_t *channels, const int8_t *x,
    const int8_t *y, int32_t channel, int8_t *output, int8_t *second) {
    int32_t left = channels->all - channel, sums[8] = { 0 };
    sums_of_some(channels, x, y, channel, left < 4 ? left : 4, sums);
    mve_pred16_t there = vctp32q((uint32_t)left);
    int32x4_t multipliers = vldrwq_z_s32(channels->multipliers + channel, there);
    int32x4_t shifts = vldrbq_z_s32(channels->shifts + channel, there);
    int32x4_t starts = vldrwq_z_s32(channels->starts + channel, there);
    nn_mve_four_t four = nn_mve_four(multipliers, shifts, channels->rounding);
    mve_pred16_t varying = vcmpgeq_n_s32(shifts, 0);
    int32x4_t low = channels->low, high = channels->high;
    int32x4_t one = nn_mve_finish(vaddq_s32(vldrwq_s32(sums), starts), &four, low, high);
    int32x4_t other = nn_mve_finish(vaddq_s32(vldrwq_s32(sums + 4), starts), &four, low, high);
    vstrbq_p_s32(output + channel, vpselq_s32(one, multipliers, varying), there);
    vstrbq_p_s32(second + channel, vpselq_s32(other, multipliers, varying), there);
}

// Four channels that vary.
static inline void four(const channels_t *channels, const int8_t *x, const int8_t *y,
    int32_t channel, int8_t *output, int8_t *second) {
    int32_t count = channels->count, sums[8];
    const int8_t *weights = channels->filter + channel * count;
    nn_mve_dot_2_by_2(x, y, weights, weights + count, count, sums);
    weights += 2 * count;
    nn_mve_dot_2_by_2(x, y, weights, weights + count, count, sums + 2);
    nn_mve_four_t four = nn_mve_four(vldrwq_s32(channels->multipliers + channel),
        vldrbq_s32(channels->shifts + channel), channels->rounding);
    int32x4_t starts = vldrwq_s32(channels->starts + channel);
    int32x4_t low = channels->low, high = channels->high;
    int32x4_t one = nn_mve_finish(vaddq_s32(vldrwq_s32(sums), starts), &four, low, high);
    vstrbq_s32(output + channel, one);
    one = nn_mve_finish(vaddq_s32(vldrwq_s32(sums + 4), starts), &four, low, high);
    vstrbq_s32(second + channel, one);
}

// All channels of two pixels, the second of which may be the first.
static void run_channels(const channels_t *channels, const int8_t *x, const int8_t *y,
    int8_t *output, int8_t *second) {
    for (int32_t channel = 0; channel < channels->all; channel += 4) {
        uint32_t shifts = SIGNS;
        if (channel + 4 <= channels->all) {
            memcpy(&shifts, channels->shifts + channel, sizeof(shifts));
        }
        if ((shifts & SIGNS) == 0) {
            four(channels, x, y, channel, output, second);
        } else {
            some(channels, x, y, channel, output, second);
        }
    }
}

// Lays out what the window of a pixel sees.
static void lay_out(const nn_conv_layer_t *layer, const int8_t *input, const nn_cursor_t *at,
    int8_t *to) {
    const nn_conv_dims_t *dims = &layer->dims;
    const nn_conv_params_t *params = &layer->params;
    int32_t depth = dims->input.c, zero = -layer->quant.input_offset;
    nn_span_t rows = nn_span(at->y * params->stride.h - params->padding.h, params->dilation.h,
        dims->filter.h, dims->input.h);
    nn_span_t columns = nn_span(at->x * params->stride.w - params->padding.w,
        params->dilation.w, dims->filter.w, dims->input.w);
    int32_t taps = columns.last - columns.first;
    // Neighbouring columns are one run.
    int32_t runs = params->dilation.w == 1 ? 1 : taps;
    for (int32_t tap = 0; tap < dims->filter.h; ++tap) {
        if (tap < rows.first || tap >= rows.last || taps <= 0) {
            to = nn_mve_fill(zero, dims->filter.w * depth, to);
            continue;
        }
        int32_t row = at->n * dims->input.h + rows.origin + tap * params->dilation.h;
        int32_t column = columns.origin + columns.first * params->dilation.w;
        const int8_t *from = input + (row * dims->input.w + column) * depth;
        to = nn_mve_fill(zero, columns.first * depth, to);
        for (int32_t i = 0; i < runs; ++i) {
            to = nn_mve_copy(from, runs == 1 ? taps * depth : depth, to);
            from += params->dilation.w * depth;
        }
        to = nn_mve_fill(zero, (dims->filter.w - columns.last) * depth, to);
    }
}

static inline bool is_end(const nn_cursor_t *at, const nn_dims_t *output) {
    return at->x + 1 == output->w && at->y + 1 == output->h && at->n + 1 == output->n;
}

// The window of one tap, where it lies.
static const int8_t *tap_of(const nn_conv_layer_t *layer, const int8_t *input,
    const nn_cursor_t *at) {
    const nn_dims_t *dims = &layer->dims.input;
    int32_t row = at->n * dims->h + at->y * layer->params.stride.h;
    return input + (row * dims->w + at->x * layer->params.stride.w) * dims->c;
}

// Where two pixels' windows are, or twice that of the first; returns how many pixels it are.
static int32_t see(const nn_conv_layer_t *layer, const int8_t *input, bool has_windows,
    nn_cursor_t *at, const int8_t **seen) {
    const nn_conv_dims_t *dims = &layer->dims;
    int8_t *windows[2] = { layer->scratch, (int8_t *)layer->scratch + window_bytes(dims) };
    bool is_last = at->x + 1 == dims->output.w;
    // An output may lie over its input's earlier rows, which must be read before it is written.
    bool is_in_place = is_tap(dims) && !(is_last && has_windows);
    int32_t pixels = is_last && (is_in_place || is_end(at, &dims->output)) ? 1 : 2;
    for (int32_t i = 0; i < pixels; ++i) {
        seen[i] = is_in_place ? tap_of(layer, input, at) : windows[i];
        if (!is_in_place) {
            lay_out(layer, input, at, windows[i]);
        }
        nn_advance(at, &dims->output);
    }
    seen[1] = seen[pixels - 1];
    return pixels;
}

void nn_mve_conv_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    const nn_dims_t *dims = &layer->dims.output;
    const nn_scales_t *scales = &layer->quant.scales;
    channels_t channels = {
        data->filter, add_up_starts(layer, data), scales->multipliers, scales->shifts,
        dims->c, count_of(&layer->dims), 2 * layer->quant.output_offset + 1,
        vdupq_n_s32(layer->params.clamp_s8.low), vdupq_n_s32(layer->params.clamp_s8.high),
    };
    bool has_windows = windows_bytes(&layer->dims) != 0;
    int8_t *output = data->output, *end = output + dims->n * dims->h * dims->w * dims->c;
    nn_cursor_t at = { 0, 0, 0 };
    while (output < end) {
        const int8_t *seen[2];
        int32_t step = see(layer, data->input, has_windows, &at, seen) * dims->c;
        run_channels(&channels, seen[0], seen[1], output, output + step - dims->c);
        output += step;
    }
}

#endif // NN_HAS_MVE
