"""Fuzz frames, CBOR, manifests and journals inside the firmware (a MicroPython script).

Usage: micropython board_frames.py SEED SECONDS. Feeds mutated frames, manifests and garbage in
random pieces, and opens journals in memory where anything may lie. Ends with status 1 when a rule
breaks: nothing but the documented exceptions, bounded buffers, the next good frame is always
found, and the next record too. A sanitised firmware adds its own rules.
"""

import binascii
import random
import sys
import time
from struct import pack, unpack_from

import journal

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


def journal_memory():
    """Return memory as a reset may leave it: garbage, heads that fit it, frames here and there."""
    size = random.randint(394, 1500)
    memory = bytearray(random_bytes(size))
    ring = size - 72
    for head in range(random.getrandbits(2)):
        fields = [0x67617331, ring] + [random.getrandbits(32) for _ in range(6)]
        fields[3] = random.randint(0, ring - 1)
        fields[4] = random.randint(0, ring)
        words = pack("<8I", *fields)
        at = 36 * (head & 1)
        memory[at : at + 36] = words + pack("<I", binascii.crc32(words))
        at = 72 + fields[3]
        for _ in range(random.randint(0, 4)):
            body = pack("<HBBIIHB", random.randint(17, 90), 2, 2, 7, 7, 7, random.getrandbits(5))
            body += random_bytes(random.randint(0, 60))
            frame = pack("<I", binascii.crc32(body)) + body
            memory[at : at + len(frame)] = frame[: max(0, size - at)]
            at = min(size, at + unpack_from("<H", body)[0])
    return memory


def journal_round():
    """Open a journal in whatever memory; what is written then must be read again."""
    memory = journal_memory()
    assert len(memory) >= 394
    ring = journal.Ring(memory)
    ring.lines(None, 0, 1000)
    ring.frames("sine", 0, 5000)
    damaged = False
    for number in range(random.randint(1, 30)):
        ring.write(2, 2, "sine", "x" * random.randint(0, 250), number)
        if not random.getrandbits(5):
            damaged = True
            memory[random.randint(0, len(memory) - 1)] ^= 1 << random.getrandbits(3)
    text = "y" * random.randint(0, 240)
    ring.write(2, 2, "last", text, 5)
    found = [line[2:5] for line in ring.lines("last", 0, 1000)[0]]
    assert damaged or found == [["last", 5, text]], "a record was lost"
    return ring.was_kept


def main():
    """Run rounds for the given time; say how many."""
    seed, seconds = int(sys.argv[1]), float(sys.argv[2])
    random.seed(seed)
    decoder, assembler = wire.Decoder(_BODY_MAX), wire.Assembler(_MESSAGE_MAX)
    rounds = frames = kept = 0
    start_ms = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start_ms) < seconds * 1000:
        frames += one_round(decoder, assembler)
        check_message(mutate(_MANIFEST_BYTES))
        kept += journal_round()
        rounds += 1
    print(
        "frames: seed %d, %d rounds, %d frames, %d damaged, %d journals kept"
        % (seed, rounds, frames, decoder.damaged, kept)
    )


main()
