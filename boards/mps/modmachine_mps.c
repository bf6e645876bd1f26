// What module `machine` has here; included by MicroPython's extmod/modmachine.c.
#include "faults.h"

#define RESET_BY_POWER (1)
#define RESET_BY_PROCESSOR (2)

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_PWRON_RESET), MP_ROM_INT(RESET_BY_POWER) }, \
    { MP_ROM_QSTR(MP_QSTR_HARD_RESET), MP_ROM_INT(RESET_BY_PROCESSOR) }, \

static void mp_machine_idle(void) {
    mp_event_wait_indefinite();
}

NORETURN static void mp_machine_reset(void) {
    board_restart();
}

static mp_int_t mp_machine_reset_cause(void) {
    return board_was_restarted() ? RESET_BY_PROCESSOR : RESET_BY_POWER;
}
