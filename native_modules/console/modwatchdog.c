// console.watchdog(timeout_ms): the port's watchdog, as an object with feed() and hold(flag).
#include "py/runtime.h"
#include "console_port.h"
#include "runic_arguments.h"
#include "runic_watchdog.h"

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

static const mp_obj_base_t the_watchdog = { &console_watchdog_type };

static mp_obj_t console_watchdog(mp_obj_t timeout_ms) {
    int error = watchdog_start(runic_integer_u32(timeout_ms));
    if (error != 0) {
        mp_raise_OSError(error);
    }
    return MP_OBJ_FROM_PTR(&the_watchdog);
}
MP_DEFINE_CONST_FUN_OBJ_1(console_watchdog_obj, console_watchdog);
