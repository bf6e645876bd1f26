// What module `os` has here; included by MicroPython's extmod/modos.c.
#include "py/mperrno.h"
#include "semihosting.h"

// The machine's own source: the board has none.
static mp_obj_t mp_os_urandom(mp_obj_t count_in) {
    vstr_t bytes;
    vstr_init_len(&bytes, (size_t)mp_obj_get_int(count_in));
    int source = semihosting_open("/dev/urandom", SEMIHOSTING_READ);
    bool filled = source != -1 && semihosting_read(source, bytes.buf, bytes.len);
    semihosting_close(source);
    if (!filled) {
        mp_raise_OSError(MP_EIO);
    }
    return mp_obj_new_bytes_from_vstr(&bytes);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mp_os_urandom_obj, mp_os_urandom);
