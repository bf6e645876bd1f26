"""A board's journal, read from the bytes in which it lies there, and followed as it grows.

docs/saga.md describes those bytes. Nothing is believed of them: lengths are bounded, CRCs checked.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runicd import client as clients
from runicd.answers import checked
from runicd.client import Client
from runicd.errors import LinkError, TargetError
from runicd.names import counted
from runicd.types import Record

TOPIC = "saga"
KINDS = ("", "boot", "note", "state", "failure", "denial", "went back", "restart", "counts")
LEVELS = ("error", "warning", "info", "debug")
FRAME_MAX = 322
_HEAD = struct.Struct("<IHBBIIHB")
_COUNTS = struct.Struct("<9I")
_COUNTS_KIND = KINDS.index("counts")
# More than any board's memory holds: a journal that goes on is none.
_FRAMES_MAX = 65_536
_FOLLOW_STEP_S = 1.0
_TRIES = 5
_ANSWER: dict[str, type] = {"frames": bytes, "boot": int, "oldest": int, "newest": int}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `ticks_ms` counts from its boot, `level` is 255 where it is no line."""

    number: int
    boot: int
    ticks_ms: int
    kind: int
    level: int
    rune: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Missed:
    """So many frames had given way to others before they could be read."""

    count: int


def read_frames(data: object, where: str = "") -> list[Frame]:
    """Return the frames that lie one behind the other. Raises LinkError for any other bytes."""
    try:
        return list(_frames(data)) if isinstance(data, bytes) else _refuse("no bytes")
    except (struct.error, ValueError) as error:
        raise LinkError(
            f"the board's journal cannot be read ({error})",
            where=where,
            remedy="update runicd or the board's firmware",
        ) from error


def _frames(data: bytes) -> Iterator[Frame]:
    at = 0
    while at < len(data):
        check, length, kind, level, number, ticks_ms, boot, name_length = _HEAD.unpack_from(
            data, at
        )
        frame = data[at : at + length]
        if not _HEAD.size + name_length <= length == len(frame) <= FRAME_MAX:
            _refuse(f"a frame of {length} bytes")
        if zlib.crc32(frame[4:]) != check:
            _refuse(f"frame {number} is damaged")
        payload_at = _HEAD.size + name_length
        rune = _text(frame[_HEAD.size : payload_at])
        yield Frame(number, boot, ticks_ms, kind, level, rune, frame[payload_at:])
        at += length


def _refuse(why: str) -> list[Frame]:
    raise ValueError(why)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if 32 <= byte < 127 else "?" for byte in data)


def record_of(frame: Frame) -> Record | None:
    """Return a frame as a line of the log; counts as one of level `debug`; others are none."""
    if frame.level < len(LEVELS):
        level, text = LEVELS[frame.level], _text(frame.payload)
    elif frame.kind == _COUNTS_KIND and len(frame.payload) == _COUNTS.size:
        level, text = LEVELS[-1], _counted(_COUNTS.unpack(frame.payload))
    else:
        return None
    return Record(frame.number, level, frame.rune, frame.ticks_ms, text, frame.boot)


def _counted(numbers: tuple[int, ...]) -> str:
    calls, failures, total_ms, max_us, _, flash_bytes, restarts, load, dropped = numbers
    return (
        f"{counted(calls, 'call')} in {total_ms:,} ms, {failures:,} failed, "
        f"{counted(restarts, 'restart')}, {max_us:,} us at most, load {load / 10:.1f} %, "
        f"{counted(dropped, 'result')} dropped, {flash_bytes:,} bytes of flash written"
    )


def listed(client: Client, name: str | None = None, after: int = 0) -> Iterator[Frame | Missed]:
    """Yield what the board holds later than frame `after`, oldest first; then what was too late.

    Raises LinkError for a board whose journal has no end.
    """
    wanted: dict[str, Any] = {"name": name} if name else {}
    for _ in range(_FRAMES_MAX):
        answer = checked(
            client.request("saga", wanted | {"after": after}), _ANSWER, "journal", client.where
        )
        if after and answer["oldest"] > after + 1:
            yield Missed(answer["oldest"] - after - 1)
        later = [
            frame for frame in read_frames(answer["frames"], client.where) if frame.number > after
        ]
        if not later:
            return
        yield from later
        after = max(frame.number for frame in later)
    raise LinkError("the board's journal has no end", where=client.where)


def follow(client: Client, name: str | None, reconnect_s: float) -> Iterator[Frame | Missed]:
    """Yield what the board holds, oldest first, and then each frame as it is written.

    What did not come by itself is asked for. A lost link is made again for up to `reconnect_s`;
    then TargetError is raised. A board whose power was cut has a journal that begins anew.
    """
    follower = _Follower(client, name)
    client.request("subscribe", {"topics": [TOPIC]} | ({"name": name} if name else {}))
    failures = 0
    while True:
        try:
            yield from follower.step()
            failures = 0
        except TargetError:
            # A board that resets refuses links for a while; one that talks nonsense goes on so.
            failures += 1
            if failures == _TRIES or not clients.come_back(client, reconnect_s):
                raise


class _Follower:
    """Where in a board's journal a reader is: behind `last`, over a link with that greeting."""

    def __init__(self, client: Client, name: str | None) -> None:
        self._client = client
        self._name = name
        self._wanted: dict[str, Any] = {"name": name} if name else {}
        self._last: Frame | None = None
        self._greeting: object = None
        self._boot_id: object = None

    def step(self) -> Iterator[Frame | Missed]:
        """Yield what comes within a second; over a new link, first what came meanwhile."""
        if self._greeting is not self._client.greeting:
            greeting = self._client.greeting
            yield from self._catch_up()
            self._greeting = greeting
        event = self._client.next_event(_FOLLOW_STEP_S)
        if event is None or event.topic != TOPIC:
            return
        for frame in read_frames(event.value, self._client.where):
            if frame.number > self._number() + 1 and self._name is None:
                yield from self._catch_up()
            elif frame.number > self._number():
                self._last = frame
                yield frame

    def _number(self) -> int:
        return 0 if self._last is None else self._last.number

    def _catch_up(self) -> Iterator[Frame | Missed]:
        """Yield what the board holds later than the last frame that was seen."""
        if self._is_another():
            self._last = None
        for item in listed(self._client, self._name, self._number()):
            if isinstance(item, Frame):
                self._last = item
            yield item

    def _is_another(self) -> bool:
        """Tell whether the board's journal began anew since the last frame that was seen."""
        last = self._number()
        answer = checked(
            self._client.request("saga", {"after": max(0, last - 1)} | self._wanted),
            _ANSWER,
            "journal",
            self._client.where,
        )
        was, self._boot_id = self._boot_id, answer.get("id")
        if was == self._boot_id:
            return False
        found = read_frames(answer["frames"], self._client.where)
        is_there = answer["oldest"] > last or any(frame == self._last for frame in found)
        return not (is_there and answer.get("kept"))
