// What the ops' prepares share: memory, checks, and numbers resolved at load.

#include <math.h>
#include <string.h>

#include "nn_ops.h"
#include "nn_plan.h"
#include "nn_reader.h"

#define MAX_SHIFT (30)
#define MIN_SHIFT (-31)

// Bounds on windows, so that kernels can add positions as int32.
#define MAX_REACH (1 << 24)
#define MAX_INPUT (1 << 30)

// --- memory

// The second pass asks for what the first one counted; a file that changed in
// between is caught here.
static void *reserve(nn_prepare_t *prepare, uint64_t bytes) {
    uint64_t start = prepare->used;
    uint64_t end = (start + bytes + 7) & ~(uint64_t)7;
    if (end > prepare->limit) {
        prepare->model->file.broken = true;
        return NULL;
    }
    prepare->used = (uint32_t)end;
    return prepare->memory == NULL ? NULL : prepare->memory + start;
}

void *nn_prepare_state(nn_prepare_t *prepare, uint32_t bytes) {
    void *state = reserve(prepare, bytes);
    if (state == NULL) {
        state = prepare->counting_state;
    }
    memset(state, 0, bytes);
    prepare->op->state = state;
    return state;
}

void *nn_prepare_list(nn_prepare_t *prepare, uint32_t count, uint32_t element_bytes) {
    return reserve(prepare, (uint64_t)count * element_bytes);
}

void *nn_prepare_scratch(nn_prepare_t *prepare, uint32_t bytes) {
    nn_model_t *model = prepare->model;
    uint32_t offset, planned_bytes = model->arena_bytes;
    if (bytes == 0) {
        return NULL;
    }
    bool is_placed = nn_plan_scratch(model, (uint32_t)(prepare->op - model->ops), bytes, &offset);
    bool has_grown = prepare->arena != NULL && model->arena_bytes > planned_bytes;
    if (!is_placed || has_grown) {
        model->file.broken = true;
        return NULL;
    }
    return prepare->arena == NULL ? NULL : prepare->arena + offset;
}

// --- what is given

nn_tensor_t *nn_input(const nn_prepare_t *prepare, uint32_t place) {
    return place < prepare->op->input_count ? prepare->op->inputs[place] : NULL;
}

nn_tensor_t *nn_output(const nn_prepare_t *prepare, uint32_t place) {
    return place < prepare->op->output_count ? prepare->op->outputs[place] : NULL;
}

const char *nn_check_inputs(const nn_prepare_t *prepare, uint32_t least, uint32_t most,
    uint8_t options_type) {
    if (prepare->op->input_count < least || prepare->op->input_count > most) {
        return "wrong number of inputs";
    }
    for (uint32_t i = 0; i < least; ++i) {
        if (nn_input(prepare, i) == NULL) {
            return "an input is missing";
        }
    }
    if (nn_count(nn_input(prepare, 0)) == 0) {
        return "first input is empty";
    }
    if (options_type != NN_OPTIONS_NONE && prepare->options_type != NN_OPTIONS_NONE
        && prepare->options_type != options_type) {
        return "options belong to another op";
    }
    return NULL;
}

const char *nn_check_op(const nn_prepare_t *prepare, uint32_t least, uint32_t most,
    uint8_t options_type) {
    const char *fault = nn_check_inputs(prepare, least, most, options_type);
    if (fault == NULL && prepare->op->output_count != 1) {
        fault = "wrong number of outputs";
    }
    return fault;
}

bool nn_same_shape(const nn_tensor_t *one, const nn_tensor_t *other) {
    return one->rank == other->rank
           && memcmp(one->dims, other->dims, one->rank * sizeof(one->dims[0])) == 0;
}

bool nn_is_quantised(const nn_tensor_t *tensor) {
    // Every scale in the file was checked to be finite and above 0.
    return tensor->scale > 0.0f;
}

bool nn_is_index_list(const nn_tensor_t *tensor) {
    return (tensor->type == NN_INT32 || tensor->type == NN_INT64)
           && (tensor->flags & NN_TENSOR_CONSTANT) != 0;
}

int32_t nn_constant_index(const nn_tensor_t *tensor, uint32_t index) {
    if (tensor->type == NN_INT32) {
        int32_t value;
        memcpy(&value, tensor->data + index * sizeof(value), sizeof(value));
        return value;
    }
    int64_t value;
    memcpy(&value, tensor->data + index * sizeof(value), sizeof(value));
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

// --- what is resolved

bool nn_quantise_multiplier(double real, int32_t *multiplier, int32_t *shift) {
    if (!isfinite(real) || real < 0.0) {
        return false;
    }
    int exponent;
    double fraction = frexp(real, &exponent);
    int64_t fixed = (int64_t)round(fraction * 2147483648.0);
    if (fixed == (int64_t)1 << 31) {
        fixed /= 2;
        ++exponent;
    }
    if (exponent < MIN_SHIFT) {
        // All bits would be shifted out.
        exponent = 0;
        fixed = 0;
    }
    *multiplier = (int32_t)fixed;
    *shift = exponent;
    return exponent <= MAX_SHIFT;
}

static bool real_range(uint8_t activation, float *low, float *high) {
    *low = -INFINITY;
    *high = INFINITY;
    switch (activation) {
        case NN_ACTIVATION_NONE:
            return true;
        case NN_ACTIVATION_RELU:
            *low = 0.0f;
            return true;
        case NN_ACTIVATION_RELU_N1_TO_1:
            *low = -1.0f;
            *high = 1.0f;
            return true;
        case NN_ACTIVATION_RELU6:
            *low = 0.0f;
            *high = 6.0f;
            return true;
        default:
            return false;
    }
}

bool nn_activation_range_f32(uint8_t activation, float *low, float *high) {
    return real_range(activation, low, high);
}

// real / scale + zero point, kept within the type; an infinite bound stays outside.
static int32_t quantised_bound(float real, const nn_tensor_t *output) {
    int32_t least = output->type == NN_INT16 ? INT16_MIN : INT8_MIN;
    int32_t most = output->type == NN_INT16 ? INT16_MAX : INT8_MAX;
    float steps = roundf(real / output->scale);
    if (steps > 100000.0f) {
        return most;
    }
    if (steps < -100000.0f) {
        return least;
    }
    int32_t bound = output->zero_point + (int32_t)steps;
    return bound > most ? most : bound < least ? least : bound;
}

bool nn_activation_range_s8(uint8_t activation, const nn_tensor_t *output, int32_t *low,
    int32_t *high) {
    float real_low, real_high;
    if (!real_range(activation, &real_low, &real_high)) {
        return false;
    }
    *low = quantised_bound(real_low, output);
    *high = quantised_bound(real_high, output);
    return true;
}

const char *nn_resolve_channel_scales(nn_prepare_t *prepare, int32_t axis, int32_t channels,
    nn_scales_t *scales) {
    return nn_resolve_scales_of(prepare, nn_input(prepare, 0), axis, channels, scales);
}

const char *nn_resolve_scales_of(nn_prepare_t *prepare, const nn_tensor_t *input, int32_t axis,
    int32_t channels, nn_scales_t *scales) {
    nn_model_t *model = prepare->model;
    const nn_tensor_t *filter = nn_input(prepare, 1);
    nn_vector_t given = nn_read_scales(model, filter);
    if (given.count != 1 && given.count != (uint32_t)channels) {
        return "filter has neither one scale nor one per output channel";
    }
    if (given.count > 1 && nn_read_scale_axis(model, filter) != axis) {
        return "filter's scales are not along its output channels";
    }
    int32_t *multipliers = nn_prepare_list(prepare, (uint32_t)channels, sizeof(int32_t));
    int8_t *shifts = nn_prepare_list(prepare, (uint32_t)channels, sizeof(int8_t));
    double input_scale = (double)input->scale;
    double output_scale = (double)nn_output(prepare, 0)->scale;
    // Without memory to fill, one scale that stands for all channels is checked once: a computed
    // filter may have any number of them.
    int32_t count = multipliers == NULL ? (int32_t)given.count : channels;
    for (int32_t i = 0; i < count; ++i) {
        float filter_scale = nn_vector_f32(&model->file, &given,
            given.count == 1 ? 0 : (uint32_t)i);
        nn_scale_t scale;
        if (!nn_quantise_multiplier(input_scale * (double)filter_scale / output_scale,
            &scale.multiplier, &scale.shift)) {
            return "scales of input, filter and output are too far apart";
        }
        if (multipliers != NULL && shifts != NULL) {
            multipliers[i] = scale.multiplier;
            shifts[i] = (int8_t)scale.shift;
        }
    }
    scales->multipliers = multipliers;
    scales->shifts = shifts;
    return NULL;
}

bool nn_resolve_window(uint8_t padding, const nn_window_t *window, int32_t *output,
    int32_t *before) {
    int64_t reach = ((int64_t)window->filter - 1) * window->dilation + 1;
    if (window->filter < 1 || window->stride < 1 || window->dilation < 1
        || window->stride > MAX_REACH || window->dilation > MAX_REACH || reach > MAX_REACH
        || window->input > MAX_INPUT) {
        return false;
    }
    int64_t length;
    if (padding == NN_PADDING_SAME) {
        length = ((int64_t)window->input + window->stride - 1) / window->stride;
    } else if (padding == NN_PADDING_VALID) {
        length = ((int64_t)window->input + window->stride - reach) / window->stride;
    } else {
        return false;
    }
    int64_t missing = (length - 1) * window->stride + reach - window->input;
    int64_t half = missing > 0 ? missing / 2 : 0; // an odd one goes after
    if (length < 1) {
        return false;
    }
    *output = (int32_t)length;
    *before = (int32_t)half;
    return true;
}
