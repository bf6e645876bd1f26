// The check of an Ed25519 signature: Monocypher's arithmetic, our SHA-512, and strict encodings.
//
// Accepted is what satisfies [8][S]B = [8]R + [8][k]A, where S is below the group's order, and A
// and R are canonical (y below p) and no points of small order. RFC 8032 leaves it open whether
// the equation has the factor 8; the two differ only for signatures that the owner of the secret
// key has made so on purpose.

#include <string.h>

#include "monocypher.h"

#include "ed25519.h"

#define POINT_BYTES (32)
#define SIGN_BIT (0x80)

// y of the points of small order, without the sign of x: of order 4, 1, 8, 8 and 2.
static const uint8_t small_order[5][POINT_BYTES] = {
    {0},
    {1},
    {
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    },
    {
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    },
    {
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    },
};

// Whether y is below p = 2^255 - 19.
static bool is_canonical(const uint8_t point[POINT_BYTES]) {
    if ((point[POINT_BYTES - 1] & ~SIGN_BIT) != 0x7f || point[0] < 0xed) {
        return true;
    }
    for (int i = 1; i < POINT_BYTES - 1; ++i) {
        if (point[i] != 0xff) {
            return true;
        }
    }
    return false;
}

static bool is_of_small_order(const uint8_t point[POINT_BYTES]) {
    uint8_t y[POINT_BYTES];
    memcpy(y, point, sizeof(y));
    y[POINT_BYTES - 1] &= (uint8_t) ~SIGN_BIT;
    for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); ++i) {
        if (memcmp(y, small_order[i], sizeof(y)) == 0) {
            return true;
        }
    }
    return false;
}

bool ed25519_is_key(const uint8_t public_key[ED25519_KEY_BYTES]) {
    return is_canonical(public_key) && !is_of_small_order(public_key);
}

void ed25519_start(sha512_t *hash, const uint8_t public_key[ED25519_KEY_BYTES],
    const uint8_t signature[ED25519_SIGNATURE_BYTES]) {
    sha512_start(hash);
    sha512_add(hash, signature, POINT_BYTES);
    sha512_add(hash, public_key, POINT_BYTES);
}

bool ed25519_finish(sha512_t *hash, const uint8_t public_key[ED25519_KEY_BYTES],
    const uint8_t signature[ED25519_SIGNATURE_BYTES]) {
    uint8_t digest[SHA512_DIGEST_BYTES];
    sha512_finish(hash, digest);
    // The same holds of R as of a key.
    if (!ed25519_is_key(public_key) || !ed25519_is_key(signature)) {
        return false;
    }
    uint8_t scalar[32];
    crypto_eddsa_reduce(scalar, digest);
    return crypto_eddsa_check_equation(signature, public_key, scalar) == 0;
}
