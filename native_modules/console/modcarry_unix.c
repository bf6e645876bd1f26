// console.carry() and carried() of the unix port: what outlives a reset by its watchdog.
#include "py/runtime.h"
#include "console_port.h"
#include "runic_arguments.h"
#include "watchdog_unix.h"

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
