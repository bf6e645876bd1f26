// Fuzz target: the decoder of patches, outside any firmware.
//
// An input is the old file's size, 2 bytes little endian, the old file, and the patch. What a patch
// makes is the same in one go and in pieces; whether it is damaged does not depend on what is
// asked for of it.

#define TARGET "patch_decoder"
#define GOOD_ONE_IN 1000

#include "_target.h"
#include "../native_modules/chunks/patch_decode.h"

#define PIECE_BYTES 100

static patch_span_t copy_of(const uint8_t *bytes, size_t length) {
    uint8_t *copy = block_of(length);
    memcpy(copy, bytes, length);
    return (patch_span_t) { copy, length };
}

static void check_pieces(patch_span_t patch, patch_span_t old, const uint8_t *all, size_t made) {
    for (size_t at = 0; at < made; at += PIECE_BYTES) {
        size_t wanted = made - at < PIECE_BYTES ? made - at : PIECE_BYTES;
        size_t again;
        uint8_t *piece = block_of(PIECE_BYTES);
        require(patch_decode(patch, old, at, piece, PIECE_BYTES, &again), "damaged in a piece only");
        require(again == made, "a piece is of another size");
        require(memcmp(piece, all + at, wanted) == 0, "a piece is not what it is in all");
        for (size_t i = wanted; i < PIECE_BYTES; ++i) {
            require(piece[i] == 0xa5, "written behind the end");
        }
        free(piece);
    }
}

static void check(patch_span_t patch, patch_span_t old) {
    size_t made = 0;
    bool good = patch_decode(patch, old, 0, NULL, 0, &made);
    if (good) {
        require(made > 0 && made <= PATCH_MADE_MAX_BYTES, "more is made than may be");
        uint8_t *all = block_of(made);
        require(patch_decode(patch, old, 0, all, made, &made), "damaged with room only");
        check_pieces(patch, old, all, made);
        free(all);
        ++inputs_good;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    if (length < 2) {
        return 0;
    }
    size_t rest = length - 2;
    size_t old_length = (size_t)(data[0] | data[1] << 8);
    if (old_length > rest) {
        old_length = rest;
    }
    patch_span_t old = copy_of(data + 2, old_length);
    patch_span_t patch = copy_of(data + 2 + old_length, rest - old_length);
    ++inputs_seen;
    check(patch, old);
    free((void *)patch.bytes);
    free((void *)old.bytes);
    return 0;
}
