// DEPTHWISE_CONV_2D by vectors: eight channels at once.

#include "nn_mve.h"

#ifdef NN_HAS_MVE

#include "../nn_depthwise_rows.h"
#include "nn_mve_steps.h"

// The sums of channels `channel` to `channel` + 7, biases left out. The compiler may know
// how many columns there are.
static inline __attribute__((always_inline)) void add_up_8(const nn_taps_window_t *window,
    int32_t columns, int32_t offset, int32_t channel, int32_t *sums) {
    int32x4_t even = vdupq_n_s32(0), odd = vdupq_n_s32(0);
    const int8_t *x_row = window->input + channel, *weights_row = window->filter + channel;
    int32_t x_step = window->input_column, step = window->channels;
    for (int32_t row = window->rows; row > 0; --row) {
        const int8_t *x = x_row, *weights = weights_row;
        for (int32_t column = columns; column > 0; --column) {
            int16x8_t values = vaddq_n_s16(vldrbq_s16(x), (int16_t)offset);
            int16x8_t factors = vldrbq_s16(weights);
            even = vaddq_s32(even, vmullbq_int_s16(values, factors));
            odd = vaddq_s32(odd, vmulltq_int_s16(values, factors));
            x += x_step;
            weights += step;
        }
        x_row += window->input_row;
        weights_row += window->filter_row;
    }
    uint32x4_t places = vidupq_n_u32(0, 2);
    vstrwq_scatter_shifted_offset_s32(sums, places, even);
    vstrwq_scatter_shifted_offset_s32(sums + 1, places, odd);
}

// Channels `channel` to `channel` + 3.
static inline void finish_4(const nn_conv_layer_t *layer, const int32_t *bias, int32x4_t sums,
    int32_t channel, int8_t *output) {
    const nn_scales_t *scales = &layer->quant.scales;
    if (bias != NULL) {
        sums = vaddq_s32(sums, vldrwq_s32(bias + channel));
    }
    nn_mve_four_t four = nn_mve_four(vldrwq_s32(scales->multipliers + channel),
        vldrbq_s32(scales->shifts + channel), 2 * layer->quant.output_offset + 1);
    const nn_range_s8_t *clamp = &layer->params.clamp_s8;
    vstrbq_s32(output + channel, nn_mve_finish(sums, &four, vdupq_n_s32(clamp->low),
        vdupq_n_s32(clamp->high)));
}

// Not inline, so that it has all registers.
__attribute__((noinline)) static void pixel(const nn_conv_layer_t *layer, const int32_t *bias,
    const nn_taps_window_t *window, int8_t *output) {
    int32_t all = window->channels, offset = layer->quant.input_offset;
    // The last eight overlap with those before, so that none is left over.
    for (int32_t channel = 0; channel < all; channel += 8) {
        int32_t first = channel + 8 <= all ? channel : all - 8;
        int32_t sums[8];
        if (window->columns == 3) {
            add_up_8(window, 3, offset, first, sums);
        } else {
            add_up_8(window, window->columns, offset, first, sums);
        }
        finish_4(layer, bias, vldrwq_s32(sums), first, output);
        finish_4(layer, bias, vldrwq_s32(sums + 4), first + 4, output);
    }
}

static void pixels(const nn_conv_layer_t *layer, const int32_t *bias,
    nn_taps_window_t *window, int32_t count, int8_t *output) {
    for (; count > 0; --count) {
        pixel(layer, bias, window, output);
        window->input += window->next;
        output += window->channels;
    }
}

void nn_mve_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    nn_run_depthwise(layer, data, pixels);
}

#endif // NN_HAS_MVE
