// What modules may expect of a port beside MicroPython's own py/mphal.h.
#include "py/mpconfig.h"

void mp_hal_set_interrupt_char(int c);
