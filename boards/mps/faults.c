// Faults: a note in memory that a restart leaves alone, then the restart.
#include "faults.h"

#include <stdint.h>
#include <string.h>

#include "py/runtime.h"
#include "flash.h"

#define APPLICATION_INTERRUPT (*(volatile uint32_t *)0xe000ed0c)
#define FAULT_STATUS (*(volatile uint32_t *)0xe000ed28)
#define FAULT_ADDRESS (*(volatile uint32_t *)0xe000ed38)
#define RESTART_REQUEST (0x05fa0004)
#define ADDRESS_IS_VALID (1u << 15)
#define STACKING_FAILED ((1u << 12) | (1u << 4) | (1u << 20))

// The interrupt that nothing keeps out.
#define WATCHDOG_EXCEPTION (2)

#define KEPT_MAGIC (0x72756e65)
#define CAUSE_BYTES (96)

// What the processor pushes when an exception is taken.
typedef struct {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
} frame_t;

typedef struct {
    uint32_t magic;
    uint32_t exception;
    uint32_t status;
    uint32_t address;
    uint32_t pc;
    uint32_t lr;
    uint32_t stack_overflowed;
    char cause[CAUSE_BYTES];
} kept_t;

static kept_t kept __attribute__((section(".kept")));
// Memory loses this with the power: until then every start is a restart.
static uint32_t restarted __attribute__((section(".kept")));

extern uint32_t stack_low;
extern uint32_t stack_top;

NORETURN void board_restart(void) {
    flash_shut_down();
    restarted = KEPT_MAGIC;
    __asm volatile ("dsb" ::: "memory");
    APPLICATION_INTERRUPT = RESTART_REQUEST;
    for (;;) {
    }
}

bool board_was_restarted(void) {
    return restarted == KEPT_MAGIC;
}

NORETURN void fault_restart(const char *cause) {
    memset(&kept, 0, sizeof(kept));
    strncpy(kept.cause, cause, sizeof(kept.cause) - 1);
    kept.magic = KEPT_MAGIC;
    board_restart();
}

static bool is_in_stack(const frame_t *frame) {
    return (uintptr_t)frame >= (uintptr_t)&stack_low && (uintptr_t)(frame + 1) <= (uintptr_t)&stack_top;
}

// Called on a stack of its own: the one that was in use may be what broke.
NORETURN __attribute__((used)) void fault_keep(const frame_t *frame, uint32_t exception) {
    memset(&kept, 0, sizeof(kept));
    kept.exception = exception & 0x1ff;
    kept.status = kept.exception == WATCHDOG_EXCEPTION ? 0 : FAULT_STATUS;
    kept.address = kept.status & ADDRESS_IS_VALID ? FAULT_ADDRESS : 0;
    if (is_in_stack(frame)) {
        kept.pc = frame->pc;
        kept.lr = frame->lr;
    }
    kept.stack_overflowed = !is_in_stack(frame) || (kept.status & STACKING_FAILED);
    kept.magic = KEPT_MAGIC;
    board_restart();
}

__attribute__((naked)) void fault_handler(void) {
    __asm volatile (
        "mrs r0, msp            \n"
        "mrs r1, ipsr           \n"
        "ldr r2, =stack_top     \n"
        "msr msp, r2            \n"
        "b fault_keep           \n"
        );
}

static const char *exception_name(uint32_t exception) {
    static const char *const names[] = { "hard fault", "memory fault", "bus fault", "usage fault" };
    if (exception == WATCHDOG_EXCEPTION) {
        return "watchdog";
    }
    return exception >= 3 && exception <= 6 ? names[exception - 3] : "unexpected interrupt";
}

static void describe(vstr_t *text) {
    if (kept.cause[0] != 0) {
        vstr_add_str(text, kept.cause);
        return;
    }
    vstr_printf(text, "%s at 0x%08x, called from 0x%08x, status 0x%08x",
        exception_name(kept.exception), (unsigned)kept.pc, (unsigned)kept.lr, (unsigned)kept.status);
    if (kept.address != 0) {
        vstr_printf(text, ", address 0x%08x", (unsigned)kept.address);
    }
    if (kept.stack_overflowed) {
        vstr_add_str(text, ", the stack overflowed");
    }
}

mp_obj_t fault_take(void) {
    if (kept.magic != KEPT_MAGIC) {
        return mp_const_none;
    }
    vstr_t text;
    vstr_init(&text, CAUSE_BYTES);
    describe(&text);
    kept.magic = 0;
    return mp_obj_new_str_from_vstr(&text);
}

// Deeper each time: the compiler must not see that it never ends.
static MP_NOINLINE uint32_t overflow_stack(volatile uint32_t *deeper) {
    volatile uint8_t bytes[256] = { (uint8_t)*deeper };
    return *deeper == 0 ? 0 : overflow_stack(deeper) + bytes[*deeper & 0xff];
}

void fault_plant(const char *kind) {
    if (strcmp(kind, "write") == 0) {
        *(volatile uint32_t *)0xf0000000 = 1;
    } else if (strcmp(kind, "jump") == 0) {
        ((void (*)(void))0xdead0001)();
    } else if (strcmp(kind, "call") == 0) {
        void (*volatile nothing)(void) = NULL;
        nothing();
    } else if (strcmp(kind, "undefined") == 0) {
        __asm volatile ("udf #0");
    } else if (strcmp(kind, "stack") == 0) {
        volatile uint32_t deeper = 1;
        overflow_stack(&deeper);
    } else {
        mp_raise_ValueError(MP_ERROR_TEXT("write, jump, call, undefined or stack"));
    }
}
