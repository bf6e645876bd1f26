"""Values that WebAssembly gives, as text that is the same from a board and from wasmtime."""

import math
import struct

import numpy as np


def shown(value: float | None) -> str:
    """A float as the bits that the board's single precision has of it."""
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            return "nan" if math.isnan(value) else np.float32(value).tobytes().hex()
    return str(value)


def plain(line: str) -> str:
    """What a board printed, with one name for every NaN."""
    is_float = len(line) == 8 and line.isalnum() and not line.isdigit()
    if is_float and math.isnan(struct.unpack("<f", bytes.fromhex(line))[0]):
        return "nan"
    return line
