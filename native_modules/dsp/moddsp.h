// What other modules need of `dsp`: the kernel inside a dsp.Block object.

#ifndef MODDSP_H
#define MODDSP_H

#include "py/obj.h"

#include "dsp_block.h"

// Raises TypeError for anything but a dsp.Block, ValueError for one that was closed.
// The object must be kept alive for as long as the block is used.
dsp_block_t *dsp_block_from_obj(mp_obj_t object);

// Between these the Block cannot be closed: somebody keeps pointers into it.
void dsp_block_hold(mp_obj_t object);
void dsp_block_release(mp_obj_t object);

#endif // MODDSP_H
