"""Fuzz what a board reads of files: Runes, signatures, keys, floors, grants, pointers, orders.

A MicroPython script: board_records.py SEED SECONDS FOLDER FILE... The files are Runes. Each reader
gets what it may meet, damaged: a file whose every byte may be another, or CBOR with other values.
Nothing but numbered errors may come of it. The sanitised firmware adds its own rules.
"""

import random
import sys
import time

from runicos import floors, grants, owner, pointer, sections, trust
from runicos.contract import cbor, signature
from runicos.contract.errors import STORE_FAILED, RuneError

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
_DEMANDS = {"RAND": {"amount": 4, "reads_per_s": 10}, "SERIAL": {"bytes_per_s": 640}}
_GRANT = {
    "demands": _DEMANDS,
    "revoked": ["SOUND"],
    "signer": _KEY["id"],
    "before": [[bytes(8), {"RAND": None}], [None, _DEMANDS]],
}
_RULE = {"effect": "allow", "kinds": ["RAND"], "rune": "sine*", "signer": _KEY["id"]}
_POLICY = {"default": "ask", "unsigned": "deny", "rules": [_RULE, {"effect": "ask"}]}
_VERSION = [4096, bytes(32), 6000, "0.1.0", {"started": True, "period_ms": 20}]
_POINTER = {
    "sequence": 7,
    "current": _VERSION,
    "previous": [8192, b"p" * 32, 6000, "0.0.9", None],
    "waiting": [0, b"w" * 32, 6000, "0.2.0", {"period_ms": 250}],
    "trial": 2,
    "reason": ["0.0.8", 64, ["sine"]],
}
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
    """Return a value of any kind; no text for bytes, nor the reverse: MicroPython warns of it."""
    choices = (None, True, -1, 1 << 40, 0.5, [], [[]], {}, {"a": 1})
    if not isinstance(instead_of, str):
        choices += (b"", b"y" * 64)
    if not isinstance(instead_of, bytes):
        choices += ("", "x" * 300)
    return random.choice(choices)


def altered(value):
    """Return another value, or a map or list in which a few values are others, or missing."""
    if isinstance(value, list):
        return [altered(item) if random.getrandbits(1) else strange(item) for item in value]
    if not isinstance(value, dict):
        return strange(value) if random.getrandbits(1) else value
    changed = dict(value)
    for key in value:
        choice = random.getrandbits(3)
        if choice == 0:
            del changed[key]
        elif choice == 1:
            changed[key] = strange(value[key])
    return changed


def read_rune():
    """Find the sections of a Rune, which may be in parts."""
    file = memoryview(mutate(random.choice(FILES)))
    cuts = sorted([random.randrange(len(file) + 1) for _ in range(2 * random.randrange(4))])
    ends = cuts + [len(file)]
    sections.read(tuple([file[at:end] for at, end in zip([0] + cuts, ends)]))


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
    counter = random.choice((None, version.security_counter))
    floors.lower(_ROOT, "sine", version.release, counter)
    floors.rise(_ROOT, "sine", version)
    floors.check(_ROOT, "sine", version)


def within(value, depth=0):
    """Return the value with others at any depth of it."""
    if depth == 3 or not random.getrandbits(3):
        return altered(value)
    if isinstance(value, list):
        kept = list(value)
        places = range(len(kept))
    else:
        kept = dict(value)
        places = list(kept)
    inner = [place for place in places if isinstance(kept[place], (list, dict)) and kept[place]]
    if not inner:
        return altered(value)
    place = random.choice(inner)
    kept[place] = within(kept[place], depth + 1)
    return kept


def write_record(name, value):
    """Write a file that is the value, another one, or no CBOR at all."""
    choice = random.getrandbits(2)
    data = cbor.dumps(value if choice == 0 else within(value))
    with open(_ROOT + "/" + name, "wb") as file:
        file.write(mutate(data) if choice == 3 else data)


def read_grants():
    """Hold a Rune against a grant and a policy from files that are none; change the grant."""
    write_record("sine.grant", _GRANT)
    write_record("policy", _POLICY)
    signer = random.choice((None, _KEY["id"], bytes(8)))
    choice = random.getrandbits(2)
    if choice == 0:
        grants.revoke(_ROOT, "sine", ["RAND"])
        held = grants.grant_of(_ROOT, "sine")
        kept = [held["demands"]] + [one[1] for one in held["before"]]
        assert "RAND" in held["revoked"] and not [one for one in kept if "RAND" in one]
    elif choice == 1:
        grants.grant(_ROOT, "sine", _DEMANDS, signer)
        held = grants.grant_of(_ROOT, "sine")
        assert held["signer"] == signer and held["demands"]["RAND"] == _DEMANDS["RAND"]
    elif choice == 2:
        grants.forget(_ROOT, "sine")
        assert not grants.grant_of(_ROOT, "sine")["demands"]
    grants.check(_ROOT, "sine", _DEMANDS, signer, bool(random.getrandbits(1)))


class Bodies:
    """Places of bodies, as a partition of 1 MiB has them."""

    def is_place(self, place, size):
        """Say whether there is a body of that size."""
        return isinstance(place, int) and isinstance(size, int) and 0 <= place + size <= 1 << 20


class Store:
    """A store, as far as a pointer concerns it."""

    root = _ROOT
    bodies = Bodies()

    def path(self, name, suffix):
        """Return where a file of a Rune is."""
        return _ROOT + "/" + name + suffix


def read_pointer():
    """Read a pointer from a file that is none; what is written of it is read again, the same."""
    write_record("sine.rune", _POINTER)
    store = Store()
    found = pointer.read(store, "sine")
    if found is None:
        raise RuneError(STORE_FAILED)
    assert found.trial >= 0 and 1 <= len(found.versions()) <= 3
    pointer.write(store, "sine", found)
    again = pointer.read(store, "sine")
    assert again is not None and again.versions() == found.versions()


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


_READERS = (
    read_rune,
    read_signature,
    read_keys,
    read_floors,
    read_grants,
    read_pointer,
    check_order,
)
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
