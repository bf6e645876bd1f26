// FULLY_CONNECTED of int16.

#include "nn_wide.h"

void nn_dense_s16(const nn_dense_layer_t *layer, const nn_layer_data_16_t *data) {
    const nn_dense_dims_t *dims = &layer->dims;
    const nn_scales_t *scales = &layer->quant.scales;
    const int16_t *input = data->input;
    int16_t *output = data->output;
    for (int32_t n = 0; n < dims->n; ++n) {
        const int8_t *filter = data->filter;
        for (int32_t i = 0; i < dims->outputs; ++i) {
            nn_scale_t scale = layer->quant.scale;
            if (scales->multipliers != NULL) {
                scale = (nn_scale_t) { scales->multipliers[i], scales->shifts[i] };
            }
            int64_t sum = nn_dot_s16(input, filter, dims->depth);
            *output++ = nn_finish_s16(data, i, sum, scale, &layer->clamp_s8);
            filter += dims->depth;
        }
        input += dims->depth;
    }
}
