// console.watchdog(), carry() and carried() of the unix port.
#include "py/runtime.h"
#include "console_port.h"
#include "runic_arguments.h"
#include "watchdog_unix.h"

typedef struct _console_watchdog_obj_t {
    mp_obj_base_t base;
} console_watchdog_obj_t;

static mp_obj_t feed(mp_obj_t self_in) {
    (void)self_in;
    watchdog_feed();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(feed_obj, feed);

// hold(flag): wait for nothing meanwhile.
static mp_obj_t hold(mp_obj_t self_in, mp_obj_t flag) {
    (void)self_in;
    watchdog_hold(mp_obj_is_true(flag));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(hold_obj, hold);

static const mp_rom_map_elem_t watchdog_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_feed), MP_ROM_PTR(&feed_obj) },
    { MP_ROM_QSTR(MP_QSTR_hold), MP_ROM_PTR(&hold_obj) },
};
static MP_DEFINE_CONST_DICT(watchdog_locals, watchdog_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    console_watchdog_type,
    MP_QSTR_Watchdog,
    MP_TYPE_FLAG_NONE,
    locals_dict, &watchdog_locals
    );

static const console_watchdog_obj_t the_watchdog = { .base = { &console_watchdog_type } };

// watchdog(timeout_ms, folder): starts it; the board is started anew in that folder.
static mp_obj_t console_watchdog(mp_obj_t timeout_ms, mp_obj_t folder) {
    int error = watchdog_start(runic_integer_u32(timeout_ms), runic_text_of(folder));
    if (error != 0) {
        mp_raise_OSError(error);
    }
    return MP_OBJ_FROM_PTR(&the_watchdog);
}
MP_DEFINE_CONST_FUN_OBJ_2(console_watchdog_obj, console_watchdog);

// carry(number): what carried() says after the watchdog's reset.
static mp_obj_t console_carry(mp_obj_t number) {
    watchdog_carry(runic_integer_u32(number));
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(console_carry_obj, console_carry);

// carried(): (what was running, the number), once; None when the watchdog did not start the board.
static mp_obj_t console_carried(void) {
    uint32_t said[2];
    if (!watchdog_carried(&said[0], &said[1])) {
        return mp_const_none;
    }
    mp_obj_t items[2] = { mp_obj_new_int_from_uint(said[0]), mp_obj_new_int_from_uint(said[1]) };
    return mp_obj_new_tuple(2, items);
}
MP_DEFINE_CONST_FUN_OBJ_0(console_carried_obj, console_carried);
