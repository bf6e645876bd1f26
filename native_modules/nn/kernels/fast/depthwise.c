// DEPTHWISE_CONV_2D by four channels at once, with weights where they lie.

#include "nn_fast_steps.h"

#ifdef NN_HAS_FAST

#include "../nn_depthwise_rows.h"

static inline void finish(const nn_conv_layer_t *layer, int32_t channel, int32_t sum,
    int8_t *output) {
    int32_t shift = layer->quant.scales.shifts[channel];
    int32_t rounding = 2 * layer->quant.output_offset + 1;
    output[channel] = nn_finish(sum, layer->quant.scales.multipliers[channel], shift,
        nn_shift_left(rounding, shift));
}

static inline nn_four_t start_4(const int32_t *bias, int32_t channel) {
    if (bias == NULL) {
        return (nn_four_t) { 0, 0, 0, 0 };
    }
    return (nn_four_t) {
        bias[channel], bias[channel + 1], bias[channel + 2], bias[channel + 3],
    };
}

// Channels that are left over when all others went by four.
static void rest(const nn_conv_layer_t *layer, const int32_t *bias, const nn_taps_window_t *window,
    int8_t *output) {
    for (int32_t channel = window->channels & ~3; channel < window->channels; ++channel) {
        int32_t sum = bias == NULL ? 0 : bias[channel];
        for (int32_t row = 0; row < window->rows; ++row) {
            const int8_t *x = window->input + row * window->input_row + channel;
            const int8_t *weights = window->filter + row * window->filter_row + channel;
            for (int32_t column = 0; column < window->columns; ++column) {
                sum += (*x + layer->quant.input_offset) * *weights;
                x += window->input_column;
                weights += window->channels;
            }
        }
        finish(layer, channel, sum, output);
    }
}

static inline nn_places_t first_places(const nn_conv_layer_t *layer, int8_t *output) {
    const nn_scales_t *scales = &layer->quant.scales;
    return (nn_places_t) {
        .multipliers = scales->multipliers, .shifts = scales->shifts, .output = output,
    };
}

// Not inline, nor are the next: in a function of its own each has all registers.
__attribute__((noinline)) static void pixel(const nn_conv_layer_t *layer, const int32_t *bias,
    const nn_taps_window_t *window, int8_t *output) {
    nn_places_t places = first_places(layer, output);
    int32_t rounding = 2 * layer->quant.output_offset + 1;
    for (int32_t channel = 0; channel + 4 <= window->channels; channel += 4) {
        nn_four_t sums = start_4(bias, channel);
        const int8_t *x_row = window->input + channel;
        const int8_t *weights_row = window->filter + channel;
        for (int32_t row = window->rows; row > 0; --row) {
            const int8_t *x = x_row, *weights = weights_row;
            for (int32_t column = window->columns; column > 0; --column) {
                nn_multiply_channels(x, weights, layer->quant.input_offset, &sums);
                x += window->input_column;
                weights += window->channels;
            }
            x_row += window->input_row;
            weights_row += window->filter_row;
        }
        nn_finish_4(sums, rounding, &places);
    }
}

// The same for a few columns that are neighbours; their number is known to the compiler.
static inline void pixel_of(const nn_conv_layer_t *layer, const int32_t *bias,
    const nn_taps_window_t *window, int32_t columns, int8_t *output) {
    nn_places_t places = first_places(layer, output);
    int32_t rounding = 2 * layer->quant.output_offset + 1;
    int32_t offset = layer->quant.input_offset, channels = window->channels;
    int32_t x_step = window->input_row, weights_step = window->filter_row;
    const int8_t *x_first = window->input, *weights_first = window->filter;
    for (int32_t channel = 0; channel + 4 <= channels; channel += 4) {
        nn_four_t sums = start_4(bias, channel);
        const int8_t *x = x_first + channel, *weights = weights_first + channel;
        for (int32_t row = window->rows; row > 0; --row) {
            if (columns == 3) {
                nn_multiply_channels_3(x, weights, channels, offset, &sums);
            } else {
                nn_multiply_channels_2(x, weights, channels, offset, &sums);
            }
            x += x_step;
            weights += weights_step;
        }
        nn_finish_4(sums, rounding, &places);
    }
}

__attribute__((noinline)) static void pixel_of_2(const nn_conv_layer_t *layer,
    const int32_t *bias, const nn_taps_window_t *window, int8_t *output) {
    pixel_of(layer, bias, window, 2, output);
}

__attribute__((noinline)) static void pixel_of_3(const nn_conv_layer_t *layer,
    const int32_t *bias, const nn_taps_window_t *window, int8_t *output) {
    pixel_of(layer, bias, window, 3, output);
}

// Neighbouring pixels of a row of the output, whose windows differ in place only.
static void pixels(const nn_conv_layer_t *layer, const int32_t *bias, nn_taps_window_t *window,
    int32_t count, int8_t *output) {
    bool are_neighbours = layer->params.dilation.w == 1;
    for (; count > 0; --count) {
        if (are_neighbours && window->columns == 3) {
            pixel_of_3(layer, bias, window, output);
        } else if (are_neighbours && window->columns == 2) {
            pixel_of_2(layer, bias, window, output);
        } else {
            pixel(layer, bias, window, output);
        }
        if ((window->channels & 3) != 0) {
            rest(layer, bias, window, output);
        }
        window->input += window->next;
        output += window->channels;
    }
}

void nn_fast_depthwise_s8(const nn_conv_layer_t *layer, const nn_conv_data_s8_t *data) {
    nn_run_depthwise(layer, data, pixels);
    const nn_dims_t *dims = &layer->dims.output;
    nn_fast_narrow(&layer->params.clamp_s8, dims->n * dims->h * dims->w * dims->c, data->output);
}

#endif // NN_HAS_FAST
