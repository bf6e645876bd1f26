// nn.Model.predict: inputs from whatever holds numbers, run, outputs as what the inputs were.
//
// Rules: only what holds its numbers itself is taken (list, tuple, buffers of them), so no Python
// code runs between looking at an input and reading it. An input is checked as it is written: a
// predict that raises has not run the model.

#include <math.h>
#include <string.h>

#include "py/binary.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "kernels/nn_kernels.h"
#include "modnn.h"
#include "nn_schema.h"

#define DEEPEST (2 * NN_MAX_RANK)

// One input while it is written.
typedef struct _filling_t {
    const nn_tensor_t *tensor;
    nn_affine_t affine;
    unsigned index; // which of the model's inputs
    uint32_t at; // elements written so far
    bool converted; // some numbers were given, not the tensor's own elements
} filling_t;

// --- one number

static bool integer_range(uint8_t type, int64_t *low, int64_t *high) {
    switch (type) {
        case NN_INT8:
            return *low = INT8_MIN, *high = INT8_MAX, true;
        case NN_UINT8:
            return *low = 0, *high = UINT8_MAX, true;
        case NN_INT16:
            return *low = INT16_MIN, *high = INT16_MAX, true;
        case NN_INT32:
            return *low = INT32_MIN, *high = INT32_MAX, true;
        case NN_INT64:
            return *low = INT64_MIN, *high = INT64_MAX, true;
        case NN_BOOL:
            return *low = 0, *high = 1, true;
        default:
            return false;
    }
}

static bool is_quantised(const nn_tensor_t *tensor) {
    return tensor->scale > 0.0f && (tensor->type == NN_INT8 || tensor->type == NN_UINT8
                                    || tensor->type == NN_INT16);
}

static bool takes_reals(const nn_tensor_t *tensor) {
    return tensor->type == NN_FLOAT32 || is_quantised(tensor);
}

static void store_integer(const nn_tensor_t *tensor, uint32_t index, int64_t value) {
    // Two's complement, little endian: the low bytes are the narrower type's.
    uint32_t element_bytes = tensor->bytes / nn_count(tensor);
    memcpy(tensor->data + (size_t)index * element_bytes, &value, element_bytes);
}

static void refuse_nan(const filling_t *filling, float value, size_t more) {
    if (isnan(value)) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("input %u: number %u is NaN"),
            filling->index, (unsigned)(filling->at + more));
    }
}

static void put_real(filling_t *filling, float value) {
    refuse_nan(filling, value, 0);
    if (filling->tensor->type == NN_FLOAT32) {
        memcpy(filling->tensor->data + (size_t)filling->at * sizeof(value), &value, sizeof(value));
    } else {
        store_integer(filling->tensor, filling->at, nn_quantise(&filling->affine, value));
    }
    ++filling->at;
}

// Without a scale, numbers are what they are: indices, flags, counts.
static void put_whole(filling_t *filling, mp_obj_t item) {
    int64_t low, high;
    if (!integer_range(filling->tensor->type, &low, &high)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("input %u: %s is taken as bytes only"),
            filling->index, nn_type_name(filling->tensor->type));
    }
    if (!mp_obj_is_int(item) && !mp_obj_is_bool(item)) {
        mp_raise_msg_varg(&mp_type_TypeError,
            MP_ERROR_TEXT("input %u: number %u must be an integer: %s has no scale"),
            filling->index, (unsigned)filling->at, nn_type_name(filling->tensor->type));
    }
    mp_int_t value = mp_obj_get_int(item);
    if (value < low || value > high) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("input %u: number %u is outside %s"),
            filling->index, (unsigned)filling->at, nn_type_name(filling->tensor->type));
    }
    store_integer(filling->tensor, filling->at, value);
    ++filling->at;
}

static bool is_number(mp_obj_t item) {
    return mp_obj_is_int(item) || mp_obj_is_float(item) || mp_obj_is_bool(item);
}

static void put_number(filling_t *filling, mp_obj_t item) {
    if (!is_number(item)) {
        mp_raise_msg_varg(&mp_type_TypeError,
            MP_ERROR_TEXT("input %u: number %u is of type %s"), filling->index,
            (unsigned)filling->at, mp_obj_get_type_str(item));
    }
    filling->converted = true;
    if (takes_reals(filling->tensor)) {
        put_real(filling, (float)mp_obj_get_float(item));
    } else {
        put_whole(filling, item);
    }
}

// --- many

static void require_count(const filling_t *filling, size_t given, size_t wanted, const char *of) {
    if (given != wanted) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("input %u: %u %s given, %u wanted"),
            filling->index, (unsigned)given, of, (unsigned)wanted);
    }
}

static float real_at(const mp_buffer_info_t *info, size_t index) {
    if (info->typecode == 'd') {
        double wide;
        memcpy(&wide, (const uint8_t *)info->buf + index * sizeof(wide), sizeof(wide));
        return (float)wide;
    }
    float value;
    memcpy(&value, (const uint8_t *)info->buf + index * sizeof(value), sizeof(value));
    return value;
}

// The tensor's own elements, or its bytes. They may lie in the arena, where an output does.
static void put_own(filling_t *filling, const mp_buffer_info_t *info, size_t wanted) {
    const nn_tensor_t *tensor = filling->tensor;
    size_t element_bytes = tensor->bytes / nn_count(tensor);
    if (info->typecode == nn_typecode(tensor->type)) {
        require_count(filling, info->len / element_bytes, wanted, "numbers");
    }
    require_count(filling, info->len, wanted * element_bytes, "bytes");
    for (size_t i = 0; info->typecode == 'f' && i < wanted; ++i) {
        refuse_nan(filling, real_at(info, i), i);
    }
    memmove(tensor->data + (size_t)filling->at * element_bytes, info->buf, info->len);
    filling->at += (uint32_t)wanted;
}

// Numbers of another type, one by one.
static void put_others(filling_t *filling, const mp_buffer_info_t *info, size_t wanted) {
    char typecode = (char)info->typecode;
    if (strchr("bhHiIlLqQfd", typecode) == NULL) {
        mp_raise_msg_varg(&mp_type_TypeError,
            MP_ERROR_TEXT("input %u: a buffer of '%c' holds no numbers"), filling->index, typecode);
    }
    require_count(filling, info->len / mp_binary_get_size('@', typecode, NULL), wanted, "numbers");
    filling->converted = true;
    bool real = (typecode == 'f' || typecode == 'd') && takes_reals(filling->tensor);
    for (size_t i = 0; i < wanted; ++i) {
        if (real) {
            put_real(filling, real_at(info, i));
        } else {
            put_number(filling, mp_binary_get_val_array(typecode, info->buf, i));
        }
    }
}

static void put_buffer(filling_t *filling, mp_obj_t given, size_t wanted) {
    mp_buffer_info_t info;
    if (mp_obj_is_str(given) || !mp_get_buffer(given, &info, MP_BUFFER_READ)) {
        mp_raise_msg_varg(&mp_type_TypeError,
            MP_ERROR_TEXT("input %u: a list, tuple or buffer of numbers is wanted, not %s"),
            filling->index, mp_obj_get_type_str(given));
    }
    if (info.typecode == 'B' || info.typecode == BYTEARRAY_TYPECODE
        || info.typecode == nn_typecode(filling->tensor->type)) {
        put_own(filling, &info, wanted);
    } else {
        put_others(filling, &info, wanted);
    }
}

static bool is_sequence(mp_obj_t given) {
    return mp_obj_is_type(given, &mp_type_list) || mp_obj_is_type(given, &mp_type_tuple);
}

static bool is_row(mp_obj_t item) {
    mp_buffer_info_t info;
    return is_sequence(item)
           || (!mp_obj_is_str(item) && mp_get_buffer(item, &info, MP_BUFFER_READ));
}

// What is nested follows the dimensions from `axis` on; those of 1 may be left out or added.
static void put(filling_t *filling, mp_obj_t given, uint8_t axis, size_t wanted, int depth) {
    const nn_tensor_t *tensor = filling->tensor;
    size_t length;
    mp_obj_t *items;
    if (!is_sequence(given)) {
        put_buffer(filling, given, wanted);
        return;
    }
    mp_obj_get_array(given, &length, &items);
    if (length == 0 || !is_row(items[0])) {
        require_count(filling, length, wanted, "numbers");
        for (size_t i = 0; i < length; ++i) {
            put_number(filling, items[i]);
        }
        return;
    }
    while (axis < tensor->rank && tensor->dims[axis] == 1) {
        ++axis;
    }
    if (depth > DEEPEST) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("input %u: is nested too deeply"),
            filling->index);
    }
    if (length > 1) {
        require_count(filling, length, axis < tensor->rank ? (size_t)tensor->dims[axis] : 1, "rows");
        ++axis;
    }
    for (size_t i = 0; i < length; ++i) {
        put(filling, items[i], axis, wanted / length, depth + 1);
    }
}

// Whether what was given was the tensor's own elements.
static bool fill(const nn_model_t *model, unsigned index, mp_obj_t given) {
    const nn_tensor_t *tensor = nn_model_input(model, index);
    int64_t low = 0, high = 0;
    integer_range(tensor->type, &low, &high);
    filling_t filling = {
        .tensor = tensor,
        .affine = { tensor->scale, tensor->zero_point, (int32_t)low, (int32_t)high },
        .index = index,
    };
    put(&filling, given, 0, nn_count(tensor), 0);
    return !filling.converted;
}

static bool fill_all(const nn_model_t *model, mp_obj_t given) {
    size_t wanted = nn_model_input_count(model), length;
    mp_obj_t *items;
    if (wanted == 1) {
        return fill(model, 0, given);
    }
    if (!is_sequence(given)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("a tuple of %u inputs is wanted, not %s"),
            (unsigned)wanted, mp_obj_get_type_str(given));
    }
    mp_obj_get_array(given, &length, &items);
    if (length != wanted) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%u inputs given, %u wanted"),
            (unsigned)length, (unsigned)wanted);
    }
    bool own = true;
    for (size_t i = 0; i < wanted; ++i) {
        own &= fill(model, (unsigned)i, items[i]);
    }
    return own;
}

// --- outputs

static mp_obj_t new_number(const nn_tensor_t *tensor, uint32_t index) {
    mp_obj_t own = mp_binary_get_val_array(nn_typecode(tensor->type), tensor->data, index);
    if (!is_quantised(tensor)) {
        return own;
    }
    mp_int_t steps = mp_obj_get_int(own) - tensor->zero_point;
    return mp_obj_new_float((mp_float_t)(tensor->scale * (float)steps));
}

static mp_obj_t new_output(mp_obj_t self_in, const nn_model_t *model, uint32_t index, bool own) {
    if (own) {
        return nn_model_output_view(self_in, MP_OBJ_NEW_SMALL_INT(index));
    }
    const nn_tensor_t *tensor = nn_model_output(model, index);
    mp_obj_t list = mp_obj_new_list(0, NULL);
    for (uint32_t i = 0; i < nn_count(tensor); ++i) {
        mp_obj_list_append(list, new_number(tensor, i));
    }
    return list;
}

static mp_obj_t model_predict(mp_obj_t self_in, mp_obj_t given) {
    const nn_model_t *model = nn_model_from_obj(self_in);
    bool own = fill_all(model, given);
    nn_model_run(self_in);
    uint32_t count = nn_model_output_count(model);
    if (count == 1) {
        return new_output(self_in, model, 0, own);
    }
    mp_obj_t outputs = mp_obj_new_list(0, NULL);
    for (uint32_t i = 0; i < count; ++i) {
        mp_obj_list_append(outputs, new_output(self_in, model, i, own));
    }
    size_t length;
    mp_obj_t *items;
    mp_obj_list_get(outputs, &length, &items);
    return mp_obj_new_tuple(length, items);
}
MP_DEFINE_CONST_FUN_OBJ_2(nn_model_predict_obj, model_predict);
