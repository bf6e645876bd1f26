// Type rune.Ring: output records between a Rune and whoever delivers them.

#ifndef RUNE_RING_H
#define RUNE_RING_H

#include "py/obj.h"
#include "runic_ring.h"

typedef struct _rune_ring_obj_t {
    mp_obj_base_t base;
    runic_ring_t ring;
} rune_ring_obj_t;

extern const mp_obj_type_t rune_ring_type;

// Raises TypeError for anything but a Ring.
rune_ring_obj_t *rune_ring_from_obj(mp_obj_t object);

#endif // RUNE_RING_H
