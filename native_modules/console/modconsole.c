// Module `console`: the board's serial port and the REPL on it.
#include "py/gc.h"
#include "py/mphal.h"
#include "py/objmodule.h"
#include "py/runtime.h"
#include "console_port.h"
#include "event_repl.h"

// ---- The serial port

static mp_obj_t console_start(void) {
    int error = console_port_start();
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
    mp_int_t length = console_port_read(buffer.buf, buffer.len);
    return length < 0 ? mp_const_none : MP_OBJ_NEW_SMALL_INT(length);
}
static MP_DEFINE_CONST_FUN_OBJ_1(console_readinto_obj, console_readinto);

static mp_obj_t console_write(mp_obj_t bytes_in) {
    mp_buffer_info_t bytes;
    mp_get_buffer_raise(bytes_in, &bytes, MP_BUFFER_READ);
    return mp_obj_new_bool(console_port_write(bytes.buf, bytes.len));
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
    #if CONSOLE_ON_UNIX
    { MP_ROM_QSTR(MP_QSTR_map), MP_ROM_PTR(&console_map_obj) },
    { MP_ROM_QSTR(MP_QSTR_carry), MP_ROM_PTR(&console_carry_obj) },
    { MP_ROM_QSTR(MP_QSTR_carried), MP_ROM_PTR(&console_carried_obj) },
    #endif
    #if CONSOLE_WATCHDOG
    { MP_ROM_QSTR(MP_QSTR_watchdog), MP_ROM_PTR(&console_watchdog_obj) },
    #endif
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
