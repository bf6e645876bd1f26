// Ed25519 (RFC 8032): the check of a signature over a message that comes in parts.

#ifndef RUNIC_ED25519_H
#define RUNIC_ED25519_H

#include <stdbool.h>
#include <stdint.h>

#include "sha512.h"

#define ED25519_KEY_BYTES (32)
#define ED25519_SIGNATURE_BYTES (64)

// Begin: the message's parts are then added to `hash` by sha512_add().
void ed25519_start(sha512_t *hash, const uint8_t public_key[ED25519_KEY_BYTES],
    const uint8_t signature[ED25519_SIGNATURE_BYTES]);

// Whether the signature is the key's over what was added. Takes about 2 KB of the stack.
bool ed25519_finish(sha512_t *hash, const uint8_t public_key[ED25519_KEY_BYTES],
    const uint8_t signature[ED25519_SIGNATURE_BYTES]);

// Whether a key can stand for anybody: it is canonical and no point of small order, with which
// anybody could sign anything.
bool ed25519_is_key(const uint8_t public_key[ED25519_KEY_BYTES]);

#endif // RUNIC_ED25519_H
