// SHA-512 (FIPS 180-4), of a message that comes in parts; the caller's memory, no allocation.

#ifndef RUNIC_SHA512_H
#define RUNIC_SHA512_H

#include <stddef.h>
#include <stdint.h>

#define SHA512_DIGEST_BYTES (64)
#define SHA512_BLOCK_BYTES (128)

typedef struct _sha512_t {
    uint64_t state[8];
    uint64_t message_bytes;
    uint8_t block[SHA512_BLOCK_BYTES];
} sha512_t;

void sha512_start(sha512_t *hash);
void sha512_add(sha512_t *hash, const uint8_t *part, size_t part_bytes);

// What the hash holds means nothing afterwards.
void sha512_finish(sha512_t *hash, uint8_t digest[SHA512_DIGEST_BYTES]);

#endif // RUNIC_SHA512_H
