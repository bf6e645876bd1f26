// SHA-512 (FIPS 180-4); the names of the rounds' values are the standard's.

#include <string.h>

#include "sha512.h"

#define LENGTH_BYTES (16)
#define ROUNDS (80)

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes.
static const uint64_t round_constants[ROUNDS] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

// The same of the square roots of the first 8.
static const uint64_t initial_state[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static uint64_t load_big_endian(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void store_big_endian(uint8_t *bytes, uint64_t value) {
    for (int i = 7; i >= 0; --i) {
        bytes[i] = (uint8_t)value;
        value >>= 8;
    }
}

static inline uint64_t rotated(uint64_t value, int bits) {
    return value >> bits | value << (64 - bits);
}

// The word of the message schedule 16 rounds on; `words` is a ring of the last 16.
static inline uint64_t next_word(uint64_t *words, int round) {
    uint64_t near = words[(round + 14) & 15];
    uint64_t far = words[(round + 1) & 15];
    uint64_t sigma_1 = rotated(near, 19) ^ rotated(near, 61) ^ near >> 6;
    uint64_t sigma_0 = rotated(far, 1) ^ rotated(far, 8) ^ far >> 7;
    return words[round & 15] += sigma_1 + words[(round + 9) & 15] + sigma_0;
}

static void add_block(uint64_t state[8], const uint8_t block[SHA512_BLOCK_BYTES]) {
    uint64_t words[16];
    uint64_t v[8];
    memcpy(v, state, sizeof(v));
    for (int round = 0; round < ROUNDS; ++round) {
        // Instead of every value moving on by one place, the places move back.
        #define V(i) v[(unsigned)((i) - round) & 7]
        uint64_t word;
        if (round < 16) {
            word = words[round] = load_big_endian(block + 8 * round);
        } else {
            word = next_word(words, round);
        }
        uint64_t a = V(0), e = V(4), f = V(5), g = V(6);
        uint64_t sum_1 = rotated(e, 14) ^ rotated(e, 18) ^ rotated(e, 41);
        uint64_t t1 = V(7) + sum_1 + (g ^ (e & (f ^ g))) + round_constants[round] + word;
        uint64_t sum_0 = rotated(a, 28) ^ rotated(a, 34) ^ rotated(a, 39);
        uint64_t majority = (a & V(1)) | (V(2) & (a | V(1)));
        V(3) += t1;
        V(7) = t1 + sum_0 + majority;
        #undef V
    }
    for (int i = 0; i < 8; ++i) {
        state[i] += v[i];
    }
}

void sha512_start(sha512_t *hash) {
    memcpy(hash->state, initial_state, sizeof(hash->state));
    hash->message_bytes = 0;
}

void sha512_add(sha512_t *hash, const uint8_t *part, size_t part_bytes) {
    size_t filled = (size_t)(hash->message_bytes % SHA512_BLOCK_BYTES);
    hash->message_bytes += part_bytes;
    while (part_bytes > 0) {
        if (filled == 0 && part_bytes >= SHA512_BLOCK_BYTES) {
            add_block(hash->state, part);
            part += SHA512_BLOCK_BYTES;
            part_bytes -= SHA512_BLOCK_BYTES;
            continue;
        }
        size_t taken = SHA512_BLOCK_BYTES - filled;
        taken = taken < part_bytes ? taken : part_bytes;
        memcpy(hash->block + filled, part, taken);
        part += taken;
        part_bytes -= taken;
        filled = (filled + taken) % SHA512_BLOCK_BYTES;
        if (filled == 0) {
            add_block(hash->state, hash->block);
        }
    }
}

void sha512_finish(sha512_t *hash, uint8_t digest[SHA512_DIGEST_BYTES]) {
    size_t filled = (size_t)(hash->message_bytes % SHA512_BLOCK_BYTES);
    hash->block[filled++] = 0x80;
    if (filled > SHA512_BLOCK_BYTES - LENGTH_BYTES) {
        memset(hash->block + filled, 0, SHA512_BLOCK_BYTES - filled);
        add_block(hash->state, hash->block);
        filled = 0;
    }
    memset(hash->block + filled, 0, SHA512_BLOCK_BYTES - filled);
    // The length in bits has 128 bits; that in bytes, 64.
    store_big_endian(hash->block + SHA512_BLOCK_BYTES - 16, hash->message_bytes >> 61);
    store_big_endian(hash->block + SHA512_BLOCK_BYTES - 8, hash->message_bytes << 3);
    add_block(hash->state, hash->block);
    for (int i = 0; i < 8; ++i) {
        store_big_endian(digest + 8 * i, hash->state[i]);
    }
}
