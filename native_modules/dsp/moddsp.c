// The module `dsp`: signal processing on buffers, and the stock blocks.

#include "py/binary.h"
#include "py/objstr.h"
#include "py/runtime.h"

#include "dsp_fft_f32.h"
#include "dsp_fft_q15.h"
#include "dsp_image.h"
#include "dsp_mel.h"
#include "dsp_turn.h"
#include "dsp_vector.h"
#include "moddsp.h"
#include "moddsp_block.h"
#include "runic_arguments.h"

#define MELS_MAX (512)
#define LOG_LOWEST (1e-12f)
#define RFFT_SHORTEST (32)

typedef struct {
    float *values;
    uint32_t count;
} floats_t;

// A buffer of float32: array('f'), or bytes that are aligned and a multiple of 4.
static floats_t get_floats(mp_obj_t buffer_in, mp_uint_t flags) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, flags);
    bool bytes = buffer.typecode == 'B' || buffer.typecode == BYTEARRAY_TYPECODE;
    if ((buffer.typecode != 'f' && !bytes) || buffer.len % sizeof(float) != 0 || buffer.len > INT32_MAX
        || (uintptr_t)buffer.buf % sizeof(float) != 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffer of float32 expected"));
    }
    return (floats_t) { buffer.buf, (uint32_t)(buffer.len / sizeof(float)) };
}

// An array of integers that is one of two types, aligned to 4: array('h'), array('I').
static mp_buffer_info_t get_integers(mp_obj_t buffer_in, mp_uint_t flags, char typecode, char other_typecode) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, flags);
    if ((buffer.typecode != typecode && buffer.typecode != other_typecode) || buffer.len > INT32_MAX
        || (uintptr_t)buffer.buf % sizeof(uint32_t) != 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("array('%c') expected"), typecode);
    }
    return buffer;
}

// Whether this is a buffer of 16-bit integers.
static bool is_q15(mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    return mp_get_buffer(buffer_in, &buffer, MP_BUFFER_READ) && buffer.typecode == 'h';
}

// The index of a name in a table.
static size_t find_name(mp_obj_t name_in, const char *const *names, size_t count) {
    const char *name = runic_text_of(name_in);
    for (size_t i = 0; i < count; ++i) {
        if (strcmp(name, names[i]) == 0) {
            return i;
        }
    }
    vstr_t known;
    vstr_init(&known, 64);
    for (size_t i = 0; i < count; ++i) {
        vstr_add_str(&known, i == 0 ? "" : ", ");
        vstr_add_str(&known, names[i]);
    }
    mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("unknown '%s'; there is %s"), name,
        vstr_null_terminated_str(&known));
}

// A transform writes in another order than it reads.
static void check_rfft(const void *values, const void *out, size_t bytes, size_t out_bytes, size_t item_bytes) {
    size_t length = bytes / item_bytes;
    if (bytes != out_bytes) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffers of the same length expected"));
    }
    if (length < RFFT_SHORTEST || length > DSP_RFFT_LONGEST || (length & (length - 1)) != 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("length must be a power of two from %d to %d"),
            RFFT_SHORTEST, DSP_RFFT_LONGEST);
    }
    const uint8_t *first = values, *second = out;
    if (first < second + bytes && second < first + bytes) {
        mp_raise_ValueError(MP_ERROR_TEXT("out must be another buffer"));
    }
}

// rfft(values, out): both float32 or both 16-bit integers, of one length, a power of two from 32.
static mp_obj_t dsp_rfft_function(mp_obj_t values_in, mp_obj_t out_in) {
    if (is_q15(values_in)) {
        mp_buffer_info_t values = get_integers(values_in, MP_BUFFER_READ, 'h', 'h');
        mp_buffer_info_t out = get_integers(out_in, MP_BUFFER_WRITE, 'h', 'h');
        check_rfft(values.buf, out.buf, values.len, out.len, sizeof(int16_t));
        dsp_rfft_q15(values.buf, out.buf, (uint32_t)(values.len / sizeof(int16_t)));
    } else {
        floats_t values = get_floats(values_in, MP_BUFFER_READ);
        floats_t out = get_floats(out_in, MP_BUFFER_WRITE);
        check_rfft(values.values, out.values, values.count * sizeof(float), out.count * sizeof(float), sizeof(float));
        dsp_rfft_f32(values.values, out.values, values.count);
    }
    return out_in;
}
static MP_DEFINE_CONST_FUN_OBJ_2(dsp_rfft_obj, dsp_rfft_function);

static void check_power(size_t length, size_t out_length) {
    if (length < 2 || length % 2 != 0 || out_length != length / 2 + 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("out must have half as many values and one"));
    }
}

// power(spectrum, out): out has half as many values and one; unsigned 32-bit integers for 16-bit ones.
static mp_obj_t dsp_power_function(mp_obj_t spectrum_in, mp_obj_t out_in) {
    if (is_q15(spectrum_in)) {
        mp_buffer_info_t spectrum = get_integers(spectrum_in, MP_BUFFER_READ, 'h', 'h');
        mp_buffer_info_t out = get_integers(out_in, MP_BUFFER_WRITE, 'I', sizeof(long) == 4 ? 'L' : 'I');
        check_power(spectrum.len / sizeof(int16_t), out.len / sizeof(uint32_t));
        dsp_power_q15(spectrum.buf, out.buf, (uint32_t)(spectrum.len / sizeof(int16_t)));
    } else {
        floats_t spectrum = get_floats(spectrum_in, MP_BUFFER_READ);
        floats_t out = get_floats(out_in, MP_BUFFER_WRITE);
        check_power(spectrum.count, out.count);
        dsp_power(spectrum.values, out.values, spectrum.count);
    }
    return out_in;
}
static MP_DEFINE_CONST_FUN_OBJ_2(dsp_power_obj, dsp_power_function);

// window(kind, length) -> memoryview of float32
static mp_obj_t dsp_window_function(mp_obj_t kind_in, mp_obj_t length_in) {
    static const char *const kinds[DSP_WINDOW_COUNT] = { "rectangle", "hann", "hamming", "blackman" };
    dsp_window_t kind = (dsp_window_t)find_name(kind_in, kinds, DSP_WINDOW_COUNT);
    mp_int_t length = runic_integer(length_in);
    if (length < 1 || length > 1 << 20) {
        mp_raise_ValueError(MP_ERROR_TEXT("length out of range"));
    }
    float *values = m_new(float, length);
    dsp_window(values, (uint32_t)length, kind);
    return mp_obj_new_memoryview('f', (size_t)length, values);
}
static MP_DEFINE_CONST_FUN_OBJ_2(dsp_window_obj, dsp_window_function);

// mel_filterbank(power, out, sample_rate): power has length / 2 + 1 rows, out one value for each band.
static mp_obj_t dsp_mel_filterbank_function(mp_obj_t power_in, mp_obj_t out_in, mp_obj_t rate_in) {
    floats_t power = get_floats(power_in, MP_BUFFER_READ);
    floats_t out = get_floats(out_in, MP_BUFFER_WRITE);
    mp_int_t rate = runic_integer(rate_in);
    if (power.count < 9 || power.count > 2049 || out.count < 1 || out.count > MELS_MAX || rate < 1000 || rate > 96000) {
        mp_raise_ValueError(MP_ERROR_TEXT("9 to 2049 rows, 1 to 512 bands, 1000 to 96000 Hz expected"));
    }
    uint32_t bins = 2 * (power.count - 1);
    uint16_t *edges = m_new(uint16_t, out.count + 2);
    dsp_mel_edges(edges, out.count, (uint32_t)rate, bins);
    dsp_mel_sums(power.values, out.values, out.count, edges, bins);
    m_del(uint16_t, edges, out.count + 2);
    return out_in;
}
static MP_DEFINE_CONST_FUN_OBJ_3(dsp_mel_filterbank_obj, dsp_mel_filterbank_function);

// log(values, out, lowest=1e-12)
static mp_obj_t dsp_log_function(size_t n_args, const mp_obj_t *args) {
    // Before the buffers: an object's own __float__ may resize them.
    float lowest = n_args > 2 ? (float)mp_obj_get_float(args[2]) : LOG_LOWEST;
    floats_t values = get_floats(args[0], MP_BUFFER_READ);
    floats_t out = get_floats(args[1], MP_BUFFER_WRITE);
    if (out.count != values.count || !(lowest > 0.0f)) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffers of the same length and a lowest value over 0 expected"));
    }
    dsp_log(values.values, out.values, values.count, lowest);
    return args[1];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dsp_log_obj, 2, 3, dsp_log_function);

// (height, width, channels) of a picture that fits its buffer.
static dsp_image_shape_t get_image_shape(mp_obj_t shape_in, size_t buffer_bytes) {
    mp_obj_t *items;
    mp_obj_get_array_fixed_n(shape_in, 3, &items);
    mp_int_t height = runic_integer(items[0]), width = runic_integer(items[1]), channels = runic_integer(items[2]);
    if (height < 1 || height > DSP_IMAGE_SIDE_MAX || width < 1 || width > DSP_IMAGE_SIDE_MAX || channels < 1
        || channels > DSP_IMAGE_CHANNELS_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("picture's height, width or channels out of range"));
    }
    if ((uint64_t)height * (uint64_t)width * (uint64_t)channels > buffer_bytes) {
        mp_raise_ValueError(MP_ERROR_TEXT("picture larger than its buffer"));
    }
    return (dsp_image_shape_t) { (uint32_t)height, (uint32_t)width, (uint32_t)channels };
}

// resize(source, (height, width, channels), target, (height, width, channels), filter="catmull-rom")
static mp_obj_t dsp_resize_function(size_t n_args, const mp_obj_t *args) {
    static const char *const filters[DSP_FILTER_COUNT] = { "bilinear", "catmull-rom" };
    mp_buffer_info_t source, target;
    mp_get_buffer_raise(args[0], &source, MP_BUFFER_READ);
    mp_get_buffer_raise(args[2], &target, MP_BUFFER_WRITE);
    dsp_image_shape_t from = get_image_shape(args[1], source.len);
    dsp_image_shape_t to = get_image_shape(args[3], target.len);
    if (from.channels != to.channels) {
        mp_raise_ValueError(MP_ERROR_TEXT("pictures of as many channels expected"));
    }
    dsp_filter_t filter = n_args > 4 ? (dsp_filter_t)find_name(args[4], filters, DSP_FILTER_COUNT) : DSP_CATMULL_ROM;
    size_t row_floats = (size_t)from.width * from.channels;
    float *row = m_new(float, row_floats);
    dsp_resize(source.buf, &from, target.buf, &to, filter, row);
    m_del(float, row, row_floats);
    return args[2];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dsp_resize_obj, 4, 5, dsp_resize_function);

// convert_pixels(source, format, target, format): formats are "rgb", "bgr", "gray".
static mp_obj_t dsp_convert_pixels_function(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    static const char *const formats[DSP_FORMAT_COUNT] = { "rgb", "bgr", "gray" };
    mp_buffer_info_t source, target;
    mp_get_buffer_raise(args[0], &source, MP_BUFFER_READ);
    mp_get_buffer_raise(args[2], &target, MP_BUFFER_WRITE);
    dsp_pixel_format_t from = (dsp_pixel_format_t)find_name(args[1], formats, DSP_FORMAT_COUNT);
    dsp_pixel_format_t to = (dsp_pixel_format_t)find_name(args[3], formats, DSP_FORMAT_COUNT);
    size_t pixels = source.len / dsp_format_channels(from);
    if (source.len > INT32_MAX || source.len != pixels * dsp_format_channels(from)
        || target.len / dsp_format_channels(to) < pixels) {
        mp_raise_ValueError(MP_ERROR_TEXT("buffers of the same number of pixels expected"));
    }
    dsp_convert_pixels(source.buf, from, target.buf, to, (uint32_t)pixels);
    return args[2];
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(dsp_convert_pixels_obj, 4, 4, dsp_convert_pixels_function);

// blocks() -> tuple of names
static mp_obj_t dsp_blocks_function(void) {
    mp_obj_tuple_t *names = MP_OBJ_TO_PTR(mp_obj_new_tuple(dsp_block_type_count, NULL));
    for (uint32_t i = 0; i < dsp_block_type_count; ++i) {
        names->items[i] = mp_obj_new_str_from_cstr(dsp_block_types[i]->name);
    }
    return MP_OBJ_FROM_PTR(names);
}
static MP_DEFINE_CONST_FUN_OBJ_0(dsp_blocks_obj, dsp_blocks_function);

static mp_obj_t standard_value(const dsp_parameter_t *parameter) {
    if (parameter->required) {
        return mp_const_none;
    }
    switch (parameter->kind) {
        case DSP_INTEGER:
            return mp_obj_new_int(parameter->standard.integer);
        case DSP_NUMBER:
            return mp_obj_new_float((mp_float_t)parameter->standard.number);
        default:
            return mp_obj_new_str(parameter->standard.text.data, parameter->standard.text.length);
    }
}

// arguments(block) -> {name: value when not given, None where it must be}
static mp_obj_t dsp_arguments_function(mp_obj_t name_in) {
    const dsp_block_type_t *type = dsp_find_type(name_in);
    mp_obj_t arguments = mp_obj_new_dict(type->parameter_count);
    for (uint8_t i = 0; i < type->parameter_count; ++i) {
        mp_obj_t name = mp_obj_new_str_from_cstr(type->parameters[i].name);
        mp_obj_dict_store(arguments, name, standard_value(&type->parameters[i]));
    }
    return arguments;
}
static MP_DEFINE_CONST_FUN_OBJ_1(dsp_arguments_obj, dsp_arguments_function);

static const mp_rom_map_elem_t dsp_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_dsp) },
    { MP_ROM_QSTR(MP_QSTR_rfft), MP_ROM_PTR(&dsp_rfft_obj) },
    { MP_ROM_QSTR(MP_QSTR_power), MP_ROM_PTR(&dsp_power_obj) },
    { MP_ROM_QSTR(MP_QSTR_window), MP_ROM_PTR(&dsp_window_obj) },
    { MP_ROM_QSTR(MP_QSTR_mel_filterbank), MP_ROM_PTR(&dsp_mel_filterbank_obj) },
    { MP_ROM_QSTR(MP_QSTR_log), MP_ROM_PTR(&dsp_log_obj) },
    { MP_ROM_QSTR(MP_QSTR_resize), MP_ROM_PTR(&dsp_resize_obj) },
    { MP_ROM_QSTR(MP_QSTR_convert_pixels), MP_ROM_PTR(&dsp_convert_pixels_obj) },
    { MP_ROM_QSTR(MP_QSTR_blocks), MP_ROM_PTR(&dsp_blocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_arguments), MP_ROM_PTR(&dsp_arguments_obj) },
    { MP_ROM_QSTR(MP_QSTR_Block), MP_ROM_PTR(&dsp_type_block) },
};
static MP_DEFINE_CONST_DICT(dsp_globals, dsp_globals_table);

const mp_obj_module_t dsp_user_cmodule = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&dsp_globals,
};
MP_REGISTER_MODULE(MP_QSTR_dsp, dsp_user_cmodule);
