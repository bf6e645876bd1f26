"""A peer for the memory link: it speaks contract/wire.py, and can be told to misbehave."""

from collections.abc import Callable
from typing import Any

import cbor2

from runicos.contract import wire

HELLO = {
    "protocol": 1,
    "runicos": "0.1.0",
    "board": "peer",
    "frame_max": 1024,
    "chunk_max": 100,
    "window": 400,
}
FACTS = {
    "name": "peer",
    "provider": "runicos:test",
    "abi": ["0.11"],
    "capabilities": {"RAND": {}},
    "outputs": ["SERIAL"],
    "ops": [],
    "rounding": "tflm-double",
    "blocks": [],
    "heap_free": 200_000,
    "flash_free": 1_000_000,
}


class Peer:
    """Answers requests from `answers` (verb → value, or a function of the arguments).

    `mangle` sees every chunk's (number, frame) and says whether it arrives. `events` are sent
    before the answer to a verb, `number` is the id of the request that came last.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"hello": HELLO, "facts": FACTS, "ps": []}
        self.answers["policy_show"] = {
            "policy": {"default": "allow", "rules": []},
            "grant": {"demands": {}, "revoked": []},
        }
        self.events: dict[str, list[list[Any]]] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.received = bytearray()
        self.number = 0
        self.chunks = 0
        self.chunk_arrives: Callable[[int], bool] = lambda _: True
        self.ack_arrives: Callable[[int], bool] = lambda _: True
        self._decoder = wire.Decoder(8192)
        self._assembler = wire.Assembler(65536)

    def __call__(self, data: bytes) -> bytes:
        self._decoder.feed(data)
        frames, self._decoder.frames = self._decoder.frames, []
        return b"".join(self._frame(frame) for frame in frames)

    def _frame(self, frame: tuple[int, int, int, bytes]) -> bytes:
        if frame[0] == wire.CHUNK:
            return self._chunk(frame[2], frame[3])
        message = self._assembler.add(frame)
        return self._request(*message[1:]) if message else b""

    def _chunk(self, upload: int, payload: bytes) -> bytes:
        self.chunks += 1
        if not self.chunk_arrives(self.chunks):
            return b""
        offset = int.from_bytes(payload[:4], "little")
        if offset == len(self.received):
            self.received += payload[4:]
        if not self.ack_arrives(self.chunks):
            return b""
        return wire.encode(wire.ACK, 0, upload, len(self.received).to_bytes(4, "little"))

    def _request(self, number: int, payload: bytes) -> bytes:
        verb, arguments = cbor2.loads(payload)
        self.number = number
        self.requests.append((verb, arguments))
        sent = b"".join(event(*entry) for entry in self.events.get(verb, []))
        answer = self.answers.get(verb, {})
        if callable(answer):
            answer = answer(arguments)
        if isinstance(answer, bytes):
            return sent + answer
        if isinstance(answer, Failure):
            return sent + error(number, answer.code, *answer.arguments)
        return sent + response(number, answer)


class Failure:
    """An answer that is an error."""

    def __init__(self, code: int, *arguments: Any) -> None:
        self.code = code
        self.arguments = arguments


def response(number: int, value: Any) -> bytes:
    return b"".join(wire.encode_message(wire.RESPONSE, number, cbor2.dumps(value), 1024))


def error(number: int, code: int, *arguments: Any) -> bytes:
    return wire.encode(wire.ERROR, 0, number, cbor2.dumps([code, list(arguments)]))


def event(topic: str, value: Any) -> bytes:
    return wire.encode(wire.EVENT, 0, 0, cbor2.dumps([topic, value]))
