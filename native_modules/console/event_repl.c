// MicroPython's event-driven REPL, compiled for the unix port, which does not have it.
//
// The source is MicroPython's own file. Only its hooks differ: what the port calls the interrupt
// character here tells the pump when user code runs, and is not a setting of the terminal.
#include "py/mphal.h"
#include "extmod/modplatform.h"
#include "event_repl.h"
#include "pump.h"

static void set_interrupt_char(int c) {
    pump_set_user_code(c == CHAR_CTRL_C);
}

#define mp_hal_set_interrupt_char set_interrupt_char
#include "shared/runtime/pyexec.c"

// Raw-paste mode reads standard input until the code is complete and would stop the service loop
// for as long; a host that is told no sends the code the plain way.
static int decline_raw_paste(void) {
    mp_hal_stdout_tx_strn("R\x00", 2);
    vstr_reset(MP_STATE_VM(repl_line));
    return 0;
}

static int is_raw_paste_request(int c) {
    vstr_t *line = MP_STATE_VM(repl_line);
    return pyexec_mode_kind == PYEXEC_MODE_RAW_REPL && c == CHAR_CTRL_A
           && vstr_len(line) == 2 && vstr_str(line)[0] == CHAR_CTRL_E;
}

void event_repl_init(void) {
    pyexec_event_repl_init();
}

int event_repl_process_char(int c) {
    if (is_raw_paste_request(c)) {
        return decline_raw_paste();
    }
    return pyexec_event_repl_process_char(c) & PYEXEC_FORCED_EXIT;
}
