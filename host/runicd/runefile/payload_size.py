"""How large one record of an output can become: boards set aside that much and no more."""

from __future__ import annotations

from collections.abc import Sequence

from runicd.types import TensorType

_DIGITS = {
    "u8": 3,
    "i8": 4,
    "u16": 5,
    "i16": 6,
    "u32": 10,
    "i32": 11,
    "f32": 16,
    "u64": 20,
    "i64": 20,
    "f64": 25,
}
"""The longest text of one element."""
_ESCAPED_BYTE = 6
"""A control character becomes \\u001f."""


def record_bytes(kind: str, inputs: Sequence[TensorType], channel: int) -> int:
    """Return the largest size of one record of an output of that kind."""
    if kind == "TENSOR":
        return sum(4 + len(str(own)) + own.bytes for own in inputs)
    total = sum(_json_bytes(own, channel) for own in inputs)
    return total if len(inputs) == 1 else total + len(inputs) + 1


def _json_bytes(own: TensorType, channel: int) -> int:
    """Size of one tensor's JSON object, each number with its comma."""
    frame = (
        len('{"type_name":"","channel":,"elements":[],"dimensions":[]}')
        + len(own.element)
        + len(str(channel))
    )
    dims = sum(len(str(dim)) + 1 for dim in own.dims)
    if own.element == "utf8":
        return frame + dims + own.bytes * _ESCAPED_BYTE + own.count * 3
    return frame + dims + own.count * (_DIGITS[own.element] + 1)
