"""CBOR (RFC 8949) as Runes and frames use it: strict, small, bounded.

Admitted: integers of 64 bits, byte and text strings, arrays, maps with text keys, false, true,
null, floats, all of definite length. Refused, with ValueError naming the byte: everything else,
duplicate keys, trailing bytes, more than MAX_DEPTH levels. Written with shortest heads and keys
sorted as encoded (RFC 8949 4.2.1); floats as float32, which is what boards compute in.

The host writes with cbor2; this is for boards, and for tests to compare.
"""

from struct import pack, unpack_from

MAX_DEPTH = 8
# Of the numbers behind heads with 24 to 27 in the low bits: form, bytes.
_WIDTHS = ((">B", 1), (">H", 2), (">I", 4), (">Q", 8))


def dumps(value: object) -> bytes:
    """Return the value as CBOR.

    Raises ValueError for a type or an integer that is not admitted.
    """
    # One buffer: on a board, a list of many small parts would take many times as much. And it has
    # its size from the first: one that grows needs, to move, another one beside it.
    sizing = _Sizing()
    write(value, sizing)
    out = _Filling(bytearray(sizing.size_bytes))
    write(value, out)
    return bytes(out.buffer)


class Sink:
    """What takes CBOR, piece by piece."""

    def extend(self, piece: "bytes | bytearray | memoryview") -> None:
        """Take a piece."""
        raise NotImplementedError


class _Sizing(Sink):
    """Counts what is written."""

    def __init__(self) -> None:
        self.size_bytes = 0

    def extend(self, piece: "bytes | bytearray | memoryview") -> None:
        self.size_bytes += len(piece)


class _Filling(Sink):
    """Fills a buffer from its start on."""

    def __init__(self, buffer: bytearray) -> None:
        self.buffer = buffer
        self._at = 0

    def extend(self, piece: "bytes | bytearray | memoryview") -> None:
        self.buffer[self._at : self._at + len(piece)] = piece
        self._at += len(piece)


def _head(major: int, number: int) -> bytes:
    major <<= 5
    if number < 24:
        return bytes([major | number])
    if number < 0x100:
        return bytes([major | 24, number])
    if number < 0x10000:
        return pack(">BH", major | 25, number)
    if number < 0x100000000:
        return pack(">BI", major | 26, number)
    if number < 0x10000000000000000:
        return pack(">BQ", major | 27, number)
    raise ValueError("integer beyond 64 bits")


def write(value: object, out: Sink) -> None:
    """Give the value's CBOR to a sink.

    Raises ValueError like dumps().
    """
    if value is None:
        out.extend(b"\xf6")
    elif value is True:
        out.extend(b"\xf5")
    elif value is False:
        out.extend(b"\xf4")
    elif isinstance(value, int):
        out.extend(_head(0, value) if value >= 0 else _head(1, -1 - value))
    elif isinstance(value, float):
        out.extend(pack(">Bf", 0xFA, value))
    elif isinstance(value, str):
        text = value.encode()
        out.extend(_head(3, len(text)))
        out.extend(text)
    elif isinstance(value, (bytes, bytearray, memoryview)):
        out.extend(_head(2, len(value)))
        out.extend(value)
    else:
        _write_container(value, out)


def _write_container(value: object, out: Sink) -> None:
    if isinstance(value, (list, tuple)):
        out.extend(_head(4, len(value)))
        for item in value:
            write(item, out)
    elif isinstance(value, dict):
        out.extend(_head(5, len(value)))
        for key, item in sorted([(dumps(key), item) for key, item in value.items()], key=_first):
            out.extend(key)
            write(item, out)
    else:
        raise ValueError("no CBOR for %s" % type(value).__name__)


def _first(pair: "tuple[bytes, object]") -> bytes:
    return pair[0]


def loads(data: "bytes | memoryview", in_place: bool = False) -> object:
    """Return the one value that `data` holds.

    Byte strings come as bytes; `in_place`, as slices of `data`, for those too large to copy.
    Raises ValueError naming the byte.
    """
    value, end = _read(data, 0, 0, in_place)
    if end != len(data):
        raise ValueError("trailing bytes at byte %d" % end)
    return value


def _read_head(data: "bytes | memoryview", at: int) -> "tuple[int, int, int, int]":
    """Return (major, low five bits, number, next byte)."""
    if at >= len(data):
        raise ValueError("cut off at byte %d" % at)
    low = data[at] & 31
    if low < 24:
        return data[at] >> 5, low, low, at + 1
    if low - 24 >= len(_WIDTHS):
        raise ValueError("indefinite or reserved length at byte %d" % at)
    form, width = _WIDTHS[low - 24]
    if at + 1 + width > len(data):
        raise ValueError("cut off at byte %d" % len(data))
    return data[at] >> 5, low, unpack_from(form, data, at + 1)[0], at + 1 + width


def _read(data: "bytes | memoryview", at: int, depth: int, in_place: bool) -> "tuple[object, int]":
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply at byte %d" % at)
    major, low, number, start = _read_head(data, at)
    if major == 0:
        return number, start
    if major == 1:
        return -1 - number, start
    if major == 2 or major == 3:
        return _read_string(data, number, start, major == 3, in_place)
    if major == 4:
        return _read_array(data, number, start, depth, in_place)
    if major == 5:
        return _read_map(data, number, start, depth, in_place)
    if major == 7:
        return _read_simple(data, low, at, start), start
    raise ValueError("tag at byte %d" % at)


def _read_string(
    data: "bytes | memoryview", length: int, start: int, is_text: bool, in_place: bool
) -> "tuple[object, int]":
    if length > len(data) - start:
        raise ValueError("cut off at byte %d" % len(data))
    raw = data[start : start + length]
    if not is_text:
        return raw if in_place else bytes(raw), start + length
    try:
        return str(raw, "utf-8"), start + length
    except UnicodeError:
        raise ValueError("text is not UTF-8 at byte %d" % start) from None


def _read_array(
    data: "bytes | memoryview", length: int, start: int, depth: int, in_place: bool
) -> "tuple[object, int]":
    if length > len(data) - start:
        raise ValueError("cut off at byte %d" % len(data))
    items = []
    for _ in range(length):
        item, start = _read(data, start, depth + 1, in_place)
        items.append(item)
    return items, start


def _read_map(
    data: "bytes | memoryview", length: int, start: int, depth: int, in_place: bool
) -> "tuple[object, int]":
    if length > len(data) - start:
        raise ValueError("cut off at byte %d" % len(data))
    items: "dict[str, object]" = {}
    for _ in range(length):
        at = start
        key, start = _read(data, start, depth + 1, in_place)
        if not isinstance(key, str) or key in items:
            raise ValueError("map key at byte %d is no text or comes twice" % at)
        items[key], start = _read(data, start, depth + 1, in_place)
    return items, start


def _read_simple(data: "bytes | memoryview", low: int, at: int, start: int) -> object:
    if low == 20 or low == 21:
        return low == 21
    if low == 22:
        return None
    if low == 25:
        return _half(unpack_from(">H", data, start - 2)[0])
    if low == 26:
        return unpack_from(">f", data, start - 4)[0]
    if low == 27:
        return unpack_from(">d", data, start - 8)[0]
    raise ValueError("value at byte %d is not admitted" % at)


def _half(bits: int) -> float:
    """Return the value of an IEEE 754 binary16."""
    exponent = (bits >> 10) & 31
    fraction = bits & 1023
    if exponent == 31:
        size = float("nan") if fraction else float("inf")
    elif exponent == 0:
        size = fraction * 2.0**-24
    else:
        size = (1024 + fraction) * 2.0 ** (exponent - 25)
    return -size if bits & 0x8000 else size
