// Fuzz target: the decoder of patches, outside any firmware.
//
// An input is the old file's size, 2 bytes little endian, the old file, and the patch. What a patch
// makes is the same in one go and in pieces, and of an old file in parts; whether it is damaged does
// not depend on what is asked for of it.

#define TARGET "patch_decoder"
#define GOOD_ONE_IN 1000

#include "_target.h"
#include "../native_modules/chunks/patch_decode.h"

#define PIECE_BYTES 100

#define PARTS 3

static span_t copy_of(const uint8_t *bytes, size_t length) {
    uint8_t *copy = block_of(length);
    memcpy(copy, bytes, length);
    return (span_t) { copy, length };
}

// Cut where the patch says, so that the fuzzer finds good places; a part may be empty.
static void cut(span_t old, span_t patch, span_t parts[PARTS]) {
    size_t ends[PARTS] = { 0, 0, old.length };
    for (size_t i = 0; i < PARTS - 1; ++i) {
        size_t wanted = i < patch.length ? patch.bytes[patch.length - 1 - i] : 0;
        size_t start = i == 0 ? 0 : ends[i - 1];
        ends[i] = start + (wanted < old.length - start ? wanted : old.length - start);
    }
    for (size_t i = 0; i < PARTS; ++i) {
        size_t start = i == 0 ? 0 : ends[i - 1];
        parts[i] = copy_of(old.bytes + start, ends[i] - start);
    }
}

static void check_parts(span_t patch, span_t old, const uint8_t *all, size_t made) {
    span_t parts[PARTS];
    cut(old, patch, parts);
    size_t again;
    uint8_t *same = block_of(made);
    require(patch_decode(patch, (spans_t) { parts, PARTS }, 0, same, made, &again), "damaged in parts only");
    require(again == made && memcmp(same, all, made) == 0, "parts make something else");
    free(same);
    for (size_t i = 0; i < PARTS; ++i) {
        free((void *)parts[i].bytes);
    }
}

static void check_pieces(span_t patch, spans_t old, const uint8_t *all, size_t made) {
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

static void check(span_t patch, span_t old_file) {
    size_t made = 0;
    spans_t old = { &old_file, 1 };
    bool good = patch_decode(patch, old, 0, NULL, 0, &made);
    if (good) {
        require(made > 0 && made <= PATCH_MADE_MAX_BYTES, "more is made than may be");
        uint8_t *all = block_of(made);
        require(patch_decode(patch, old, 0, all, made, &made), "damaged with room only");
        check_pieces(patch, old, all, made);
        check_parts(patch, old_file, all, made);
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
    span_t old = copy_of(data + 2, old_length);
    span_t patch = copy_of(data + 2 + old_length, rest - old_length);
    ++inputs_seen;
    check(patch, old);
    free((void *)patch.bytes);
    free((void *)old.bytes);
    return 0;
}
