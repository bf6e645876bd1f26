"""Fuzz what a board reads of files: Runes, signatures, keys, floors, orders, in MicroPython.

Usage: micropython board_records.py SEED SECONDS FOLDER FILE... The files are Runes. Each reader
gets what it may meet, damaged: a file whose every byte may be another, or CBOR with other values.
Nothing but numbered errors may come of it. The sanitised firmware adds its own rules.
"""

import random
import sys
import time

from runicos import floors, owner, sections, trust
from runicos.contract import cbor, signature
from runicos.contract.errors import RuneError

_ROOT = sys.argv[3]
_PUBLIC = bytes(range(32))
_KEY = {
    "id": signature.key_id(_PUBLIC),
    "public": _PUBLIC,
    "name": "mine",
    "comment": "",
    "runes": ["sine*"],
    "capabilities": None,
}
_RELEASES = ("", "nightly", "0.1.0", "1.0.0-rc.1", "1.0.0+7", "1.2", "9" * 64, "1." * 40)
_ORDER = {"key": _KEY["id"], "nonce": bytes(16), "signature": bytes(64)}

counts = {}


def count(what):
    """Count how a round ended."""
    counts[what] = counts.get(what, 0) + 1


def read_file(path):
    """Return a file's content."""
    with open(path, "rb") as file:
        return file.read()


def mutate(data):
    """Return the bytes with a few flipped, cut out or put in."""
    mutant = bytearray(data)
    for _ in range(random.randint(0, 4)):
        at = random.randint(0, len(mutant))
        choice = random.getrandbits(2)
        if choice < 2 and at < len(mutant):
            mutant[at] ^= 1 << random.getrandbits(3)
        elif choice == 2:
            mutant = mutant[:at] + mutant[at + random.choice((1, 3, 100, 1000)) :]
        else:
            mutant = mutant[:at] + bytes([random.getrandbits(8)] * 3) + mutant[at:]
    return bytes(mutant)


def strange(instead_of):
    """Return a value of any kind; no text for bytes: MicroPython warns of comparing them."""
    choices = (None, True, -1, 1 << 40, 0.5, b"", b"y" * 64, [], [[]], {}, {"a": 1})
    return random.choice(choices if isinstance(instead_of, bytes) else choices + ("", "x" * 300))


def altered(value):
    """Return a map or list in which a few values are others, or missing."""
    if isinstance(value, list):
        return [altered(item) if random.getrandbits(1) else strange(item) for item in value]
    changed = dict(value)
    for key in value:
        choice = random.getrandbits(3)
        if choice == 0:
            del changed[key]
        elif choice == 1:
            changed[key] = strange(value[key])
    return changed


def read_rune():
    """Find the sections of a Rune."""
    sections.read(mutate(random.choice(FILES)))


def read_signature():
    """Read a signature at the end of a file."""
    whole = random.choice(FILES)[:200] + signature.section(_KEY["id"], bytes(64))
    found = signature.read(mutate(whole))
    assert found is None or found[0] >= 0


def read_keys():
    """Read the keys that a board trusts, from a file that is none."""
    data = cbor.dumps(altered([_KEY] * random.randint(0, 3)))
    with open(_ROOT + "/keys", "wb") as file:
        file.write(mutate(data) if random.getrandbits(1) else data)
    for key in trust.keys(_ROOT):
        trust.is_owner(key)
        trust.add(_ROOT, key)
    trust.remove(_ROOT, _KEY["id"])


class Version:
    """What floors know of a manifest."""

    def __init__(self):
        self.release = random.choice(_RELEASES)
        self.security_counter = random.choice((0, 1, 7))


def read_floors():
    """Hold a version against a floor from a file that is none; what is written is read again."""
    floor = [random.choice(_RELEASES), random.choice((0, 1, 7))]
    if random.getrandbits(1):
        floor[random.getrandbits(1)] = strange(0)
    data = cbor.dumps(floor)
    with open(_ROOT + "/sine.floor", "wb") as file:
        file.write(mutate(data) if random.getrandbits(1) else data)
    version = Version()
    floors.lower(_ROOT, "sine", version.release)
    floors.rise(_ROOT, "sine", version)
    floors.check(_ROOT, "sine", version)


class Board:
    """A board, as far as an order concerns it."""

    flash_root = _ROOT


class System:
    """A system, as far as an order concerns it."""

    board = Board()


class Link:
    """A link over a network, on which a challenge was given out."""

    has_repl = False
    nonce = bytes(16)


def check_order():
    """Check an order that nobody gave."""
    with open(_ROOT + "/keys", "wb") as file:
        file.write(cbor.dumps([dict(_KEY, runes=None)]))
    given = {"name": "sine", "order": altered(_ORDER)}
    owner.check(System(), Link(), "forget", given)
    raise AssertionError("an order without a signature was taken")


_READERS = (read_rune, read_signature, read_keys, read_floors, check_order)
FILES = [read_file(path) for path in sys.argv[4:]]


def main():
    """Run rounds for the given time; say how they ended."""
    random.seed(int(sys.argv[1]))
    start_ms = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start_ms) < float(sys.argv[2]) * 1000:
        reader = random.choice(_READERS)
        try:
            reader()
            count(reader.__name__ + " well")
        except RuneError as error:
            count("%s %d" % (reader.__name__, error.code))
    print("records: seed %s, %s" % (sys.argv[1], sorted(counts.items())))


main()
