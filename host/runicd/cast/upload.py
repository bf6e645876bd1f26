"""Sends a file to a board: windowed, acknowledged, resumable; what it has already is not sent.

The host keeps at most a window of bytes on the way. The board acknowledges with the next offset
that it wants; when that repeats, a chunk was lost and everything from there is sent again. Silence
has two reasons: the line is slow, or all was lost. So one chunk is sent again; everything only
when silence goes on.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runicd.answers import checked
from runicd.cast.delta import Stretch
from runicd.cast.shared import Model, Plan, ranges, told
from runicd.cast.ways import way
from runicd.cast.wear import Wear, wear_of
from runicd.client import Client
from runicd.errors import LinkError, LinkTimeout

Progress = Callable[[int, int], None]
"""Called with (bytes on the board, bytes in all)."""

_NUMBER_MAX = 0xFFFF
_QUIET_S = 0.7
_STALLED_S = 6.0
_COMMIT_DEADLINE_S = 20.0
_COPY_DEADLINE_S = 20.0


@dataclass(frozen=True, slots=True)
class Uploaded:
    """An upload that is through: of its bytes, how many were there from before, how many sent.

    `shared_bytes` are those of models that other Runes have. The rest the board copied from Runes
    that it had, or made of them. `way` is "whole", "chunks"
    or "patches". `flash` counts from the upload's `begin`. One that `waits` asks for more than is
    granted: the version before it runs, if any.
    """

    resumed_bytes: int
    shared_bytes: int
    sent_bytes: int
    way: str
    flash: Wear
    waits: bool = False


def upload(
    client: Client,
    name: str,
    data: bytes,
    plan: Plan,
    progress: Progress,
    period_ms: int | None = None,
    models: Sequence[Model] = (),
) -> Uploaded:
    """Put `data` on the board as Rune `name`; `plan` says what of it is sent (delta.py).

    Of its `models` the board may have some already. A version that waits for a grant is called
    every `period_ms` then. Raises BoardError when the board refuses (busy, flash full), LinkClosed
    and LinkTimeout when the link fails: then the part stays on the board and the next upload of
    the same data goes on there.
    """
    digest = hashlib.sha256(data).digest()
    file = {"name": name, "size": len(data), "sha256": digest}
    begun = client.request("begin", file | ({"models": told(models)} if models else {}))
    kinds: dict[str, type] = {"upload": int, "offset": int, "shared": list}
    answer = checked(begun, kinds, "answer to `begin`", client.where)
    number, offset = int(answer["upload"]), int(answer["offset"])
    if not 0 <= offset <= len(data):
        raise LinkError("the board has more bytes than there are", where=client.where)
    if not 0 <= number <= _NUMBER_MAX:
        raise LinkError("the board's answer to `begin` makes no sense", where=client.where)
    shared = ranges(answer, models, client.where)
    stretches = plan(shared)
    progress(offset, len(data))
    sent_bytes = _put(client, number, data, stretches, offset, progress)
    order = {"upload": number} | ({} if period_ms is None else {"period_ms": period_ms})
    answer = client.request("commit", order, deadline_s=_COMMIT_DEADLINE_S)
    committed = checked(answer, {}, "answer to `commit`", client.where)
    waits = committed.get("waiting") is True
    shared_bytes = sum(length for _, length in shared)
    return Uploaded(
        offset, shared_bytes, sent_bytes, way(stretches, shared), wear_of(committed), waits
    )


def _put(
    client: Client,
    number: int,
    data: bytes,
    stretches: Sequence[Stretch],
    offset: int,
    progress: Progress,
) -> int:
    """Have every stretch on the board, from an offset on; return how many bytes were sent.

    Behind a stretch the board goes on where the next one begins: what is shared lies between.
    """
    sent_bytes = 0
    following = [stretch.offset for stretch in stretches[1:]] + [len(data)]
    # Where all is shared there is no stretch.
    for stretch, limit in zip(stretches, following, strict=False):
        end = stretch.offset + stretch.length
        if end <= offset:
            continue
        start = max(offset, stretch.offset)
        if stretch.patch is not None and start == stretch.offset:
            _patch(client, number, stretch, limit)
            progress(end, len(data))
            sent_bytes += len(stretch.patch)
        elif stretch.source is None or stretch.patch is not None:
            # Of what a patch makes part may be there, from a cast that was cut off.
            _Window(client, number, data, start, end).run(progress)
            sent_bytes += end - start
        else:
            _copy(client, number, stretch, start, limit, lambda at: progress(at, len(data)))
    return sent_bytes


def _patch(client: Client, number: int, stretch: Stretch, limit: int) -> None:
    """Have the board make a stretch of the older file that it has."""
    assert stretch.source is not None
    order = {"upload": number, "at": stretch.offset, "name": stretch.source.rune}
    asked = client.request("patch", order | {"data": stretch.patch}, deadline_s=_COPY_DEADLINE_S)
    answer = checked(asked, {"offset": int}, "answer to `patch`", client.where)
    if not stretch.offset + stretch.length <= answer["offset"] <= limit:
        raise LinkError(
            f"the board made nothing of the patch at {stretch.offset}", where=client.where
        )


def _copy(
    client: Client,
    number: int,
    stretch: Stretch,
    at: int,
    limit: int,
    copied: Callable[[int], None],
) -> None:
    """Have the board copy a stretch, from an offset in the file on."""
    end = stretch.offset + stretch.length
    assert stretch.source is not None
    while at < end:
        ahead = at - stretch.offset
        place = {"name": stretch.source.rune, "offset": stretch.source.offset + ahead}
        order = {"upload": number, "at": at, "length": stretch.length - ahead} | place
        asked = client.request("copy", order, deadline_s=_COPY_DEADLINE_S)
        answer = checked(asked, {"offset": int}, "answer to `copy`", client.where)
        if not at < answer["offset"] <= limit:
            raise LinkError(
                f"the board copied nothing at {at} of {stretch.source.rune}", where=client.where
            )
        at = answer["offset"]
        copied(at)


class _Window:
    """Go-back-N, one upload long."""

    def __init__(self, client: Client, upload: int, data: bytes, offset: int, end: int) -> None:
        self._client = client
        self._upload = upload
        self._file_bytes = len(data)
        self._data = memoryview(data)[:end]
        self._acked = self._sent = offset
        # After going back, the board goes on asking for the same offset, once for each chunk that
        # is still on the way; only new progress or silence may make us go back again.
        self._went_back = False
        # Where the chunk ended that was sent again in silence; -1 when there was none.
        self._asked = -1
        # How many chunks the board may get twice: its answers to those say nothing of a loss.
        self._spare = 0
        # How long the board may be silent; the pace of what it says tells how slow the line is.
        self._quiet_s = _QUIET_S
        self._heard_s = time.monotonic()

    def run(self, progress: Progress) -> None:
        """Send all that is missing."""
        last_progress = time.monotonic()
        while self._acked < len(self._data):
            self._fill()
            before = self._acked
            for wanted in self._wait():
                self._hear(wanted)
            if self._acked > before:
                last_progress = time.monotonic()
                progress(self._acked, self._file_bytes)
            elif time.monotonic() - last_progress > _STALLED_S:
                raise LinkTimeout(
                    f"the board stopped taking bytes at {self._acked} of {self._file_bytes}",
                    where=self._client.where,
                    remedy="cast again to resume",
                )

    def _fill(self) -> None:
        greeting = self._client.greeting
        while self._sent < len(self._data) and self._sent - self._acked < greeting.window_bytes:
            room = greeting.window_bytes - (self._sent - self._acked)
            self._sent = self._send(self._sent, min(greeting.chunk_bytes, room))

    def _send(self, start: int, most_bytes: int) -> int:
        """Send one chunk; return where it ends."""
        chunk = self._data[start : start + most_bytes]
        self._client.send_chunk(self._upload, start, chunk)
        return start + len(chunk)

    def _wait(self) -> list[int]:
        wanted = self._client.take_acks(self._upload, self._quiet_s)
        if wanted:
            now_s = time.monotonic()
            self._quiet_s = min(max(_QUIET_S, 2 * (now_s - self._heard_s)), _STALLED_S)
            self._heard_s = now_s
        else:
            self._break_silence()
        return wanted

    def _break_silence(self) -> None:
        self._quiet_s = min(2 * self._quiet_s, _STALLED_S)
        self._went_back = False
        if self._asked < 0:
            self._asked = self._send(self._acked, self._client.greeting.chunk_bytes)
            self._spare += 1
        else:
            self._sent = self._acked

    def _hear(self, wanted: int) -> None:
        # The board may have passed over what is shared behind this.
        wanted = min(wanted, len(self._data))
        if self._acked < wanted:
            self._acked = wanted
            self._sent = max(self._sent, wanted)
            self._went_back = False
            if wanted != self._asked:
                self._asked = -1
        elif wanted == self._acked and self._spare:
            self._spare -= 1
        elif wanted == self._acked and not self._went_back:
            self._sent = wanted
            self._went_back = True
