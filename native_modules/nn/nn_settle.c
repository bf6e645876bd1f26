// Whether a layer's sums are known well enough, before it runs, for a fast kernel.

#include "nn_ops.h"

// The larger magnitude of an int8 input, its offset added.
static int64_t largest_input(int32_t input_offset) {
    int32_t below = 128 - input_offset, above = 127 + input_offset;
    return below > above ? below : above;
}

static int64_t bias_of(const nn_prepare_t *prepare, int32_t place) {
    const nn_tensor_t *bias = nn_input(prepare, 2);
    return bias == NULL ? 0 : nn_constant_index(bias, (uint32_t)place);
}

static bool knows_bias(const nn_prepare_t *prepare) {
    const nn_tensor_t *bias = nn_input(prepare, 2);
    return prepare->memory != NULL && (bias == NULL || nn_is_index_list(bias));
}

// Bounds from the number of products alone: good enough for nearly all channels.
static void bound_by_count(const nn_layer_sums_t *sums, int64_t bias, nn_channel_t *channel) {
    int64_t largest = sums->products * -INT8_MIN * largest_input(sums->input_offset);
    channel->low = bias - largest;
    channel->high = bias + largest;
}

// Bounds that are reached, from the weights; false where these are computed or packed.
static bool bound_by_weights(const nn_prepare_t *prepare, const nn_layer_sums_t *sums,
    int32_t place, int64_t bias, nn_channel_t *channel) {
    const nn_tensor_t *filter = nn_input(prepare, 1);
    if (!(filter->flags & NN_TENSOR_CONSTANT) || filter->type != NN_INT8) {
        return false;
    }
    const int8_t *weights = (const int8_t *)filter->data + place * sums->channel_step;
    int32_t least = INT8_MIN + sums->input_offset, most = INT8_MAX + sums->input_offset;
    channel->low = channel->high = bias;
    for (int32_t i = 0; i < sums->products; ++i) {
        int32_t weight = weights[i * sums->weight_step];
        channel->low += weight * (weight < 0 ? most : least);
        channel->high += weight * (weight < 0 ? least : most);
    }
    return true;
}

// The scale that a fast kernel takes for a channel; false when there is none.
static bool fast_scale(nn_channel_t *channel, bool with_constants, nn_scale_t *scale) {
    int32_t value;
    int kind = nn_channel_kind(channel, &value);
    if (with_constants && (kind & NN_CONSTANT)) {
        *scale = (nn_scale_t) { value, NN_CONSTANT_SHIFT };
        return true;
    }
    if (kind & NN_BOUNDED) {
        *scale = (nn_scale_t) { channel->scale.multiplier, -1 - channel->scale.shift };
        return true;
    }
    // With a scale of 0, every output is the offset.
    *scale = (nn_scale_t) { 0, 0 };
    return kind == NN_CONSTANT
           && value == nn_clamp(channel->output_offset, channel->clamp.low, channel->clamp.high);
}

bool nn_settle_channels(const nn_prepare_t *prepare, const nn_layer_sums_t *sums,
    const nn_channel_t *channel_in, const nn_scales_t *scales) {
    if (!knows_bias(prepare)) {
        return false;
    }
    nn_channel_t channel = *channel_in;
    // Nothing is written before all is known: the general kernel needs the scales as they were.
    for (int32_t is_known = 0; is_known < 2; ++is_known) {
        for (int32_t i = 0; i < sums->channels; ++i) {
            int64_t bias = bias_of(prepare, i);
            nn_scale_t scale;
            channel.scale = (nn_scale_t) { scales->multipliers[i], scales->shifts[i] };
            bound_by_count(sums, bias, &channel);
            if (!fast_scale(&channel, sums->knows_constants, &scale)
                && !(bound_by_weights(prepare, sums, i, bias, &channel)
                     && fast_scale(&channel, sums->knows_constants, &scale))) {
                return false;
            }
            if (is_known) {
                scales->multipliers[i] = scale.multiplier;
                scales->shifts[i] = (int8_t)scale.shift;
            }
        }
    }
    return true;
}

bool nn_settle_layer(const nn_prepare_t *prepare, const nn_layer_sums_t *sums,
    const nn_channel_t *channel_in) {
    if (!knows_bias(prepare)) {
        return false;
    }
    const nn_tensor_t *bias = nn_input(prepare, 2);
    nn_channel_t channel = *channel_in;
    int32_t count = bias == NULL ? 1 : (int32_t)nn_count(bias);
    for (int32_t i = 0; i < count; ++i) {
        int32_t value;
        bound_by_count(sums, bias_of(prepare, i), &channel);
        if (!(nn_channel_kind(&channel, &value) & NN_BOUNDED)) {
            return false;
        }
    }
    return true;
}
