// Type rune.Times: how many calls went well, and how long they took.

#ifndef RUNE_TIMES_H
#define RUNE_TIMES_H

#include <stdint.h>

#include "py/obj.h"

// What is counted is read modulo this and one, as a small integer of every board.
#define RUNE_TIMES_MAX (0x3fffffffu)

typedef struct _rune_times_obj_t {
    mp_obj_base_t base;
    uint32_t calls;
    uint32_t last_us; // of one call; of several in a row, their mean
    uint32_t longest_us;
    uint32_t total_ms;
    uint32_t rest_us; // of the total, below a millisecond
} rune_times_obj_t;

extern const mp_obj_type_t rune_times_type;

// Raises TypeError.
rune_times_obj_t *rune_times_from_obj(mp_obj_t object);

// Counts calls that took as long together. In each call of a Rune, so it is short: 32 bits, and
// no division where there is no need for one.
static inline void rune_times_add(rune_times_obj_t *times, uint32_t calls, uint32_t elapsed_us) {
    if (calls == 0) {
        return;
    }
    times->calls += calls;
    uint32_t call_us = calls == 1 ? elapsed_us : elapsed_us / calls;
    times->last_us = call_us;
    if (call_us > times->longest_us) {
        times->longest_us = call_us;
    }
    uint32_t rest_us = times->rest_us + elapsed_us;
    if (rest_us >= 1000) {
        times->total_ms += rest_us / 1000;
        rest_us %= 1000;
    }
    times->rest_us = rest_us;
}

#endif // RUNE_TIMES_H
