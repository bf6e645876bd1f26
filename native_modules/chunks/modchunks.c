// Module chunks: cuts data by content, so that what two files share can be told by its hashes.
//
//     chunks.cut(data)        how long the first chunk is
//     chunks.cut(data, 4096)  how long the one that begins there is
//
//     chunks.offset(data, view)  where in the data the bytes of a view of it lie
//
// What differs is made by patches of what is there.
//
//     chunks.patched(patch, old, offset, buffer)  how many bytes the patch makes; those from the
//                                                 offset on are in the buffer then
//
// `data` and `old` may be a tuple of buffers: a file whose parts lie in several places.

#include "py/runtime.h"
#include "chunk_cut.h"
#include "patch_decode.h"
#include "runic_arguments.h"

// As many parts may a file have.
#define PARTS_MAX 9

static span_t span_of(mp_obj_t object) {
    mp_buffer_info_t part;
    mp_get_buffer_raise(object, &part, MP_BUFFER_READ);
    return (span_t) { part.buf, part.len };
}

// A file, its parts in `spans`, for which there must be PARTS_MAX places.
static spans_t file_of(mp_obj_t object, span_t *spans) {
    size_t count = 1;
    mp_obj_t *parts = &object;
    if (mp_obj_is_type(object, &mp_type_tuple)) {
        mp_obj_tuple_get(object, &count, &parts);
    }
    if (count == 0 || count > PARTS_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("a file has 1 to 9 parts"));
    }
    for (size_t i = 0; i < count; ++i) {
        spans[i] = span_of(parts[i]);
    }
    return (spans_t) { spans, count };
}

static mp_obj_t chunks_cut(size_t n_args, const mp_obj_t *args) {
    span_t spans[PARTS_MAX];
    spans_t file = file_of(args[0], spans);
    mp_int_t start = n_args > 1 ? runic_integer(args[1]) : 0;
    if (start < 0 || (size_t)start > spans_length(file)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the offset is outside the data"));
    }
    return mp_obj_new_int_from_uint(chunk_cut(file, (size_t)start));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(chunks_cut_obj, 1, 2, chunks_cut);

// Where the bytes lie that a view of the file's shows.
static mp_obj_t chunks_offset(mp_obj_t file_in, mp_obj_t view_in) {
    span_t spans[PARTS_MAX];
    spans_t file = file_of(file_in, spans);
    span_t view = span_of(view_in);
    size_t offset = 0;
    for (size_t i = 0; i < file.count; ++i) {
        uintptr_t start = (uintptr_t)spans[i].bytes, at = (uintptr_t)view.bytes;
        if (at >= start && at - start <= spans[i].length && view.length <= spans[i].length - (at - start)) {
            return mp_obj_new_int_from_uint(offset + (at - start));
        }
        offset += spans[i].length;
    }
    mp_raise_ValueError(MP_ERROR_TEXT("that is no view of the data"));
}
static MP_DEFINE_CONST_FUN_OBJ_2(chunks_offset_obj, chunks_offset);

static mp_obj_t chunks_patched(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t room;
    span_t spans[PARTS_MAX];
    span_t patch = span_of(args[0]);
    spans_t old = file_of(args[1], spans);
    mp_int_t offset = runic_integer(args[2]);
    mp_get_buffer_raise(args[3], &room, MP_BUFFER_WRITE);
    if (offset < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("the offset is negative"));
    }
    size_t made;
    if (!patch_decode(patch, old, (size_t)offset, room.buf, room.len, &made)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the patch is damaged"));
    }
    return mp_obj_new_int_from_uint(made);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(chunks_patched_obj, 4, 4, chunks_patched);

static const mp_rom_map_elem_t chunks_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_chunks) },
    { MP_ROM_QSTR(MP_QSTR_cut), MP_ROM_PTR(&chunks_cut_obj) },
    { MP_ROM_QSTR(MP_QSTR_offset), MP_ROM_PTR(&chunks_offset_obj) },
    { MP_ROM_QSTR(MP_QSTR_patched), MP_ROM_PTR(&chunks_patched_obj) },
};
static MP_DEFINE_CONST_DICT(chunks_globals, chunks_globals_table);

const mp_obj_module_t chunks_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&chunks_globals,
};

MP_REGISTER_MODULE(MP_QSTR_chunks, chunks_module);
