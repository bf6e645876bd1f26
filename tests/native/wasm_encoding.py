"""WebAssembly's binary format: numbers, vectors and sections."""


def leb(value: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def signed_leb(value: int) -> bytes:
    """A signed LEB128 number."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        is_last = value == (-1 if byte & 0x40 else 0)
        out.append(byte | (0 if is_last else 0x80))
        if is_last:
            return bytes(out)


def vector(items: list[bytes]) -> bytes:
    """A count and what is counted."""
    return leb(len(items)) + b"".join(items)


def section(identity: int, items: list[bytes]) -> bytes:
    """A section that is a vector."""
    body = vector(items)
    return bytes([identity]) + leb(len(body)) + body
