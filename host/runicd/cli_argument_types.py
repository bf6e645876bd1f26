"""What the arguments of commands may be: each reader returns the value, or says what is wrong."""

from __future__ import annotations

import argparse

from runicd import sim
from runicos.contract import policy

_MOST_BYTES = 1 << 30
_LEAST_BAUD = 9600
_MOST_BAUD = 12_000_000
_MOST_MS = (1 << 31) - 1


def size(text: str) -> int:
    """Read a size: 65536, 64k, 1M."""
    scale = {"k": 1024, "m": 1 << 20}.get(text[-1:].lower(), 1)
    number = _digits(text[:-1] if scale > 1 else text)
    if not 1 <= number * scale <= _MOST_BYTES:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write 65536, 64k or 1M")
    return number * scale


def heap(text: str) -> int:
    """Read the size of a board's heap, in which RunicOS itself must fit."""
    size_bytes = size(text)
    if size_bytes < sim.LEAST_HEAP_BYTES:
        least = f"{sim.LEAST_HEAP_BYTES // 1024}k"
        raise argparse.ArgumentTypeError(f"RunicOS does not fit {text}; give {least} or more")
    return size_bytes


def baud(text: str) -> int:
    """Read the speed of a serial line."""
    if not _LEAST_BAUD <= _digits(text) <= _MOST_BAUD:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no speed of a serial line; write {_LEAST_BAUD} to {_MOST_BAUD}"
        )
    return int(text)


def count(text: str) -> int:
    """Read a number from 1."""
    if _digits(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1")
    return int(text)


def limit(text: str) -> tuple[str, int]:
    """Read `NAME=NUMBER`."""
    name, equals, number = text.partition("=")
    if not name or not equals or _digits(number) < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no limit; write NAME=NUMBER")
    return name, int(number)


def number(text: str) -> int:
    """Read a number from 0."""
    if _digits(text) < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0")
    return int(text)


def seconds(text: str) -> float:
    """Read a time in seconds, above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < _MOST_MS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def period(text: str) -> int:
    """Read a period in milliseconds; 0 means on request."""
    if not 0 <= _digits(text) <= _MOST_MS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of milliseconds to {_MOST_MS}")
    return int(text)


def release(text: str) -> str:
    """Read a version, which every terminal and every manifest can hold."""
    if not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is no version")
    return text


def kind(text: str) -> str:
    """Read a kind of what Runes ask for."""
    if text.upper() not in policy.KINDS:
        known = ", ".join(policy.KINDS)
        raise argparse.ArgumentTypeError(f"there is no kind {text!r}; the kinds are {known}")
    return text.upper()


def kinds(text: str) -> list[str]:
    """Read kinds, with commas between them."""
    return [kind(one) for one in text.split(",")]


def _digits(text: str) -> int:
    """Return the number that plain digits make, -1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() else -1
