// rune.Container.call: a Rune's calls, counted with their time.

#include "py/mphal.h"
#include "py/runtime.h"
#include "container.h"
#include "rune_saga.h"
#include "rune_times.h"
#include "runic_arguments.h"
#include "runic_running.h"

static uint32_t call_timed(container_obj_t *self, const uint32_t *arguments, mp_uint_t count) {
    uint32_t answer = 0;
    for (; count > 0 && answer == 0; --count) {
        bool is_timed = self->untimed_left == 0;
        uint32_t begin_us = is_timed ? (uint32_t)mp_hal_ticks_us() : 0;
        answer = wasm3_call_repeatedly(self->module, self->call, arguments, 1, &self->quota->calls);
        if (!is_timed) {
            --self->untimed_left;
            continue;
        }
        uint32_t elapsed_us = (uint32_t)mp_hal_ticks_us() - begin_us;
        saga_count_call(self->saga->saga, elapsed_us);
        self->untimed_left = elapsed_us < SHORT_RUN_US ? UNTIMED_RUNS : 0;
    }
    return answer;
}

typedef struct _counting_t {
    nlr_jump_callback_node_t at_raise;
    container_obj_t *container;
    uint32_t calls;
    uint32_t begin_us;
} counting_t;

// Those before one that fails went well.
static void count_calls(void *context) {
    const counting_t *counting = context;
    const container_obj_t *self = counting->container;
    if (self->times != NULL) {
        rune_times_add(self->times, self->quota->calls - counting->calls,
            (uint32_t)mp_hal_ticks_us() - counting->begin_us);
    }
}

static uint32_t call_counted(container_obj_t *self, mp_uint_t count) {
    static const uint32_t zeros[3];
    counting_t counting = { .container = self, .calls = self->quota->calls };
    if (self->times != NULL) {
        counting.begin_us = (uint32_t)mp_hal_ticks_us();
    }
    nlr_push_jump_callback(&counting.at_raise, count_calls);
    uint32_t answer = self->saga != NULL ? call_timed(self, zeros, count)
        : wasm3_call_repeatedly(self->module, self->call, zeros, count, &self->quota->calls);
    nlr_pop_jump_callback(true);
    return answer;
}

// call(n=1, requested=True): _call(0, 0, 0), n times; stops at the first that fails. Where nobody
// asked for the calls, the Rune's rates bind all of them together, else each by itself.
static mp_obj_t container_call(size_t n_args, const mp_obj_t *args) {
    container_obj_t *self = container_open(args[0]);
    mp_int_t count = n_args > 1 ? runic_integer(args[1]) : 1;
    self->quota->requested = n_args < 3 || mp_obj_is_true(args[2]);
    if (count > 0) {
        runic_running = self->tag;
        uint32_t answer = call_counted(self, (mp_uint_t)count);
        runic_running = RUNIC_RUNNING_NONE;
        if (answer != 0) {
            mp_raise_msg_varg(&rune_type_GuestError, MP_ERROR_TEXT("_call: returned %d"), (int)answer);
        }
    }
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(container_call_obj, 1, 3, container_call);
