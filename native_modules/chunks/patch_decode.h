// What a patch makes of an older file: detools' sequential patches, compressed by its CRLE.
//
// Both are read where they lie, and nothing is kept between calls. Patches come from outside: every
// length in one is checked before it is used.

#ifndef PATCH_DECODE_H
#define PATCH_DECODE_H

#include <stdbool.h>

#include "spans.h"

// The most that one patch may make: decoding takes a time that is bounded by it.
#define PATCH_MADE_MAX_BYTES 65536

// Write what the patch makes from an offset on, as much as there is room for; nothing before or
// behind that is written. `made` is how many bytes it makes in all. False when it is damaged, or
// meant for another file: then what was written is nothing to rely on.
bool patch_decode(span_t patch, spans_t old, size_t offset, uint8_t *room, size_t room_bytes, size_t *made);

#endif // PATCH_DECODE_H
