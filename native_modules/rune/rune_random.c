// Type rune.Random: a stream of pseudo-random bytes, the same for the same seed.

#include "py/runtime.h"
#include "py/stream.h"
#include "rune_random.h"

// The additive constant and mixing steps of SplitMix64 (Steele, Lea, Flood 2014).
static uint64_t next_word(uint64_t *state) {
    uint64_t mixed = *state += 0x9e3779b97f4a7c15ULL;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebULL;
    return mixed ^ mixed >> 31;
}

typedef struct _random_obj_t {
    mp_obj_base_t base;
    uint64_t state;
} random_obj_t;

static mp_obj_t random_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw,
    const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, 1, false);
    random_obj_t *self = mp_obj_malloc(random_obj_t, type);
    self->state = (uint64_t)(int64_t)mp_obj_get_int_truncated(args[0]);
    return MP_OBJ_FROM_PTR(self);
}

static mp_uint_t random_read(mp_obj_t self_in, void *buffer, mp_uint_t size, int *error_code) {
    random_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint8_t *bytes = buffer;
    (void)error_code;
    for (mp_uint_t at = 0; at < size;) {
        uint64_t word = next_word(&self->state);
        for (int i = 0; i < 8 && at < size; ++i) {
            bytes[at++] = (uint8_t)(word >> (8 * i));
        }
    }
    return size;
}

static const mp_stream_p_t random_stream = { .read = random_read };

static const mp_rom_map_elem_t random_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readinto), MP_ROM_PTR(&mp_stream_readinto_obj) },
    { MP_ROM_QSTR(MP_QSTR_read), MP_ROM_PTR(&mp_stream_read_obj) },
};
static MP_DEFINE_CONST_DICT(random_locals, random_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    rune_random_type,
    MP_QSTR_Random,
    MP_TYPE_FLAG_NONE,
    make_new, random_make_new,
    protocol, &random_stream,
    locals_dict, &random_locals
    );
