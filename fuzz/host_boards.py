"""Fuzz what runicd makes of boards: one whose every answer may be anything (CPython).

Usage: python -m fuzz.host_boards SEED SECONDS [ROUND]. A board answers requests as a good one
does, but for values that are replaced, frames that are damaged, and events that nobody asked for.
Whatever it says, runicd ends in what it promises: a value, or an error of its own tree.
"""

from __future__ import annotations

import random
import struct
import sys
import warnings
import zlib
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

import cbor2

from fuzz._host_rounds import altered, main, mutated, strange
from runicd import call as calls
from runicd import journal, record, results
from runicd.cast import ways
from runicd.cast.chunks import HASH_BYTES
from runicd.cast.preflight import board_facts, held, preflight
from runicd.cast.shared import Model, flash, shared_bytes
from runicd.cast.start import start
from runicd.cast.upload import upload
from runicd.client import Client
from runicd.errors import LinkClosed
from runicd.runefile.build import build
from runicd.trace import chrome, trace
from runicd.types import Result, Rune
from runicd.watch import Watched
from runicos.contract import wire

_ROOT = Path(__file__).resolve().parents[1]
_ENTRY_BYTES = 2 + HASH_BYTES
_ROW: dict[str, Any] = {
    "name": "sine",
    "state": "failed",
    "period_ms": 0,
    "calls": 3,
    "failures": 1,
    "last_error": [60, ["[trap] unreachable executed", 1]],
    "ram_bytes": 9000,
    "sha256": bytes(32),
}


def _frame(number: int, kind: int, level: int, payload: bytes) -> bytes:
    """Return a frame of a journal."""
    name = b"sine"
    head = struct.pack(
        "<HBBIIHB", 19 + len(name) + len(payload), kind, level, number, 5, 1, len(name)
    )
    body = head + name + payload
    return zlib.crc32(body).to_bytes(4, "little") + body


_FRAME = _frame(2, 8, 255, bytes(20))
_STAGE = {"kind": "model", "name": "m", "calls": 1, "total_us": 2, "max_us": 2, "last_us": 2}
_ANSWERS: dict[str, Any] = {
    "hello": {
        "protocol": wire.PROTOCOL,
        "runicos": "0.1.0",
        "board": "hostile",
        "frame_max": 1024,
        "chunk_max": 100,
        "window": 400,
        "fault": "",
    },
    "facts": {
        "name": "hostile",
        "provider": "runicos:test",
        "abi": ["0.11"],
        "capabilities": {"RAND": {}, "SOUND": {"hz": [8000, 48000]}},
        "outputs": ["SERIAL"],
        "ops": ["FULLY_CONNECTED:float32"],
        "rounding": "tflm-double",
        "blocks": ["modulo"],
        "pointer_bytes": 8,
        "heap_free": 200_000,
        "flash_free": 1_000_000,
    },
    "ps": [_ROW],
    "chunks": {
        "sha256": bytes(32),
        "bytes": 300,
        "chunks": b"\x2c\x01" + bytes(_ENTRY_BYTES - 2),
        "next": 300,
    },
    "begin": {"upload": 1, "offset": 0, "shared": [[0, 4096]]},
    "flash": {"bytes": 9000, "used": 50, "free": 8000, "versions": [], "models": [bytes(32)]},
    "commit": {"sha256": bytes(32)},
    "start": {"granted": ["RAND", "SERIAL"], "self_test": "passed"},
    "call": {"calls": 1},
    "stats": {**_ROW, "stages": [_STAGE], "dropped": 0, "memory": {"ram_bytes": 9000}},
    "health": {
        "board": "hostile",
        "uptime_ms": 1000,
        "heap": {"used": 1, "free": 2},
        "runes": [{**_ROW, "last_us": 5, "mean_us": 5, "total_us": 15}],
    },
    "trace": {"name": "sine", "call_us": 9, "stages": [["model", "m", 0, 5]]},
    "logs": {"records": [[1, "info", "sine", 5, "hello", 1]], "next": 0},
    "saga": {
        "frames": _frame(1, 1, 2, b"hello") + _FRAME,
        "boot": 1,
        "oldest": 1,
        "newest": 2,
        "dropped": 0,
        "kept": True,
    },
    "subscribe": {},
    "record": {"windows": 1, "window_bytes": 64},
}
_SHAPE = b"f32[1, 2]"
_EVENTS = (
    ["out", ["sine", 3, "SERIAL", 1, b'{"type_name":"f32","elements":[0.5],"dimensions":[1]}']],
    ["out", ["sine", 3, "TENSOR", 2, len(_SHAPE).to_bytes(4, "little") + _SHAPE + bytes(8)]],
    ["log", [1, "info", "sine", 5, "hello", 1]],
    ["saga", _FRAME],
    ["state", ["sine", "running"]],
    ["record", ["RAW", 0, bytes(64)]],
)
_ERRORS = ([40, [[46, 1, 2, 3], [41, "SOUND", "RAND"]]], [60, ["text", 1]], [2, ["crc"]])
_REQUESTS_MAX = 60
_SHORT_S = 0.3


class HostileLink:
    """A link to a board that answers at once, with whatever; it hangs up when it is asked much."""

    where = "hostile"

    def __init__(self, chance: random.Random, fed: list[bytes]) -> None:
        self._chance = chance
        self._fed = fed
        self._decoder = wire.Decoder(65536)
        self._assembler = wire.Assembler(1 << 20)
        self._waiting: list[bytes] = []
        self._left = _REQUESTS_MAX

    def send(self, data: bytes) -> None:
        """Take in what runicd says, and answer it."""
        self._decoder.feed(data)
        frames, self._decoder.frames = self._decoder.frames, []
        for frame in frames:
            message = self._assembler.add(frame)
            if message is not None:
                self._answer(*message)

    def receive(self, timeout_s: float) -> bytes:
        """Return what waits, in pieces; who waits in vain for more is hung up on."""
        self._left -= 1
        if not self._waiting and timeout_s <= _SHORT_S and self._left > 0:
            return b""
        if not self._waiting or self._left < 0:
            raise LinkClosed("the board hung up", where=self.where)
        self._fed.append(self._waiting[0])
        return self._waiting.pop(0)

    def interrupt(self) -> None:
        """There is no REPL."""

    def close(self) -> None:
        """Nothing is held."""

    def _answer(self, kind: int, number: int, payload: bytes) -> None:
        chance = self._chance
        while not chance.randrange(4):
            self._say(wire.EVENT, 0, self._changed(chance.choice(_EVENTS)))
        if kind == wire.CHUNK:
            offset = int.from_bytes(payload[:4], "little") + len(payload) - 4
            self._frames(wire.ACK, number, offset.to_bytes(4, "little"))
            return
        verb = cbor2.loads(payload)[0]
        if chance.randrange(8):
            self._say(wire.RESPONSE, number, self._changed(_ANSWERS.get(verb, {}), verb))
        else:
            self._say(wire.ERROR, number, self._changed(chance.choice(_ERRORS)))

    def _changed(self, value: object, verb: str = "") -> object:
        # Hardly anything comes after a hello that is none.
        rarely = 30 if verb == "hello" else 2
        return value if self._chance.randrange(rarely) else altered(self._chance, value)

    def _say(self, kind: int, number: int, value: object) -> None:
        payload = cbor2.dumps(value)
        if not self._chance.randrange(20):
            payload = mutated(self._chance, payload)
        self._frames(kind, number, payload)

    def _frames(self, kind: int, number: int, payload: bytes) -> None:
        data = b"".join(wire.encode_message(kind, number, payload, 1024))
        if not self._chance.randrange(20):
            data = mutated(self._chance, data)
        self._waiting.append(data)


@cache
def _rune() -> Rune:
    return build(_ROOT / "runes" / "sine")


def _look(client: Client, chance: random.Random) -> None:
    calls.ps(client)
    calls.stats(client, "sine")
    list(calls.logs(client, chance.choice((None, "sine"))))


def _cast(client: Client, chance: random.Random) -> None:
    facts = board_facts(client)
    preflight(_rune(), facts, held(client, _rune()))
    data = _rune().data[: chance.randint(0, 900)] + bytes(chance.choice((0, 5000)))
    models = chance.choice(([], [Model(0, 4096, bytes(32))]))
    shared_bytes(models, flash(client))
    plan = ways.planned(client, "sine", data, ways.Files())
    upload(client, "sine", data, plan, lambda _done, _all: None, None, models)
    start(client, "sine", 0)


def _call(client: Client, chance: random.Random) -> None:
    calls.subscribe(client, ["out"], "sine")
    for result in calls.call(client, "sine", outputs=chance.randint(0, 2)):
        results.line(result)
        results.call_object([result])


def _follow(client: Client, chance: random.Random) -> None:
    # What comes with the answers is kept until it is asked for.
    client.request("subscribe", {"topics": ["out", "log"]})
    client.request("ps")
    for item in calls.results(client, name=chance.choice((None, "sine")), timeout_s=0.01):
        if isinstance(item, Result):
            results.line(item)


def _journal(client: Client, chance: random.Random) -> None:
    name = chance.choice((None, "sine"))
    for item in (*journal.listed(client, name), *islice(journal.follow(client, name, 0.0), 20)):
        if isinstance(item, journal.Frame):
            journal.record_of(item)


def _frames(client: Client, chance: random.Random) -> None:
    # What is damaged on the way has no CRC that fits: here are frames that do.
    payload = chance.randbytes(chance.choice((20, chance.randrange(300))))
    kind, level = chance.choice((8, chance.randrange(256))), chance.randrange(256)
    data = _frame(chance.getrandbits(32), kind, level, payload)
    for frame in journal.read_frames(data + chance.choice((b"", data, mutated(chance, data)))):
        journal.record_of(frame)


def _record(client: Client, chance: random.Random) -> None:
    wanted = record.Plan("RAW", {"length": 64}, 64, 1, 64)
    record.files(wanted, record.record(client, wanted), Path("heard.raw"))


def _watch(client: Client, chance: random.Random) -> None:
    watched = Watched("hostile", lambda: HostileLink(chance, []))
    for _ in range(4):
        watched.look()
        watched.told()
    chrome(trace(client, "sine"))


def _anything(client: Client, chance: random.Random) -> None:
    client.request(chance.choice(list(_ANSWERS)), {"value": repr(strange(chance))})


_TALKS = (
    _look,
    _cast,
    _call,
    _follow,
    _journal,
    _frames,
    _record,
    _watch,
    _anything,
)


def one_round(chance: random.Random, fed: list[bytes]) -> str:
    """Hold one conversation; return what it was about."""
    warnings.simplefilter("ignore")
    client = Client(partial(HostileLink, chance, fed), hello_s=0.05)
    talk = chance.choice(_TALKS)
    talk(client, chance)
    return talk.__name__[1:]


if __name__ == "__main__":
    sys.exit(main("host_boards", one_round))
