// What module `machine` has here; included by MicroPython's extmod/modmachine.c.
#include "faults.h"

static void mp_machine_idle(void) {
    mp_event_wait_indefinite();
}

NORETURN static void mp_machine_reset(void) {
    board_restart();
}

static mp_int_t mp_machine_reset_cause(void) {
    return 0;
}
