// Module `console`: the simulated board's serial port, REPL and memory-mapped flash.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "py/gc.h"
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/objmodule.h"
#include "py/runtime.h"
#include "event_repl.h"
#include "pump.h"
#include "runic_arguments.h"

// ---- Mapping: a file as memory-mapped flash

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
static MP_DEFINE_CONST_FUN_OBJ_1(console_map_obj, console_map);

// ---- The serial port

static mp_obj_t console_start(void) {
    int error = pump_start(mp_sched_keyboard_interrupt);
    if (error != 0) {
        mp_raise_OSError(error);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(console_start_obj, console_start);

// Take what has arrived without waiting: the number of bytes, 0 for none, None at the end.
static mp_obj_t console_readinto(mp_obj_t buffer_in) {
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(buffer_in, &buffer, MP_BUFFER_WRITE);
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    if (buffer.len == 0 || poll(&in, 1, 0) <= 0) {
        return MP_OBJ_NEW_SMALL_INT(0);
    }
    ssize_t length = read(STDIN_FILENO, buffer.buf, buffer.len);
    if (length > 0) {
        pump_note_read(buffer.buf, (size_t)length);
        return MP_OBJ_NEW_SMALL_INT(length);
    }
    return length < 0 && errno == EINTR ? MP_OBJ_NEW_SMALL_INT(0) : mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_readinto_obj, console_readinto);

static mp_obj_t console_write(mp_obj_t bytes_in) {
    mp_buffer_info_t bytes;
    mp_get_buffer_raise(bytes_in, &bytes, MP_BUFFER_READ);
    return mp_obj_new_bool(pump_write(bytes.buf, bytes.len));
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_write_obj, console_write);

// ---- The REPL

// The user's names live in __main__, whoever feeds the REPL.
static void enter_main(mp_obj_dict_t **globals, mp_obj_dict_t **locals) {
    *globals = mp_globals_get();
    *locals = mp_locals_get();
    mp_globals_set(&MP_STATE_VM(dict_main));
    mp_locals_set(&MP_STATE_VM(dict_main));
}

static void leave_main(mp_obj_dict_t *globals, mp_obj_dict_t *locals) {
    mp_globals_set(globals);
    mp_locals_set(locals);
}

// Whether repl_feed is in progress: user code that it runs must not feed the REPL anew.
static bool feeding;

static mp_obj_t console_repl_start(void) {
    mp_obj_dict_t *globals;
    mp_obj_dict_t *locals;
    enter_main(&globals, &locals);
    event_repl_init();
    leave_main(globals, locals);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(console_repl_start_obj, console_repl_start);

// A soft reset forgets the user's names; what the service runs is not the user's and goes on.
static void soft_reset(void) {
    mp_obj_dict_init(&MP_STATE_VM(dict_main), 1);
    mp_obj_dict_store(MP_OBJ_FROM_PTR(&MP_STATE_VM(dict_main)), MP_OBJ_NEW_QSTR(MP_QSTR___name__),
        MP_OBJ_NEW_QSTR(MP_QSTR___main__));
    gc_collect();
    mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
    event_repl_init();
}

static void feed(const uint8_t *text, size_t length) {
    for (size_t at = 0; at < length; at++) {
        int told = event_repl_process_char(text[at], text + at + 1, length - at - 1);
        if (told & EVENT_REPL_SOFT_RESET) {
            soft_reset();
        }
    }
}

static void check_feed(void) {
    if (feeding) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("the REPL is being fed already"));
    }
    if (MP_STATE_VM(repl_line) == NULL) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("the REPL has not started"));
    }
}

// Feed what was typed, all that has arrived of it. What it runs may resize anything but bytes.
static mp_obj_t console_repl_feed(mp_obj_t text_in) {
    mp_buffer_info_t text;
    check_feed();
    mp_get_buffer_raise(text_in, &text, MP_BUFFER_READ);
    if (!mp_obj_is_type(text_in, &mp_type_bytes)) {
        text_in = mp_obj_new_bytes(text.buf, text.len);
        mp_get_buffer_raise(text_in, &text, MP_BUFFER_READ);
    }
    mp_obj_dict_t *globals;
    mp_obj_dict_t *locals;
    nlr_buf_t nlr;
    enter_main(&globals, &locals);
    feeding = true;
    if (nlr_push(&nlr) == 0) {
        feed(text.buf, text.len);
        nlr_pop();
        feeding = false;
        leave_main(globals, locals);
    } else {
        feeding = false;
        leave_main(globals, locals);
        nlr_jump(nlr.ret_val);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_repl_feed_obj, console_repl_feed);

static const mp_rom_map_elem_t console_module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_console) },
    { MP_ROM_QSTR(MP_QSTR_map), MP_ROM_PTR(&console_map_obj) },
    { MP_ROM_QSTR(MP_QSTR_start), MP_ROM_PTR(&console_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&console_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_write), MP_ROM_PTR(&console_write_obj) },
    { MP_ROM_QSTR(MP_QSTR_repl_start), MP_ROM_PTR(&console_repl_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_repl_feed), MP_ROM_PTR(&console_repl_feed_obj) },
};
static MP_DEFINE_CONST_DICT(console_module_globals, console_module_globals_table);

const mp_obj_module_t console_user_cmodule = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&console_module_globals,
};
MP_REGISTER_MODULE(MP_QSTR_console, console_user_cmodule);
