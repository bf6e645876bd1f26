"""Campaigns against a board over its link: garbage frames, and Runes that fail to load."""

import random
from collections.abc import Iterator
from itertools import islice

import cbor2

from runicos.contract import wire
from tests.device.sim_board import Client, SimBoard
from tests.hostile import corpus
from tests.hostile.casting import cast_and_call, remove

# A hello after so many, which must be answered.
BATCH_FRAMES = 200
_DRAIN_FRAMES = 10
# Good requests have smaller ids: an open message of the same one would be joined to them.
_IDS_FROM = 0xC000
_VERBS = ("hello", "facts", "ps", "call", "stats", "logs", "stop", "abort", "commit", "nonsense")


def garbage_frames(chance: random.Random) -> Iterator[bytes]:
    """Yield noise, damaged frames, and whole frames whose content is none."""
    while True:
        kind = chance.randrange(4)
        if kind == 0:
            yield chance.randbytes(chance.randint(1, 200))
        elif kind == 1:
            yield _damaged(chance, _request(chance))
        elif kind == 2:
            number = chance.randint(_IDS_FROM, 0xFFFF)
            payload = chance.randbytes(chance.randint(0, 60))
            yield wire.encode(chance.randint(1, 6), chance.getrandbits(1), number, payload)
        else:
            yield _request(chance)


def _request(chance: random.Random) -> bytes:
    """Return a request that asks for nothing that there is."""
    arguments = chance.choice(
        ({"name": "nobody"}, {}, {"name": 7}, {"upload": 99}, {"x" * 50: [[[]]]}, [], None)
    )
    payload = cbor2.dumps([chance.choice(_VERBS), arguments])
    return wire.encode(wire.REQUEST, 0, chance.randint(_IDS_FROM, 0xFFFF), payload)


def _damaged(chance: random.Random, frame: bytes) -> bytes:
    damaged = bytearray(frame)
    for _ in range(chance.randint(1, 3)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged[: chance.choice((len(damaged), chance.randrange(len(damaged))))])


def send_garbage(board: SimBoard, chance: random.Random, count: int) -> None:
    """Send so many frames of garbage; the board answers the good frame after every 200."""
    with board.tcp() as client:
        _send_garbage(client, chance, count)


def _send_garbage(client: Client, chance: random.Random, count: int) -> None:
    frames = garbage_frames(chance)
    for first in range(0, count, BATCH_FRAMES):
        for at, frame in enumerate(islice(frames, min(BATCH_FRAMES, count - first))):
            client.line.write(frame)
            if at % _DRAIN_FRAMES == 0:
                client.forget()
        assert client.request("hello", timeout_s=30)["protocol"] == wire.PROTOCOL
        client.forget()


def failing_loads() -> list[corpus.Hostile]:
    """Return the hostile Runes that are refused while they are loaded."""
    return [
        one for one in corpus.read_all() if one.step == "start" and "TRAP" not in one.stopped_by
    ]


def fail_to_load(client: Client, hostile: corpus.Hostile) -> None:
    """Cast a Rune that is refused, and remove it."""
    assert cast_and_call(client, hostile).step == "start"
    remove(client, hostile.rune)
