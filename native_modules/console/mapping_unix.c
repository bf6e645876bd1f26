// console.map() of the unix port: a file as memory-mapped flash.
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "py/runtime.h"
#include "console_port.h"
#include "runic_arguments.h"

typedef struct _console_mapping_obj_t {
    mp_obj_base_t base;
    void *bytes;
    size_t length;
} console_mapping_obj_t;

static int read_whole(int fd, uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = read(fd, bytes, length);
        if (count == 0) {
            return EIO;
        }
        if (count < 0 && errno != EINTR) {
            return errno;
        }
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    return 0;
}

// Pages of our own hold the file's bytes: a mapping of the file itself would end the whole board
// with SIGBUS when somebody cuts the file short.
static int load_pages(int fd, size_t length, void **bytes) {
    *bytes = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (*bytes == MAP_FAILED) {
        return errno;
    }
    int error = read_whole(fd, *bytes, length);
    if (error == 0 && mprotect(*bytes, length, PROT_READ) != 0) {
        error = errno;
    }
    if (error != 0) {
        munmap(*bytes, length);
    }
    return error;
}

static int map_read_only(const char *path, void **bytes, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    struct stat status;
    int error = fstat(fd, &status) != 0 ? errno : 0;
    if (error == 0 && status.st_size == 0) {
        error = EINVAL;
    }
    if (error == 0) {
        *length = (size_t)status.st_size;
        error = load_pages(fd, *length, bytes);
    }
    close(fd);
    return error;
}

static mp_int_t mapping_get_buffer(mp_obj_t self_in, mp_buffer_info_t *info, mp_uint_t flags) {
    console_mapping_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (flags & MP_BUFFER_WRITE) {
        return 1;
    }
    info->buf = self->bytes;
    info->len = self->length;
    info->typecode = 'B';
    return 0;
}

static mp_obj_t mapping_unary_op(mp_unary_op_t op, mp_obj_t self_in) {
    console_mapping_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (op == MP_UNARY_OP_LEN) {
        return MP_OBJ_NEW_SMALL_INT(self->length);
    }
    return MP_OBJ_NULL;
}

// A memoryview holds an address, not this object, and may outlive it: so the addresses stay
// readable for good, as flash does. Closing gives the pages back and leaves zeros there.
static mp_obj_t console_mapping_close(mp_obj_t self_in) {
    console_mapping_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (madvise(self->bytes, self->length, MADV_DONTNEED) != 0) {
        mp_raise_OSError(errno);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_mapping_close_obj, console_mapping_close);

static const mp_rom_map_elem_t mapping_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_close), MP_ROM_PTR(&console_mapping_close_obj) },
};
static MP_DEFINE_CONST_DICT(mapping_locals, mapping_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    console_mapping_type,
    MP_QSTR_Mapping,
    MP_TYPE_FLAG_NONE,
    unary_op, mapping_unary_op,
    buffer, mapping_get_buffer,
    locals_dict, &mapping_locals
    );

static mp_obj_t console_map(mp_obj_t path_in) {
    void *bytes = NULL;
    size_t length = 0;
    int error = map_read_only(runic_text_of(path_in), &bytes, &length);
    if (error != 0) {
        mp_raise_OSError(error);
    }
    console_mapping_obj_t *self = mp_obj_malloc(console_mapping_obj_t, &console_mapping_type);
    self->bytes = bytes;
    self->length = length;
    return MP_OBJ_FROM_PTR(self);
}
MP_DEFINE_CONST_FUN_OBJ_1(console_map_obj, console_map);
