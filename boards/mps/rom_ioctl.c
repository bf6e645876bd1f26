// vfs.rom_ioctl(): the flash that can be read in place. Partition 0 is ROMFS, 1 the Runes' bodies.
#include "py/mperrno.h"
#include "py/objarray.h"
#include "py/runtime.h"
#include "extmod/vfs.h"
#include "flash.h"

// As on real boards, several bytes are programmed at a time.
#define WRITE_BYTES (16)

// Not of MicroPython: returns the size of an erase block, and says that an offset to erase at is
// understood.
#define ROM_IOCTL_BLOCK_BYTES (6)

static const flash_partition_t *const partitions[] = { &flash_read_only, &flash_bodies };

static mp_obj_t segment(const flash_partition_t *partition) {
    return mp_obj_new_memoryview('B', partition->length, flash_address(partition));
}

// (3, id, length) erases from the start, as MicroPython has it; (3, id, offset, length) whole blocks.
static int prepare(const flash_partition_t *partition, size_t n_args, const mp_obj_t *args) {
    uint32_t length = (uint32_t)mp_obj_get_int(args[n_args - 1]);
    if (n_args == 4) {
        return flash_erase(partition, (uint32_t)mp_obj_get_int(args[2]), length);
    }
    if (length > partition->length) {
        return MP_EINVAL;
    }
    return flash_erase(partition, 0, (length + FLASH_BLOCK_BYTES - 1) / FLASH_BLOCK_BYTES * FLASH_BLOCK_BYTES);
}

static int write(const flash_partition_t *partition, const mp_obj_t *args) {
    mp_buffer_info_t bytes;
    mp_get_buffer_raise(args[3], &bytes, MP_BUFFER_READ);
    uint32_t offset = (uint32_t)mp_obj_get_int(args[2]);
    if ((offset | bytes.len) % WRITE_BYTES != 0) {
        return MP_EINVAL;
    }
    return flash_program(partition, offset, bytes.buf, bytes.len);
}

mp_obj_t mp_vfs_rom_ioctl(size_t n_args, const mp_obj_t *args) {
    mp_int_t command = mp_obj_get_int(args[0]);
    if (command == MP_VFS_ROM_IOCTL_GET_NUMBER_OF_SEGMENTS) {
        return MP_OBJ_NEW_SMALL_INT(MP_ARRAY_SIZE(partitions));
    }
    mp_int_t id = n_args < 2 ? -1 : mp_obj_get_int(args[1]);
    if (id < 0 || id >= (mp_int_t)MP_ARRAY_SIZE(partitions)) {
        return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
    }
    int error = MP_EINVAL;
    if (command == MP_VFS_ROM_IOCTL_GET_SEGMENT) {
        return segment(partitions[id]);
    } else if (command == ROM_IOCTL_BLOCK_BYTES) {
        return MP_OBJ_NEW_SMALL_INT(FLASH_BLOCK_BYTES);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE_PREPARE && n_args >= 3) {
        error = prepare(partitions[id], n_args, args);
        return MP_OBJ_NEW_SMALL_INT(error == 0 ? WRITE_BYTES : -error);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE && n_args == 4) {
        error = write(partitions[id], args);
    } else if (command == MP_VFS_ROM_IOCTL_WRITE_COMPLETE) {
        error = 0;
    }
    return MP_OBJ_NEW_SMALL_INT(-error);
}
