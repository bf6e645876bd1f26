// Type rune.Ring: output records between a Rune and whoever delivers them.

#ifndef RUNE_RING_H
#define RUNE_RING_H

#include "py/obj.h"
#include "runic_ring.h"

typedef struct _rune_ring_obj_t {
    mp_obj_base_t base;
    runic_ring_t ring; // bytes is NULL once it was closed
    uint32_t holders; // who keep pointers into it
} rune_ring_obj_t;

extern const mp_obj_type_t rune_ring_type;

// Raises TypeError for anything but a Ring, ValueError for one that was closed.
rune_ring_obj_t *rune_ring_from_obj(mp_obj_t object);

// Between these the Ring cannot be closed.
void rune_ring_hold(mp_obj_t object);
void rune_ring_release(mp_obj_t object);

#endif // RUNE_RING_H
