"""Fuzz the frame decoder, CBOR and the manifest inside the firmware (a MicroPython script).

Usage: micropython board_frames.py SEED SECONDS. Feeds mutated frames, manifests and garbage in
random pieces. Ends with status 1 when a rule breaks: nothing but the documented exceptions,
bounded buffers, and the next good frame is always found. A sanitised firmware adds its own rules.
"""

import random
import sys
import time

from runicos.contract import cbor, rune_manifest, wire
from runicos.contract.errors import RuneError

_BODY_MAX = 1200
_MESSAGE_MAX = 4096
_GOOD = (wire.REQUEST, 0, 7, b"the next good frame")
_TENSOR = {"type": "i16", "dims": [1, 4], "bytes": 8, "offset": 0}
_MANIFEST = {
    "format": 1,
    "name": "fuzz",
    "release": "1",
    "abi": "0.11",
    "period_ms": 0,
    "tensors": [_TENSOR],
    "arena_bytes": 16,
    "capabilities": [{"name": "a", "kind": "SOUND", "params": {"hz": 16000}, "tensor": 0}],
    "blocks": [{"name": "b", "block": "fft", "args": {}, "inputs": [0], "outputs": [0]}],
    "models": [],
    "outputs": [{"name": "o", "kind": "SERIAL", "inputs": [0], "bytes": 64}],
    "stages": [["capability", 0], ["block", 0], ["output", 0]],
    "resources": [],
    "wasm": {"memory_bytes": 256, "stack_bytes": 512},
    "limits": {},
}
_MANIFEST_BYTES = cbor.dumps(_MANIFEST)


def random_bytes(count):
    """Return `count` random bytes."""
    return bytes([random.getrandbits(8) for _ in range(count)])


def mutate(data):
    """Return the bytes with a few flipped, cut, doubled or inserted."""
    mutant = bytearray(data)
    for _ in range(random.randint(0, 4)):
        at = random.randint(0, len(mutant))
        choice = random.getrandbits(2)
        if choice == 0 and at < len(mutant):
            mutant[at] ^= 1 << random.getrandbits(3)
        elif choice == 1:
            mutant = mutant[:at]
        elif choice == 2:
            mutant = mutant[:at] + random_bytes(random.randint(1, 9)) + mutant[at:]
        else:
            mutant = mutant[:at] + mutant[at // 2 :]
    return bytes(mutant[:4000])


def payload():
    """Return a payload: a mutated manifest as often as garbage."""
    if random.getrandbits(1):
        return mutate(_MANIFEST_BYTES)
    return random_bytes(random.randint(0, 300))


def line():
    """Return a piece of a line: a frame, a mutated frame, or garbage."""
    choice = random.getrandbits(2)
    if choice == 0:
        return random_bytes(random.randint(0, 3000))
    frame = wire.encode(
        random.randint(1, 6), random.getrandbits(1), random.getrandbits(4), payload()
    )
    return mutate(frame) if choice == 1 else frame


def check_message(message):
    """Decode a message as the service does; only the documented exceptions may come."""
    try:
        value = cbor.loads(message)
    except ValueError:
        return
    try:
        rune_manifest.parse(value)
    except RuneError:
        return


def feed(decoder, data):
    """Feed bytes in random pieces, holding the decoder to its bounds."""
    start = 0
    while start < len(data):
        step = random.randint(1, 700)
        decoder.feed(data[start : start + step])
        start += step
        assert len(decoder._buffer) <= 2 * _BODY_MAX + 2, "buffer grows"
        decoder.take_text()


def one_round(decoder, assembler):
    """Feed one line and one good frame, which must be found; return how many frames came."""
    feed(decoder, line())
    if random.getrandbits(1):
        # As the service does when a sender falls silent.
        decoder.give_up()
        assert not (decoder.in_frame or decoder.interrupted), "a frame outlives silence"
        decoder.take_text()
    feed(decoder, wire.encode(*_GOOD))
    frames = decoder.frames[:]
    decoder.frames.clear()
    assert frames and frames[-1] == _GOOD, "the good frame was lost"
    for frame in frames:
        try:
            message = assembler.add(frame)
        except ValueError:
            continue
        if message:
            check_message(message[2])
    return len(frames)


def main():
    """Run rounds for the given time; say how many."""
    seed, seconds = int(sys.argv[1]), float(sys.argv[2])
    random.seed(seed)
    decoder, assembler = wire.Decoder(_BODY_MAX), wire.Assembler(_MESSAGE_MAX)
    rounds = frames = 0
    start_ms = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start_ms) < seconds * 1000:
        frames += one_round(decoder, assembler)
        check_message(mutate(_MANIFEST_BYTES))
        rounds += 1
    print(
        "frames: seed %d, %d rounds, %d frames, %d damaged"
        % (seed, rounds, frames, decoder.damaged)
    )


main()
