// Functions of module `rune` for the watchdog: it is fed from anywhere, and knows whose call runs.
#include "running.h"

#include "py/mphal.h"
#include "py/runtime.h"
#include "runic_arguments.h"
#include "runic_running.h"

// It is fed so often within its time, unless something takes long.
#define FEEDS (8)

volatile uint32_t runic_running RUNIC_KEPT;

static uint32_t every_ms;
static uint32_t fed_ms;

MP_REGISTER_ROOT_POINTER(mp_obj_t runic_watchdog);

uint32_t runic_tag(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name != 0; ++name) {
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    }
    return hash <= RUNIC_RUNNING_REPL ? hash + RUNIC_RUNNING_REPL + 1 : hash;
}

static bool is_watched(void) {
    return MP_STATE_VM(runic_watchdog) != MP_OBJ_NULL;
}

// watch(watchdog, timeout_ms): an object with feed() and hold(flag), or None.
static mp_obj_t rune_watch(mp_obj_t watchdog, mp_obj_t timeout_ms) {
    every_ms = runic_integer_u32(timeout_ms) / FEEDS;
    fed_ms = (uint32_t)mp_hal_ticks_ms();
    MP_STATE_VM(runic_watchdog) = watchdog == mp_const_none ? MP_OBJ_NULL : watchdog;
    runic_running = RUNIC_RUNNING_NONE;
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_2(rune_watch_obj, rune_watch);

// hungry(): whether it is time to feed.
static mp_obj_t rune_hungry(void) {
    return mp_obj_new_bool(is_watched() && (uint32_t)mp_hal_ticks_ms() - fed_ms >= every_ms);
}
MP_DEFINE_CONST_FUN_OBJ_0(rune_hungry_obj, rune_hungry);

// feed(): for whoever is at work for long and gets on; nothing where there is no watchdog.
static mp_obj_t rune_feed(void) {
    fed_ms = (uint32_t)mp_hal_ticks_ms();
    if (is_watched()) {
        mp_obj_t method[2];
        mp_load_method(MP_STATE_VM(runic_watchdog), MP_QSTR_feed, method);
        mp_call_method_n_kw(0, 0, method);
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_0(rune_feed_obj, rune_feed);

// hold(flag): somebody's own code may take as long as it likes.
static mp_obj_t rune_hold(mp_obj_t flag) {
    runic_running = mp_obj_is_true(flag) ? RUNIC_RUNNING_REPL : RUNIC_RUNNING_NONE;
    if (is_watched()) {
        mp_obj_t method[3];
        mp_load_method(MP_STATE_VM(runic_watchdog), MP_QSTR_hold, method);
        method[2] = flag;
        mp_call_method_n_kw(1, 0, method);
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(rune_hold_obj, rune_hold);

// running([word]): what was under way when the watchdog reset the board; a port that keeps it
// elsewhere sets it.
static mp_obj_t rune_running(size_t n_args, const mp_obj_t *args) {
    if (n_args > 0) {
        runic_running = runic_integer_u32(args[0]);
    }
    return mp_obj_new_int_from_uint(runic_running);
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rune_running_obj, 0, 1, rune_running);

// tag(name): what running() says while that Rune is called.
static mp_obj_t rune_tag(mp_obj_t name) {
    return mp_obj_new_int_from_uint(runic_tag(runic_text_of(name)));
}
MP_DEFINE_CONST_FUN_OBJ_1(rune_tag_obj, rune_tag);
