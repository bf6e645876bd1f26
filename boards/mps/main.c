// The board's main program: RunicOS when it is frozen into this firmware, else MicroPython as usual.
#include <stdlib.h>

#include "py/compile.h"
#include "py/frozenmod.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "extmod/vfs.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"
#include "faults.h"
#include "flash.h"
#include "semihosting.h"
#include "uart.h"

// Native code, interrupts and the collector go deeper than the limit that Python code is held to.
#define STACK_RESERVE_BYTES (4096)

extern uint8_t stack_low, stack_top, heap_start, heap_end;

static bool is_frozen(const char *name) {
    int kind;
    void *data;
    return mp_find_frozen_module(name, &kind, &data) != MP_IMPORT_STAT_NO_EXIST;
}

static void serve_repl(void) {
    for (;;) {
        int told = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
        if (told != 0) {
            return;
        }
    }
}

static void run(void) {
    pyexec_frozen_module("_boot.py", false);
    if (is_frozen("_bench.py")) {
        pyexec_frozen_module("_bench.py", false);
    } else if (is_frozen("_runicos.py")) {
        pyexec_frozen_module("_runicos.py", false);
    } else if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
        pyexec_file_if_exists("main.py");
    }
    serve_repl();
}

// A board that is started with less heap than it has shows what a Rune needs.
static uint8_t *end_of_heap(void) {
    char value[16];
    size_t most = (size_t)(&heap_end - &heap_start);
    if (!semihosting_argument("heap", value, sizeof(value))) {
        return &heap_end;
    }
    size_t chosen = strtoul(value, NULL, 10) & ~(size_t)31;
    return &heap_start + (chosen < most ? chosen : most);
}

int main(void) {
    clock_start();
    uart_start();
    flash_start_up();
    mp_stack_set_top(&stack_top);
    mp_stack_set_limit((mp_uint_t)(&stack_top - &stack_low) - STACK_RESERVE_BYTES);
    for (;;) {
        gc_init(&heap_start, end_of_heap());
        mp_init();
        readline_init0();
        mp_vfs_mount_romfs_protected();
        run();
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        gc_sweep_all();
        mp_deinit();
    }
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

NORETURN void nlr_jump_fail(void *value) {
    fault_restart("an exception nobody caught");
}
