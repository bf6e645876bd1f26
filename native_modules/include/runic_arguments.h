// Arguments from Python, taken strictly.
//
// MicroPython's mp_obj_get_int asks other objects for their __int__, which is Python
// code: it may resize the very buffer or list that the caller has a pointer into.
// Its mp_obj_str_get_str takes bytes too, and gives NULL for some empty ones.

#ifndef RUNIC_ARGUMENTS_H
#define RUNIC_ARGUMENTS_H

#include "py/runtime.h"

static inline void runic_require_integer(mp_obj_t object) {
    if (!mp_obj_is_int(object)) {
        mp_raise_TypeError(MP_ERROR_TEXT("an integer is wanted"));
    }
}

// Raises TypeError for anything else, OverflowError for what fits no mp_int_t.
static inline mp_int_t runic_integer(mp_obj_t object) {
    runic_require_integer(object);
    return mp_obj_get_int(object);
}

// The low 32 bits, of integers of any size and sign.
static inline uint32_t runic_integer_u32(mp_obj_t object) {
    runic_require_integer(object);
    return (uint32_t)mp_obj_get_int_truncated(object);
}

// The characters of a str, terminated; raises TypeError for anything else.
static inline const char *runic_text(mp_obj_t object, size_t *length) {
    if (!mp_obj_is_str(object)) {
        mp_raise_TypeError(MP_ERROR_TEXT("a str is wanted"));
    }
    return mp_obj_str_get_data(object, length);
}

static inline const char *runic_text_of(mp_obj_t object) {
    size_t length;
    return runic_text(object, &length);
}

#endif // RUNIC_ARGUMENTS_H
