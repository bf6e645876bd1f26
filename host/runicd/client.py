"""Requests, events and uploads over a Link, each with a deadline.

One Client speaks to one board from one thread. It does not read in the background: bytes are taken
in while a request, an upload or `next_event` waits, and events that come meanwhile are kept.
A request that only reads is repeated once over a new link when the link was lost, and over the
same one when its answer seems to be lost; nothing that changes the board is ever sent twice.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self, TypeGuard

import cbor2

from runicd import __version__
from runicd.errors import LinkClosed, LinkError, LinkTimeout, TargetError, board_error
from runicd.greeting import Greeting, read_greeting
from runicd.links.base import Link
from runicos.contract import cbor, wire
from runicos.contract import errors as codes

DEADLINE_S = 5.0
_STREAM_QUIET_S = 15.0
HELLO_DEADLINE_S = 2.0
_HELLO_REPEAT_S = 0.5
_INTERRUPT_AFTER_S = 0.9
# Code that reads standard input would take the next hello along with the Ctrl-C.
_INTERRUPT_PAUSE_S = 0.1
_FRAME_PAYLOAD_BYTES = 1024
_BODY_MAX_BYTES = 65536
_MESSAGE_MAX_BYTES = 4 << 20
_TEXT_KEPT_BYTES = 200
_EVENTS_KEPT = 65536
_DAMAGED_REPEATS = 3
# A frame arrived damaged: unless the answer comes soon, it was that one.
_DAMAGED_QUIET_S = 0.3
_QUIET_S = 1.5
_RESTART = (
    "if a Rune hangs it, restart it: `runicd sim restart TARGET` for a simulated board, "
    "off and on again for any other"
)
_NOT_RUNICOS = (
    "`runicd targets ls` lists the boards, `runicd install` puts RunicOS onto one of MicroPython"
)
_SILENT = (
    "a program runs at its REPL, it is not a RunicOS board, or the cable is loose: "
    f"`mpremote repl` shows which; {_RESTART}"
)
_READING_VERBS = (
    "facts",
    "health",
    "ps",
    "logs",
    "saga",
    "stats",
    "subscribe",
    "unsubscribe",
    "chunks",
    "keys",
)
# What may be sent again over the same link: it says where in the upload it belongs.
_REPEATABLE_VERBS = (*_READING_VERBS, "copy", "patch")


@dataclass(frozen=True, slots=True)
class Event:
    """What the board sent of its own accord; `value` is as docs/link-protocol.md says."""

    topic: str
    value: Any


class Client:
    """A conversation with one board.

    `connect` makes the link; it is called again after a loss. Raises LinkError and its kin when
    the board cannot be reached, RefusedError or BoardError when it answers with an error.

    While code that was typed at a board's REPL runs, RunicOS answers nobody: a board that is
    silent at first has that code interrupted, unless `interrupts` is False.
    """

    def __init__(
        self,
        connect: Callable[[], Link],
        *,
        hello_s: float = HELLO_DEADLINE_S,
        interrupts: bool = True,
    ) -> None:
        self._connect = connect
        self._hello_s = hello_s
        self._interrupts = interrupts
        # On a serial line the answer to a request of whoever was here before may still come.
        self._next_id = _id_after(int.from_bytes(os.urandom(2), "little"))
        self._topics: dict[str, Any] | None = None
        self._events: deque[Event] = deque(maxlen=_EVENTS_KEPT)
        self._heard: Callable[[Event], None] | None = None
        self.overrun = False
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def where(self) -> str:
        """The far end, for messages."""
        return self._link.where

    @property
    def is_cable(self) -> bool:
        """Whether the far end takes us for its owner, because we hold its cable."""
        return self._link.is_cable

    def close(self) -> None:
        """Close the link."""
        self._link.close()

    def reconnect(self) -> None:
        """Make a new link to the same board, and subscribe again to what was subscribed."""
        self._link.close()
        self._open()
        if self._topics is not None:
            self._ask("subscribe", self._topics, DEADLINE_S)

    def request(
        self,
        verb: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        deadline_s: float = DEADLINE_S,
        heard: Callable[[Event], None] | None = None,
    ) -> Any:
        """Return the board's answer; `heard` gets events till then, which extend the deadline."""
        self._heard = heard
        try:
            answer = self._ask(verb, arguments or {}, deadline_s)
        except LinkClosed:
            if verb not in _READING_VERBS:
                raise
            self.reconnect()
            answer = self._ask(verb, arguments or {}, deadline_s)
        finally:
            self._heard = None
        if verb == "subscribe":
            self._topics = dict(arguments or {})
        elif verb == "unsubscribe":
            self._topics = None
        return answer

    def rows(self, verb: str) -> list[Any]:
        """Return the board's answer to a verb that lists; LinkError when it is no list."""
        answer = self.request(verb)
        if not isinstance(answer, list):
            raise LinkError(f"the board's answer to `{verb}` is no list", where=self.where)
        return answer

    def next_event(self, timeout_s: float) -> Event | None:
        """Return the next event, waiting up to `timeout_s`, or None."""
        end = time.monotonic() + timeout_s
        while not self._events:
            left = end - time.monotonic()
            if left < 0:
                return None
            self._take_in(left)
        return self._events.popleft()

    def drop_events(self) -> None:
        """Forget the events that have come so far."""
        self._take_in(0)
        self._events.clear()

    def send_chunk(self, upload: int, offset: int, data: bytes | memoryview) -> None:
        """Send one piece of an upload; the board answers with an ACK at its leisure."""
        payload = offset.to_bytes(4, "little") + bytes(data)
        self._link.send(wire.encode(wire.CHUNK, 0, upload, payload))

    def take_acks(self, upload: int, timeout_s: float) -> list[int]:
        """Return the offsets that the board has asked for since the last time, oldest first.

        Waits up to `timeout_s` for the first. Raises what the board says against the upload.
        """
        end = time.monotonic() + timeout_s
        while not self._acks:
            left = end - time.monotonic()
            self._take_in(max(0.0, left))
            self._raise_upload_error(upload)
            if left <= 0:
                break
        wanted = [offset for number, offset in self._acks if number == upload]
        self._acks.clear()
        return wanted

    def _open(self) -> None:
        self._decoder = wire.Decoder(_BODY_MAX_BYTES)
        self._assembler = wire.Assembler(_MESSAGE_MAX_BYTES)
        self._answers: dict[int, tuple[int, bytes]] = {}
        self._acks: list[tuple[int, int]] = []
        self._text = b""
        self._frame_bytes = _FRAME_PAYLOAD_BYTES
        self._link = self._connect()
        try:
            self.greeting = self._hello()
        except BaseException:
            self._link.close()
            raise
        self._frame_bytes = self.greeting.frame_bytes

    def _hello(self) -> Greeting:
        """Say hello, again and again: the first may meet the rest of somebody's cut-off frame."""
        begun = time.monotonic()
        end = begun + self._hello_s
        while True:
            left = end - time.monotonic()
            try:
                answer = self._ask(
                    "hello", {"host": __version__}, min(_HELLO_REPEAT_S, max(left, 0.01))
                )
                return read_greeting(answer, self.where)
            except LinkTimeout:
                if left <= _HELLO_REPEAT_S:
                    raise self._no_board() from None
            if self._interrupts and time.monotonic() - begun > _INTERRUPT_AFTER_S:
                self._link.interrupt()
                time.sleep(_INTERRUPT_PAUSE_S)

    def _no_board(self) -> LinkTimeout:
        """Explain silence, and tell it from a port on which something else talks."""
        if self._decoder.damaged or self._text:
            heard = f"what answers is no RunicOS board (it said {self._text[:40]!r})"
            return LinkTimeout(heard, where=self.where, remedy=_NOT_RUNICOS)
        return LinkTimeout(
            f"no answer within {self._hello_s:g} s", where=self.where, remedy=_SILENT
        )

    def _ask(self, verb: str, arguments: Mapping[str, Any], deadline_s: float) -> Any:
        for attempt in range(_DAMAGED_REPEATS):
            kind, value = self._exchange(verb, arguments, deadline_s)
            if kind == wire.RESPONSE:
                return value
            # A frame that arrived damaged was not obeyed, so that any verb may be sent again.
            if value[0] != codes.BAD_FRAME or attempt == _DAMAGED_REPEATS - 1:
                break
        raise board_error(value[0], value[1], self.where)

    def _exchange(
        self, verb: str, arguments: Mapping[str, Any], deadline_s: float
    ) -> tuple[int, Any]:
        """Send one request and return (RESPONSE or ERROR, its value)."""
        number = self._next_id
        self._next_id = _id_after(number)
        payload = cbor2.dumps([verb, dict(arguments)])
        self._answers.clear()
        frames = wire.encode_message(wire.REQUEST, number, payload, self._frame_bytes)
        end = time.monotonic() + deadline_s
        while True:
            self._send(b"".join(frames))
            answer = self._wait_answer(number, end, repeats=verb in _REPEATABLE_VERBS)
            if answer:
                return answer[0], self._decode(*answer)
            if time.monotonic() >= end:
                raise LinkTimeout(
                    f"no answer to `{verb}` within {deadline_s:g} s",
                    where=self.where,
                    remedy=f"try again; {_RESTART}",
                )

    def _send(self, data: bytes) -> None:
        """Send to the board; where it has closed the link, raise what it said before."""
        try:
            self._link.send(data)
        except LinkClosed:
            with suppress(LinkError):
                while self._take_in(0):
                    continue
            self._raise_upload_error(0)
            raise

    def _wait_answer(self, number: int, end: float, *, repeats: bool) -> tuple[int, bytes] | None:
        """Wait until `end` for the answer to a request, or only until it is time to repeat it.

        That is when nothing has come for a while; for a shorter one where a frame was damaged.
        """
        undamaged = self._decoder.damaged
        heard = time.monotonic()
        while True:
            answer = self._answers.pop(number, None) or self._answers.pop(0, None)
            quiet_s = _QUIET_S if self._decoder.damaged == undamaged else _DAMAGED_QUIET_S
            until = min(end, heard + quiet_s) if repeats else end
            left = until - time.monotonic()
            if answer or left <= 0:
                return answer
            if self._take_in(left):
                heard = time.monotonic()
                end = max(end, heard + _STREAM_QUIET_S) if self._heard else end

    def _decode(self, kind: int, payload: bytes) -> Any:
        try:
            # Strict and bounded: a board's word is not trusted with tags or depth.
            value = cbor.loads(payload)
        except ValueError as error:
            raise LinkError("the board's answer cannot be read", where=self.where) from error
        if kind == wire.ERROR and not is_error(value):
            raise LinkError("the board's error cannot be read", where=self.where)
        return value

    def _take_in(self, timeout_s: float) -> bool:
        """Wait for bytes and sort what they hold: answers, events, acknowledgements, text.

        Tell whether any came.
        """
        data = self._link.receive(timeout_s)
        if not data:
            return False
        self._decoder.feed(data)
        self._text = (self._text + self._decoder.take_text())[-_TEXT_KEPT_BYTES:]
        frames, self._decoder.frames = self._decoder.frames, []
        for frame in frames:
            try:
                message = self._assembler.add(frame)
            except ValueError as error:
                raise LinkError("the board's message is too long", where=self.where) from error
            if message is not None:
                self._sort(*message)
        return True

    def _sort(self, kind: int, number: int, payload: bytes) -> None:
        if kind in (wire.RESPONSE, wire.ERROR):
            self._answers[number] = (kind, payload)
        elif kind == wire.ACK and len(payload) == 4:
            self._acks.append((number, int.from_bytes(payload, "little")))
        elif kind == wire.EVENT:
            value = self._decode(kind, payload)
            if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
                self.overrun = self.overrun or len(self._events) == _EVENTS_KEPT
                (self._heard or self._events.append)(Event(value[0], value[1]))

    def _raise_upload_error(self, upload: int) -> None:
        for number in (upload, 0):
            kind, payload = self._answers.pop(number, (0, b""))
            if kind == wire.ERROR:
                value = self._decode(kind, payload)
                # A chunk that was damaged on the way is sent again by the window.
                if value[0] != codes.BAD_FRAME:
                    raise board_error(value[0], value[1], self.where)


def _id_after(number: int) -> int:
    """Return the id that follows: 16 bits, and never 0, which is nobody's."""
    return number % 0xFFFF + 1


def is_error(value: object) -> TypeGuard[list[Any]]:
    """Tell an error as boards send it: its code, and the list of its arguments."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], int)
        and isinstance(value[1], list)
    )


def follow(client: Client, timeout_s: float, reconnect_s: float) -> Event | None:
    """Return the next event; when the link is lost, try for `reconnect_s` to get it back.

    Raises LinkClosed when the board does not come back in that time.
    """
    try:
        return client.next_event(timeout_s)
    except LinkClosed:
        if not come_back(client, reconnect_s):
            raise
        return None


def come_back(client: Client, reconnect_s: float) -> bool:
    """Try for `reconnect_s` to reach the board over a new link; tell whether it worked."""
    end = time.monotonic() + reconnect_s
    pause_s = 0.1
    while time.monotonic() < end:
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, 2.0)
        try:
            client.reconnect()
        except TargetError:
            continue
        return True
    return False
