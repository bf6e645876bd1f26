// Which fast kernel takes a layer.

#include "nn_fast_steps.h"

#include "../avx2/nn_avx2.h"
#include "../mve/nn_mve.h"
#include "../nn_rounding.h"

// A sum's output; the more, the more, since nothing is shifted to the left.
static int32_t output_of(const nn_channel_t *channel, int64_t sum) {
    const nn_scale_t *scale = &channel->scale;
    int32_t value = nn_wrapping_add(nn_requantise((int32_t)sum, scale->multiplier, scale->shift),
        channel->output_offset);
    return nn_clamp(value, channel->clamp.low, channel->clamp.high);
}

static bool is_bounded(const nn_channel_t *channel, int64_t largest) {
    int32_t right = -channel->scale.shift;
    if (right < 1 || largest >= (int64_t)1 << 30) {
        return false;
    }
    int64_t multiplied = ((largest * channel->scale.multiplier) >> 31) + 1;
    int64_t offset = 2 * (int64_t)channel->output_offset + 1;
    int64_t half = (offset < 0 ? -offset : offset) * ((int64_t)1 << (right - 1));
    return multiplied + 1 + half <= INT32_MAX;
}

int nn_channel_kind(const nn_channel_t *channel, int32_t *value) {
    int64_t low = channel->low, high = channel->high;
    if (channel->scale.shift > 0 || low < INT32_MIN || high > INT32_MAX) {
        return 0;
    }
    *value = output_of(channel, low);
    int kind = *value == output_of(channel, high) ? NN_CONSTANT : 0;
    return kind | (is_bounded(channel, high > -low ? high : -low) ? NN_BOUNDED : 0);
}

#ifdef NN_HAS_FAST

nn_conv_run_t nn_fast_conv(const nn_conv_layer_t *layer) {
    const nn_conv_dims_t *dims = &layer->dims;
    if (nn_conv_scratch_bytes(dims) == 0) {
        return NULL;
    }
    #ifdef NN_HAS_MVE
    if (nn_mve_takes_conv(dims)) {
        return nn_mve_conv_s8;
    }
    #endif
    if (dims->filter.h == 1 && dims->filter.w == 1) {
        return nn_fast_pointwise_s8;
    }
    return dims->input.c % 4 == 0 ? nn_fast_conv_s8 : nn_fast_conv_few_s8;
}

nn_conv_run_t nn_fast_depthwise(const nn_conv_layer_t *layer) {
    nn_conv_run_t run = nn_fast_depthwise_s8;
    #ifdef NN_HAS_MVE
    run = layer->dims.output.c >= 8 ? nn_mve_depthwise_s8 : run;
    #endif
    return layer->params.depth_multiplier == 1 ? run : NULL;
}

nn_dense_run_t nn_fast_dense(const nn_dense_layer_t *layer) {
    #ifdef NN_HAS_MVE
    nn_dense_run_t run = nn_mve_dense_s8;
    #else
    nn_dense_run_t run = nn_fast_dense_s8;
    #endif
    return layer->quant.filter_offset == 0 ? run : NULL;
}

#elif defined(NN_HAS_AVX2)

nn_conv_run_t nn_fast_conv(const nn_conv_layer_t *layer) {
    const nn_dims_t *filter = &layer->dims.filter;
    bool takes = nn_conv_scratch_bytes(&layer->dims) != 0 && filter->n >= NN_AVX2_LEAST_CHANNELS
        && filter->n * filter->h * filter->w * filter->c >= NN_AVX2_LEAST_WEIGHTS;
    return !NN_PORTABLE && takes && nn_is_avx2() ? nn_avx2_conv_s8 : NULL;
}

nn_conv_run_t nn_fast_depthwise(const nn_conv_layer_t *layer) {
    bool takes = layer->params.depth_multiplier == 1 && layer->dims.output.c >= 8;
    return !NN_PORTABLE && takes && nn_is_avx2() ? nn_avx2_depthwise_s8 : NULL;
}

nn_dense_run_t nn_fast_dense(const nn_dense_layer_t *layer) {
    bool takes = layer->quant.filter_offset == 0;
    return !NN_PORTABLE && takes && nn_is_avx2() ? nn_avx2_dense_s8 : NULL;
}

#else

nn_conv_run_t nn_fast_conv(const nn_conv_layer_t *layer) {
    (void)layer;
    return NULL;
}

nn_conv_run_t nn_fast_depthwise(const nn_conv_layer_t *layer) {
    (void)layer;
    return NULL;
}

nn_dense_run_t nn_fast_dense(const nn_dense_layer_t *layer) {
    (void)layer;
    return NULL;
}

#endif // NN_HAS_FAST
