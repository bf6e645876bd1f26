"""Floats written as bytes, by integer arithmetic alone.

A float object takes heap on most boards, and so does an integer of 32 bits: neither may be made
in a read. A reading of 16 bits, scaled by a power of two, is exact as float32.
"""

_BIAS = 127
_MANTISSA_BITS = 23


def put_scaled(buffer: memoryview, at: int, value: int, shift: int) -> None:
    """Write value / 2**shift as little-endian float32; |value| <= 32768, 0 <= shift <= 100."""
    sign = 0
    if value < 0:
        sign = 0x80
        value = -value
    exponent = 0
    if value:
        exponent = _BIAS + _MANTISSA_BITS - shift
        # The highest bit comes to stand where float32 leaves it out.
        while value < 1 << _MANTISSA_BITS:
            value <<= 1
            exponent -= 1
    buffer[at] = value & 0xFF
    buffer[at + 1] = value >> 8 & 0xFF
    buffer[at + 2] = value >> 16 & 0x7F | (exponent & 1) << 7
    buffer[at + 3] = sign | exponent >> 1
