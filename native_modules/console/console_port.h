// What the module console asks of the port that it runs on: its serial line.
#ifndef RUNIC_CONSOLE_PORT_H
#define RUNIC_CONSOLE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "py/obj.h"

// Take the line over from the port. Returns 0 or an errno; a second call does nothing.
int console_port_start(void);

// Take what has arrived without waiting. Returns how many bytes, or -1 when no more can come.
mp_int_t console_port_read(uint8_t *bytes, size_t length);

// Write all bytes, uninterrupted by printed text. Returns false when nobody took them in time: the
// rest was dropped.
bool console_port_write(const uint8_t *bytes, size_t length);

// Say whether user code runs; between the two calls a Ctrl-C is an interrupt and not input. Returns
// true at its start when a Ctrl-C waits as input: it means this code, and is input no more.
bool console_port_set_user_code(bool running);

// For a port whose input can be looked into: drop the Ctrl-C that wait there, say whether there was one.
bool console_port_drop_interrupt(void);

#ifndef CONSOLE_WATCHDOG
#define CONSOLE_WATCHDOG (0)
#endif
MP_DECLARE_CONST_FUN_OBJ_1(console_watchdog_obj);

#ifdef __unix__
#define CONSOLE_ON_UNIX (1)
MP_DECLARE_CONST_FUN_OBJ_1(console_map_obj);
MP_DECLARE_CONST_FUN_OBJ_1(console_carry_obj);
MP_DECLARE_CONST_FUN_OBJ_0(console_carried_obj);
#else
#define CONSOLE_ON_UNIX (0)
#endif

#endif // RUNIC_CONSOLE_PORT_H
