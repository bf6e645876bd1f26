"""What a board says first: who it is, and whether it understands us."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

from runicd.answers import checked
from runicd.errors import BoardRestarted, LinkError
from runicd.names import printable
from runicos.contract import wire

_HELLO: dict[str, type] = {
    "protocol": int,
    "runicos": str,
    "board": str,
    "frame_max": int,
    "chunk_max": int,
    "window": int,
}


@dataclass(frozen=True, slots=True)
class Greeting:
    """What a board says to `hello`: its protocol, its name, and how much it takes at once.

    `fault` is what it restarted after, if it did and nobody has gone on since he was told.
    """

    protocol: int
    version: str
    board: str
    frame_bytes: int
    chunk_bytes: int
    window_bytes: int
    fault: str = ""


def read_greeting(answer: Any, where: str) -> Greeting:
    """Check the board's answer to hello; LinkError when it is none.

    Warns with BoardRestarted when the board tells of a fault.
    """
    fields = checked(answer, _HELLO, "hello", where)
    greeting = Greeting(*(fields[key] for key in _HELLO))
    greeting = replace(greeting, fault=str(fields.get("fault", "")))
    if greeting.protocol != wire.PROTOCOL:
        raise LinkError(
            f"the board speaks protocol {greeting.protocol} and runicd {wire.PROTOCOL}",
            where=where,
            remedy="update runicd or the board's firmware",
        )
    if min(greeting.frame_bytes, greeting.chunk_bytes, greeting.window_bytes) < 1:
        raise LinkError("the board's hello makes no sense", where=where)
    if greeting.fault:
        told = f"{greeting.board} restarted after a fault: {printable(greeting.fault)}"
        warnings.warn(told, BoardRestarted, stacklevel=2)
    return greeting
