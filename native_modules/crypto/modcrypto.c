// The module crypto: signatures checked and hashes taken, of messages in parts, none copied.

#include "py/obj.h"
#include "py/runtime.h"

#include "ed25519.h"

static const uint8_t *bytes_of(mp_obj_t object, size_t length, mp_rom_error_text_t complaint) {
    mp_buffer_info_t given;
    mp_get_buffer_raise(object, &given, MP_BUFFER_READ);
    if (given.len != length) {
        mp_raise_ValueError(complaint);
    }
    return given.buf;
}

static void add_parts(sha512_t *hash, size_t count, const mp_obj_t *parts) {
    for (size_t i = 0; i < count; ++i) {
        mp_buffer_info_t part;
        mp_get_buffer_raise(parts[i], &part, MP_BUFFER_READ);
        sha512_add(hash, part.buf, part.len);
    }
}

// verify(public_key, signature, *parts) -> bool
static mp_obj_t crypto_verify(size_t count, const mp_obj_t *arguments) {
    const uint8_t *key = bytes_of(arguments[0], ED25519_KEY_BYTES,
        MP_ERROR_TEXT("a public key has 32 bytes"));
    const uint8_t *signature = bytes_of(arguments[1], ED25519_SIGNATURE_BYTES,
        MP_ERROR_TEXT("a signature has 64 bytes"));
    sha512_t hash;
    ed25519_start(&hash, key, signature);
    add_parts(&hash, count - 2, arguments + 2);
    return mp_obj_new_bool(ed25519_finish(&hash, key, signature));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(crypto_verify_obj, 2, crypto_verify);

// is_key(public_key) -> bool
static mp_obj_t crypto_is_key(mp_obj_t key_in) {
    return mp_obj_new_bool(ed25519_is_key(bytes_of(key_in, ED25519_KEY_BYTES,
        MP_ERROR_TEXT("a public key has 32 bytes"))));
}
static MP_DEFINE_CONST_FUN_OBJ_1(crypto_is_key_obj, crypto_is_key);

// sha512(*parts) -> bytes
static mp_obj_t crypto_sha512(size_t count, const mp_obj_t *arguments) {
    sha512_t hash;
    sha512_start(&hash);
    add_parts(&hash, count, arguments);
    uint8_t digest[SHA512_DIGEST_BYTES];
    sha512_finish(&hash, digest);
    return mp_obj_new_bytes(digest, sizeof(digest));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(crypto_sha512_obj, 0, crypto_sha512);

static const mp_rom_map_elem_t crypto_module_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_crypto) },
    { MP_ROM_QSTR(MP_QSTR_verify), MP_ROM_PTR(&crypto_verify_obj) },
    { MP_ROM_QSTR(MP_QSTR_is_key), MP_ROM_PTR(&crypto_is_key_obj) },
    { MP_ROM_QSTR(MP_QSTR_sha512), MP_ROM_PTR(&crypto_sha512_obj) },
};
static MP_DEFINE_CONST_DICT(crypto_module_globals, crypto_module_globals_table);

const mp_obj_module_t crypto_user_cmodule = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&crypto_module_globals,
};

MP_REGISTER_MODULE(MP_QSTR_crypto, crypto_user_cmodule);
