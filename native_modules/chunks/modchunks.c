// Module chunks: cuts data by content, so that what two files share can be told by its hashes.
//
//     chunks.cut(data)        how long the first chunk is
//     chunks.cut(data, 4096)  how long the one that begins there is
//
// What differs is made by patches of what is there.
//
//     chunks.patched(patch, old, offset, buffer)  how many bytes the patch makes; those from the
//                                                 offset on are in the buffer then

#include "py/runtime.h"
#include "chunk_cut.h"
#include "patch_decode.h"
#include "runic_arguments.h"

static mp_obj_t chunks_cut(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t data;
    mp_get_buffer_raise(args[0], &data, MP_BUFFER_READ);
    mp_int_t start = n_args > 1 ? runic_integer(args[1]) : 0;
    if (start < 0 || (size_t)start > data.len) {
        mp_raise_ValueError(MP_ERROR_TEXT("the offset is outside the data"));
    }
    return mp_obj_new_int_from_uint(chunk_cut((const uint8_t *)data.buf + start, data.len - (size_t)start));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(chunks_cut_obj, 1, 2, chunks_cut);

static mp_obj_t chunks_patched(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t patch, old, room;
    mp_get_buffer_raise(args[0], &patch, MP_BUFFER_READ);
    mp_get_buffer_raise(args[1], &old, MP_BUFFER_READ);
    mp_int_t offset = runic_integer(args[2]);
    mp_get_buffer_raise(args[3], &room, MP_BUFFER_WRITE);
    if (offset < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("the offset is negative"));
    }
    patch_span_t patch_span = { patch.buf, patch.len };
    patch_span_t old_span = { old.buf, old.len };
    size_t made;
    if (!patch_decode(patch_span, old_span, (size_t)offset, room.buf, room.len, &made)) {
        mp_raise_ValueError(MP_ERROR_TEXT("the patch is damaged"));
    }
    return mp_obj_new_int_from_uint(made);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(chunks_patched_obj, 4, 4, chunks_patched);

static const mp_rom_map_elem_t chunks_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_chunks) },
    { MP_ROM_QSTR(MP_QSTR_cut), MP_ROM_PTR(&chunks_cut_obj) },
    { MP_ROM_QSTR(MP_QSTR_patched), MP_ROM_PTR(&chunks_patched_obj) },
};
static MP_DEFINE_CONST_DICT(chunks_globals, chunks_globals_table);

const mp_obj_module_t chunks_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&chunks_globals,
};

MP_REGISTER_MODULE(MP_QSTR_chunks, chunks_module);
