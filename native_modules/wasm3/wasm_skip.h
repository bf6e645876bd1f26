// Steps over instructions without looking at what they do.

#ifndef WASM_SKIP_H
#define WASM_SKIP_H

#include <stdint.h>

// Moves next to the end or else of the block that it is in. NULL, or what is wrong: never in a
// module that was validated.
const char *wasm_skip_block(const uint8_t **next, const uint8_t *end);

#endif // WASM_SKIP_H
