// The MPS boards' watchdog.
//
// When its time is over it raises the interrupt that nothing can keep out, which ends as any fault
// does (faults.c); if even that does not restart the board, it does so itself after the same time.
#include "watchdog.h"

#include "py/runtime.h"
#include "board.h"
#include "runic_arguments.h"

typedef struct {
    volatile uint32_t load;
    volatile uint32_t value;
    volatile uint32_t control;
    volatile uint32_t clear;
} watchdog_registers_t;

#define WATCHDOG ((watchdog_registers_t *)MPS_WATCHDOG_ADDRESS)
#define WATCHDOG_LOCK (*(volatile uint32_t *)(MPS_WATCHDOG_ADDRESS + 0xc00))
#define WATCHDOG_KEY (0x1acce551)
#define CONTROL_OFF (0)
#define CONTROL_ON (3) // interrupts, then resets
#define TIMEOUT_MAX_MS ((uint32_t)(UINT32_MAX * (uint64_t)1000 / MPS_WATCHDOG_HZ))

typedef struct _mps_watchdog_obj_t {
    mp_obj_base_t base;
} mps_watchdog_obj_t;

static mp_obj_t feed(mp_obj_t self_in) {
    (void)self_in;
    WATCHDOG->clear = 1;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(feed_obj, feed);

// hold(flag): wait for nothing meanwhile.
static mp_obj_t hold(mp_obj_t self_in, mp_obj_t flag) {
    feed(self_in);
    WATCHDOG->control = mp_obj_is_true(flag) ? CONTROL_OFF : CONTROL_ON;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(hold_obj, hold);

static const mp_rom_map_elem_t watchdog_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_feed), MP_ROM_PTR(&feed_obj) },
    { MP_ROM_QSTR(MP_QSTR_hold), MP_ROM_PTR(&hold_obj) },
};
static MP_DEFINE_CONST_DICT(watchdog_locals, watchdog_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    mps_watchdog_type,
    MP_QSTR_Watchdog,
    MP_TYPE_FLAG_NONE,
    locals_dict, &watchdog_locals
    );

static const mps_watchdog_obj_t the_watchdog = { .base = { &mps_watchdog_type } };

static mp_obj_t mps_watchdog(mp_obj_t timeout_in) {
    uint32_t timeout_ms = runic_integer_u32(timeout_in);
    timeout_ms = timeout_ms < TIMEOUT_MAX_MS ? timeout_ms : TIMEOUT_MAX_MS;
    WATCHDOG_LOCK = WATCHDOG_KEY;
    WATCHDOG->control = CONTROL_OFF;
    WATCHDOG->load = (uint32_t)((uint64_t)timeout_ms * MPS_WATCHDOG_HZ / 1000);
    WATCHDOG->control = CONTROL_ON;
    return MP_OBJ_FROM_PTR(&the_watchdog);
}
MP_DEFINE_CONST_FUN_OBJ_1(mps_watchdog_obj, mps_watchdog);
