// Module `mps`: what only these boards have, an emulator around them.
#include <string.h>

#include "py/mperrno.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "faults.h"
#include "flash.h"
#include "semihosting.h"

#define ARGUMENT_BYTES (128)

// ---- Files: the block device below littlefs

typedef struct _mps_files_obj_t {
    mp_obj_base_t base;
} mps_files_obj_t;

static const mps_files_obj_t mps_files_obj;

static mp_obj_t files_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    return MP_OBJ_FROM_PTR(&mps_files_obj);
}

// Where a byte of a block lies; for none that there is, the end, where nothing can be read or written.
static uint32_t place_of(mp_obj_t block_in, uint32_t offset) {
    uint32_t block = (uint32_t)mp_obj_get_int(block_in);
    uint32_t blocks = flash_files.length / FLASH_BLOCK_BYTES;
    return block < blocks && offset < FLASH_BLOCK_BYTES ? block * FLASH_BLOCK_BYTES + offset : flash_files.length;
}

static uint32_t offset_of(size_t n_args, const mp_obj_t *args) {
    return n_args > 3 ? (uint32_t)mp_obj_get_int(args[3]) : 0;
}

static mp_obj_t told(int error) {
    return MP_OBJ_NEW_SMALL_INT(-error);
}

static mp_obj_t files_readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_WRITE);
    uint32_t place = place_of(args[1], offset_of(n_args, args));
    if (buffer.len > flash_files.length - place) {
        return told(MP_EINVAL);
    }
    memcpy(buffer.buf, flash_address(&flash_files) + place, buffer.len);
    return told(0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(files_readblocks_obj, 3, 4, files_readblocks);

// Without an offset whole blocks are meant, and erased first.
static mp_obj_t files_writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_READ);
    uint32_t place = place_of(args[1], offset_of(n_args, args));
    int error = n_args > 3 ? 0 : flash_erase(&flash_files, place, buffer.len);
    return told(error ? error : flash_program(&flash_files, place, buffer.buf, buffer.len));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(files_writeblocks_obj, 3, 4, files_writeblocks);

static mp_obj_t files_ioctl(mp_obj_t self_in, mp_obj_t command_in, mp_obj_t argument_in) {
    switch (mp_obj_get_int(command_in)) {
        case MP_BLOCKDEV_IOCTL_INIT:
        case MP_BLOCKDEV_IOCTL_DEINIT:
        case MP_BLOCKDEV_IOCTL_SYNC:
            return told(0);
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(flash_files.length / FLASH_BLOCK_BYTES);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(FLASH_BLOCK_BYTES);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE:
            return told(flash_erase(&flash_files, place_of(argument_in, 0), FLASH_BLOCK_BYTES));
        default:
            return mp_const_none;
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(files_ioctl_obj, files_ioctl);

static const mp_rom_map_elem_t files_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&files_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&files_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&files_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(files_locals, files_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    mps_files_type,
    MP_QSTR_Files,
    MP_TYPE_FLAG_NONE,
    make_new, files_make_new,
    locals_dict, &files_locals
    );

static const mps_files_obj_t mps_files_obj = { .base = { &mps_files_type } };

// What littlefs has written and erased since power-on: (bytes, bytes).
static mp_obj_t mps_files_wear(void) {
    mp_obj_t items[] = {
        mp_obj_new_int_from_uint(flash_files_wear.written_bytes),
        mp_obj_new_int_from_uint(flash_files_wear.erased_bytes),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps_files_wear_obj, mps_files_wear);

// ---- The emulator

static mp_obj_t mps_argument(mp_obj_t name_in) {
    char value[ARGUMENT_BYTES];
    if (!semihosting_argument(mp_obj_str_get_str(name_in), value, sizeof(value))) {
        return mp_const_none;
    }
    return mp_obj_new_str(value, strlen(value));
}
static MP_DEFINE_CONST_FUN_OBJ_1(mps_argument_obj, mps_argument);

static mp_obj_t mps_log(mp_obj_t text_in) {
    semihosting_log(mp_obj_str_get_str(text_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mps_log_obj, mps_log);

// ---- Faults

static mp_obj_t mps_take_fault(void) {
    return fault_take();
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps_take_fault_obj, mps_take_fault);

// Whether this start was a restart; else the power came on.
static mp_obj_t mps_was_restarted(void) {
    return mp_obj_new_bool(board_was_restarted());
}
static MP_DEFINE_CONST_FUN_OBJ_0(mps_was_restarted_obj, mps_was_restarted);

// Only a board that was started for it crashes on demand.
static mp_obj_t mps_crash(mp_obj_t kind_in) {
    char value[2];
    if (!semihosting_argument("faults", value, sizeof(value))) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("start the board with faults=1"));
    }
    fault_plant(mp_obj_str_get_str(kind_in));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mps_crash_obj, mps_crash);

static const mp_rom_map_elem_t mps_module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_mps) },
    { MP_ROM_QSTR(MP_QSTR_Files), MP_ROM_PTR(&mps_files_type) },
    { MP_ROM_QSTR(MP_QSTR_files_wear), MP_ROM_PTR(&mps_files_wear_obj) },
    { MP_ROM_QSTR(MP_QSTR_argument), MP_ROM_PTR(&mps_argument_obj) },
    { MP_ROM_QSTR(MP_QSTR_log), MP_ROM_PTR(&mps_log_obj) },
    { MP_ROM_QSTR(MP_QSTR_take_fault), MP_ROM_PTR(&mps_take_fault_obj) },
    { MP_ROM_QSTR(MP_QSTR_was_restarted), MP_ROM_PTR(&mps_was_restarted_obj) },
    { MP_ROM_QSTR(MP_QSTR_crash), MP_ROM_PTR(&mps_crash_obj) },
};
static MP_DEFINE_CONST_DICT(mps_module_globals, mps_module_globals_table);

const mp_obj_module_t mps_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mps_module_globals,
};
MP_REGISTER_MODULE(MP_QSTR_mps, mps_module);
