// Floating point numbers as the shortest text that reads back as the same number.

#ifndef FLOAT_TEXT_H
#define FLOAT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define FLOAT_TEXT_BYTES (32)

// Write to text (FLOAT_TEXT_BYTES bytes, not terminated) and return the length.
// Finite numbers have a point or an exponent ("1.0", "0.001", "1e-7"); NaN and
// the infinities, which JSON does not have, are "null".
size_t float_text_f32(float value, char *text);
size_t float_text_f64(double value, char *text);

// Decimal digits of an integer, at most 20 bytes, not terminated.
size_t integer_text(uint64_t value, char *text);

#endif // FLOAT_TEXT_H
