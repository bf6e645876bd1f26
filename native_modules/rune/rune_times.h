// Type rune.Times: how many calls went well, and how long they took.

#ifndef RUNE_TIMES_H
#define RUNE_TIMES_H

#include <stdint.h>

#include "py/obj.h"

// What is counted stays below this, a small integer on every board; totals start over.
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

// Counts calls that took as long together.
void rune_times_add(rune_times_obj_t *times, uint32_t calls, uint32_t elapsed_us);

#endif // RUNE_TIMES_H
