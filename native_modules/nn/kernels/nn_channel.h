// What becomes of an int8 channel's sum.

#ifndef NN_CHANNEL_H
#define NN_CHANNEL_H

#include "nn_kernels.h"
#include "nn_rounding.h"

static inline int8_t nn_finish_channel_s8(const nn_conv_params_t *params,
    const nn_conv_quant_t *quant, const int32_t *bias, int32_t channel, uint32_t sum) {
    sum += bias == NULL ? 0 : (uint32_t)bias[channel];
    int32_t value = nn_wrapping_add(nn_requantise((int32_t)sum,
        quant->scales.multipliers[channel], quant->scales.shifts[channel]),
        quant->output_offset);
    return (int8_t)nn_clamp(value, params->clamp_s8.low, params->clamp_s8.high);
}

#endif // NN_CHANNEL_H
