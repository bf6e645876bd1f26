"""Replays a recording: what was said to peripherals and what they answered, line by line.

    i2c 0 write 6a 12 01          [N *] before a line: N times
    i2c 0 read 6a 0f -> 6c        bytes in hexadecimal, or count:256 (0, 1, 2 …), zero:256
    i2c 0 read 6a 0f ! 5          the bus raises OSError(5)
    i2s 0 read 256 -> none        it returns None; `-> 0102` of a longer buffer is a short read

Empty lines and those with `#` are for the reader. Whatever is not the next line is an error, as is
a line that nobody comes to.
"""


class Unexpected(Exception):
    """Something was said that the recording does not have here."""


_lines = []
_at = 0


def load(path: str) -> None:
    """Begin a recording."""
    global _at
    _at = 0
    _lines.clear()
    with open(path) as file:
        for read in file:
            line = read.strip()
            if line and line[0] != "#":
                times, rest = line.split(" * ") if " * " in line else ("1", line)
                _lines.extend([rest] * int(times))


def say(text: str) -> "bytes | None":
    """Take the next line, which must be this text; return its answer."""
    global _at
    if _at == len(_lines):
        raise Unexpected("%r after the recording's end" % text)
    said, arrow, answer = _lines[_at].partition(" -> ")
    said, failed, number = said.partition(" ! ")
    if said != text:
        raise Unexpected("%r instead of line %d, %r" % (text, _at + 1, said))
    _at += 1
    if failed:
        raise OSError(int(number))
    return _bytes(answer) if arrow else b""


def say_into(text: str, buffer: object) -> "int | None":
    """Take the next line; put its answer into the buffer and return how much it was."""
    answer = say(text)
    if answer is None:
        return None
    buffer[: len(answer)] = answer
    return len(answer)


def end() -> None:
    """Check that all of the recording was used."""
    if _at != len(_lines):
        raise Unexpected("line %d, %r, was never said" % (_at + 1, _lines[_at]))


def _bytes(text: str) -> "bytes | None":
    kind, colon, count = text.partition(":")
    if text == "none":
        return None
    if not colon:
        return bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])
    return bytes(int(count)) if kind == "zero" else bytes([at & 255 for at in range(int(count))])
