"""Feeds a simulated board's sensors: files that stay on its flash, and are read as if measured.

All files of one kind take the place of the kind's former ones in one step, at the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runicd.answers import checked
from runicd.client import Client, come_back
from runicd.errors import BoardError, LinkClosed, LinkError, LinkTimeout
from runicd.files import read_bytes
from runicd.sim.sensors import KINDS, Sources
from runicos.contract.errors import FEED_ORDER

Progress = Callable[[int, int], None]
"""Called with (bytes on the board, bytes in all), before the first byte too."""

HEALTH = "HEALTH"
_PIECE_BYTES = 2048
_FLASH_DEADLINE_S = 30.0
_RECONNECT_S = 2.0
_TRIES = 4
_NAME_MOST = 64


@dataclass(frozen=True, slots=True)
class Fed:
    """What one sensor got: how many files, and their bytes together."""

    kind: str
    files: int
    bytes: int


def _say_nothing(done_bytes: int, total_bytes: int) -> None:
    """Be the progress of those who do not look."""


def feed_sources(
    client: Client,
    sources: Sources,
    once: bool = False,  # noqa: FBT001, FBT002 - its name says what it is
    progress: Progress = _say_nothing,
) -> list[Fed]:
    """Let a board's sensors read these files from now on; return what each sensor got.

    Files are converted as for `sim up`. With `once` they end instead of starting over. Runes that
    read the sensor go on with the new files. Raises InputError for bad files, BoardError when the
    board has no simulated sensors or too little flash (with the bytes short).
    """
    with TemporaryDirectory() as folder:
        given = [(KINDS[option], path) for option, path in sources.files(Path(folder))]
        contents = [(kind, path.stem, path.suffix, read_bytes(path)) for kind, path in given]
    total = sum(len(content[3]) for content in contents)
    done = 0
    progress(0, total)

    def count(size: int) -> None:
        nonlocal done
        done += size
        progress(done, total)

    fed = []
    for kind in dict.fromkeys(content[0] for content in contents):
        files = [
            (_name(number, stem, suffix), data)
            for number, (_, stem, suffix, data) in enumerate(
                content for content in contents if content[0] == kind
            )
        ]
        fed.append(_feed_kind(client, kind, files, count, once=once))
    return fed


def feed_health(client: Client, measured: Mapping[str, float]) -> Fed:
    """Let a board measure this of itself: `temperature_c`, `battery_mv`. Raises BoardError."""
    data = json.dumps(dict(measured)).encode()
    return _feed_kind(client, HEALTH, [("health.json", data)], lambda _size: None, once=False)


def clear(client: Client, kinds: Iterable[str] = (*KINDS.values(), HEALTH)) -> None:
    """Remove what was fed to a board's sensors. Raises BoardError."""
    for kind in kinds:
        _request(client, {"kind": kind, "clear": True})


def _feed_kind(
    client: Client,
    kind: str,
    files: list[tuple[str, bytes]],
    count: Callable[[int], None],
    *,
    once: bool,
) -> Fed:
    size = sum(len(data) for _, data in files)
    _request(client, {"kind": kind, "size": size})
    for name, data in files:
        _feed_file(client, kind, name, data, count)
    _request(client, {"kind": kind, "once": once})
    return Fed(kind, len(files), size)


def _feed_file(
    client: Client, kind: str, name: str, data: bytes, count: Callable[[int], None]
) -> None:
    """Send a file piece by piece; where a piece's answer was lost, the board says where it is.

    A board that has restarted meanwhile may be further back, at what its flash held.
    """
    offset = restarts = 0
    while True:
        piece = data[offset : offset + _PIECE_BYTES]
        reached = _feed_piece(client, {"kind": kind, "file": name, "offset": offset}, piece)
        restarts += reached < offset
        if not 0 <= reached <= len(data) or restarts == _TRIES:
            raise LinkError("the board has other bytes than were sent", where=client.where)
        count(reached - offset)
        offset = reached
        if offset == len(data):
            return


def _feed_piece(client: Client, where: dict[str, Any], piece: bytes) -> int:
    """Send one piece, again if need be; return how many bytes of the file the board has."""
    for attempt in range(_TRIES):
        try:
            answer = client.request("feed", where | {"data": piece})
            return int(checked(answer, {"size": int}, "answer to `feed`", client.where)["size"])
        except BoardError as error:
            # Only after a lost answer: else it is somebody else who feeds the same file.
            if error.code != FEED_ORDER or attempt == 0 or not isinstance(error.arguments[1], int):
                raise
            return error.arguments[1]
        except LinkTimeout:
            if attempt == _TRIES - 1:
                raise
        except LinkClosed:
            if attempt == _TRIES - 1 or not come_back(client, _RECONNECT_S):
                raise
    raise AssertionError("not reached")


def _request(client: Client, arguments: dict[str, Any]) -> Any:
    return client.request("feed", arguments, deadline_s=_FLASH_DEADLINE_S)


def _name(number: int, stem: str, suffix: str) -> str:
    """Return a name that the board takes, and that keeps the files' order."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", stem)
    return f"{number:04}-{plain}"[: _NAME_MOST - len(suffix)] + re.sub(r"[^a-z0-9.]", "", suffix)
