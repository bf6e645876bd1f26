// What the two files of the `dsp` binding share.

#ifndef MODDSP_BLOCK_H
#define MODDSP_BLOCK_H

#include "py/obj.h"

#include "dsp_block.h"

extern const mp_obj_type_t dsp_type_block;

// Raises ValueError where there is no block of that name.
const dsp_block_type_t *dsp_find_type(mp_obj_t name);

#endif // MODDSP_BLOCK_H
