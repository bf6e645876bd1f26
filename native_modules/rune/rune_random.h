// Type rune.Random: a stream of pseudo-random bytes, the same for the same seed.

#ifndef RUNE_RANDOM_H
#define RUNE_RANDOM_H

#include "py/obj.h"

extern const mp_obj_type_t rune_random_type;

#endif // RUNE_RANDOM_H
