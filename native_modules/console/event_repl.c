// MicroPython's event-driven REPL, beside the one that the port may have.
//
// The source is MicroPython's own file. Only its hooks differ: what it sets as the interrupt character
// tells the serial line when user code runs. Its names are changed, since the port has them too.
#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modplatform.h"
#include "shared/readline/readline.h"
#include "console_port.h"
#include "event_repl.h"

// What was read together with the byte that is being processed, and comes after it.
static const uint8_t *following_input;
static size_t following_input_bytes;

// A Ctrl-C that came right behind the code is on its way as input: it means this code all the same.
static void set_interrupt_char(int c) {
    bool starts = c == CHAR_CTRL_C;
    bool interrupted = console_port_set_user_code(starts);
    if (starts && following_input_bytes > 0
        && memchr(following_input, CHAR_CTRL_C, following_input_bytes) != NULL) {
        interrupted = true;
    }
    if (interrupted) {
        mp_sched_keyboard_interrupt();
    }
}

#undef MICROPY_REPL_EVENT_DRIVEN
#define MICROPY_REPL_EVENT_DRIVEN (1)
#undef MICROPY_REPL_INFO
#define MICROPY_REPL_INFO (0)
#define mp_hal_set_interrupt_char set_interrupt_char
#define pyexec_mode_kind event_repl_mode_kind
#define pyexec_system_exit event_repl_system_exit
#define pyexec_vstr event_repl_vstr
#define pyexec_file event_repl_file
#define pyexec_file_if_exists event_repl_file_if_exists
#define pyexec_frozen_module event_repl_frozen_module
#define pyexec_event_repl_init event_repl_begin
#define pyexec_event_repl_process_char event_repl_take
#define pyexec_raw_repl_process_char event_repl_take_raw
#define pyexec_friendly_repl_process_char event_repl_take_friendly
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
    return event_repl_mode_kind == PYEXEC_MODE_RAW_REPL && c == CHAR_CTRL_A
           && vstr_len(line) == 2 && vstr_str(line)[0] == CHAR_CTRL_E;
}

// What is typed lies on the heap until it is complete: endless input must not eat all of it.
#define LINE_MAX_BYTES (32 * 1024)

static bool line_too_long;

static void drop_line(void) {
    vstr_t *line = MP_STATE_VM(repl_line);
    vstr_clear(line);
    vstr_init(line, 32);
}

// Take a byte of input that is too long: nothing is kept of it, its end is answered.
static int end_long_line(int c) {
    if (c == CHAR_CTRL_C || c == CHAR_CTRL_D || c == '\r') {
        line_too_long = false;
        mp_hal_stdout_tx_str(event_repl_mode_kind == PYEXEC_MODE_RAW_REPL
            ? "OK\x04MemoryError: code too long\r\n\x04>" : "\r\nMemoryError: line too long");
        return event_repl_mode_kind == PYEXEC_MODE_RAW_REPL ? 0
            : event_repl_take(CHAR_CTRL_C) & PYEXEC_FORCED_EXIT;
    }
    return 0;
}

void event_repl_init(void) {
    line_too_long = false;
    event_repl_begin();
}

static int process_char(int c) {
    if (line_too_long) {
        return end_long_line(c);
    }
    if (vstr_len(MP_STATE_VM(repl_line)) >= LINE_MAX_BYTES) {
        drop_line();
        line_too_long = true;
        return 0;
    }
    if (is_raw_paste_request(c)) {
        return decline_raw_paste();
    }
    return event_repl_take(c) & PYEXEC_FORCED_EXIT;
}

int event_repl_process_char(int c, const uint8_t *following, size_t following_bytes) {
    following_input = following;
    following_input_bytes = following_bytes;
    return process_char(c);
}
