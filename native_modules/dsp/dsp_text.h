// Text in tensors: NUL-terminated strings, numbers written in digits, UTF-8.

#ifndef DSP_TEXT_H
#define DSP_TEXT_H

#include "runic_tensor.h"

// Writes strings into a utf8 tensor one after another.
typedef struct {
    char *next;
    uint32_t room_bytes;
} dsp_text_writer_t;

// False when the string and its NUL do not fit.
bool dsp_write_text(dsp_text_writer_t *writer, const char *text, uint32_t length);

// Reads blank-separated words from a utf8 tensor's strings, across them.
typedef struct {
    const char *next;
    uint32_t left_bytes;
    uint32_t left_strings;
} dsp_word_reader_t;

// False at the end; a string that lacks its NUL ends with the tensor.
bool dsp_next_word(dsp_word_reader_t *reader, const char **word, uint32_t *length);

// False unless the whole word is a number. Within a few units in the last
// place; correctly rounded up to 7 digits and powers of ten up to 10.
bool dsp_parse_float(const char *word, uint32_t length, float *value);

// False unless the whole word is an integer of that type.
bool dsp_parse_integer(const char *word, uint32_t length, uint8_t type, int64_t *value);

bool dsp_is_utf8(const uint8_t *bytes, uint32_t count);

#endif // DSP_TEXT_H
