"""Faults on a line, planned for a place in its stream: noise, loss, wrong bits; no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Fault:
    """Before byte `at` comes `noise`; from there `lost` bytes are dropped, `flipped` in the first.

    `at` counts from the first byte that the line ever moved in this direction.
    """

    at: int
    noise: bytes = b""
    lost: int = 0
    flipped: int = 0


class Faults:
    """The faults of one direction of a line."""

    def __init__(self) -> None:
        self._passed = 0
        self._planned: list[_Fault] = []

    def plan(self, what: str, after_bytes: int, value: str) -> None:
        """Plan a fault when so many more bytes have passed. Raises ValueError for none of ours.

        `insert` with bytes in hexadecimal, `drop` with a count, `flip` with a mask in hexadecimal.
        """
        at = self._passed + after_bytes
        if what == "insert":
            fault = _Fault(at, noise=bytes.fromhex(value))
        elif what == "drop":
            fault = _Fault(at, lost=int(value))
        elif what == "flip":
            fault = _Fault(at, flipped=int(value, 16) & 0xFF)
        else:
            raise ValueError(f"there is no fault {what!r}")
        self._planned = sorted([*self._planned, fault], key=lambda planned: planned.at)

    def apply(self, data: bytes) -> bytes:
        """Return what becomes of the next bytes."""
        begin, end = self._passed, self._passed + len(data)
        self._passed = end
        result = data
        # From the last to the first: what changes the length moves only what is done already.
        for fault in reversed(self._planned):
            if fault.at <= end:
                result = _applied(fault, result, fault.at - begin)
        self._planned = [left for fault in self._planned for left in _left(fault, end)]
        return result


def _applied(fault: _Fault, data: bytes, at: int) -> bytes:
    rest = data[at + fault.lost :]
    if fault.flipped and at < len(data):
        rest = bytes([data[at] ^ fault.flipped]) + data[at + 1 :]
    return data[:at] + fault.noise + rest


def _left(fault: _Fault, end: int) -> list[_Fault]:
    """Return what of a fault is still to come after byte `end`."""
    if fault.at > end or (fault.flipped and fault.at == end):
        return [fault]
    lost = fault.lost - (end - fault.at)
    return [_Fault(end, lost=lost)] if lost > 0 else []
