"""What the store says to files that are not what it wrote (a MicroPython script)."""

from machine import BLOCK_BYTES, ROOT, Machine, content, folder
from models import Runes, models_in, with_model

from runicos.contract import cbor
from runicos.contract.errors import STORE_FAILED, RuneError
from runicos.pending import pending
from runicos.pointer import names
from runicos.sharing import find

BLOCKS = 8
DIGEST = bytes(32)


def version(place, size, digest=DIGEST, release="", decision=None, shared=()):
    return [place, digest, size, release, decision, list(shared)]


def pointer(current, previous=None, sequence=1, trial=0, reason=None):
    fields = {"sequence": sequence, "current": current, "previous": previous}
    fields["trial"], fields["reason"] = trial, reason
    return cbor.dumps(fields)


GOOD = version(0, 100)
RECORDS = (
    b"",
    b"\xff\xff",
    cbor.dumps(7),
    cbor.dumps([0, 100, DIGEST]),
    cbor.dumps({}),
    cbor.dumps({"current": GOOD}),
    pointer(None),
    pointer(GOOD[:4]),
    pointer(GOOD + [1]),
    pointer(version(1, 100)),
    pointer(version(-BLOCK_BYTES, 100)),
    pointer(version(BLOCK_BYTES * BLOCKS, 1)),
    pointer(version(0, BLOCK_BYTES * BLOCKS + 1)),
    pointer(version(0, -1)),
    pointer(version(1 << 40, 1 << 40)),
    pointer(version("0", 100)),
    pointer(version(0, 100, "digest")),
    pointer(version(0, 100, DIGEST, 7)),
    pointer(version(0, 100, DIGEST, "", 7)),
    pointer(version(0, 100)[:5] + [7]),
    pointer(version(0, 100, shared=[7])),
    pointer(version(0, 100, shared=[[0, 16, 0]])),
    pointer(version(0, 100, shared=[[0, 16, "0", 0]])),
    pointer(version(0, 100, shared=[[0, 16, -16, 0]])),
    pointer(version(0, 100, shared=[[0, 16, BLOCK_BYTES * BLOCKS - 15, 0]])),
    pointer(version(0, 100, shared=[[0, 16, 0, 1]])),
    pointer(version(0, 100, shared=[[8, 16, 0, 0]])),
    pointer(version(0, 100, shared=[[0, 0, 0, 0]])),
    pointer(version(0, 100, shared=[[0, 101, 0, 0]])),
    pointer(version(0, 100, shared=[[96, 5, 0, 0]])),
    pointer(version(0, 100, shared=[[112, 1, 0, 0]])),
    pointer(version(0, 100, shared=[[16, 32, 0, 0], [32, 16, 0, 0]])),
    pointer(version(0, 100, shared=[[at, 16, 0, 0] for at in range(0, 80, 16)])),
    pointer(GOOD, version(1, 100)),
    pointer(GOOD, 7),
    pointer(GOOD, None, "1"),
    pointer(GOOD, None, 1, None),
    pointer(GOOD, None, 1, -1),
    pointer(GOOD, None, 1, 0, 7),
    pointer(GOOD, None, 1, 0, [1]),
    b"\0asm" * 1000,
)
PROGRESS = (b"", b"x", b"-3", b"9" * 30, b"3", b"1.5", b"\xff\xff")
WANTS = (
    b"",
    b"\xff",
    cbor.dumps(1),
    cbor.dumps(["a", 5000, DIGEST]),
    cbor.dumps([1, 2, 3, 4]),
    cbor.dumps([1, 2, 3, 4, 5]),
    cbor.dumps(["a", 5000, DIGEST, 0, [[8, 4096, 0, 0]]]),
)


def write(name, data):
    with open(ROOT + "/" + name, "wb") as file:
        file.write(data)


def records():
    """A damaged record fails alone; others and the space are used as if it were not there."""
    machine = Machine(BLOCKS, 16)
    for data in RECORDS:
        write("a.rune", data)
        machine.boot()
        assert names(machine.store) == ["a"]
        assert machine.store.free_bytes() == BLOCKS * BLOCK_BYTES, data
        try:
            machine.store.open("a")
            raise AssertionError(data)
        except RuneError as error:
            assert error.code == STORE_FAILED
    machine.upload("a", content(1, 5000))
    assert machine.contents() == {"a": content(1, 5000)}


def overlapping_records():
    """Space that any record names is not given away."""
    machine = Machine(BLOCKS, 16)
    write("a.rune", pointer(version(0, 3 * BLOCK_BYTES)))
    write("b.rune", pointer(version(BLOCK_BYTES, 1)))
    assert machine.store.free_bytes() == (BLOCKS - 3) * BLOCK_BYTES
    machine.upload("c", content(1, 5 * BLOCK_BYTES))
    assert machine.store.free_bytes() == 0
    assert bytes(machine.store.open("c").parts[0]) == content(1, 5 * BLOCK_BYTES)


def progress():
    """An upload whose progress makes no sense begins anew, and ends well."""
    data = content(2, 2 * BLOCK_BYTES + 5)
    for text in PROGRESS:
        machine = Machine(BLOCKS, 16)
        machine.upload("a", data, 100)
        machine.boot()
        write("upload.part", text)
        assert machine.upload("a", data) == 0, text
        assert machine.contents() == {"a": data}


def wants():
    """Without knowing what they are to be, bytes are of no use."""
    data = content(3, 2 * BLOCK_BYTES)
    for want in WANTS:
        machine = Machine(BLOCKS, 16)
        machine.upload("a", data, BLOCK_BYTES + 1)
        write("upload.want", want)
        machine.boot()
        assert machine.upload("a", data) == 0, want
        assert machine.contents() == {"a": data}
        assert folder() == ["a.rune"]


def other_places():
    """A place that cannot be is not written to."""
    data = content(4, 5000)
    for place in (1, -BLOCK_BYTES, BLOCKS * BLOCK_BYTES, "0", None, 7 * BLOCK_BYTES, 1 << 40):
        machine = Machine(BLOCKS, 16)
        machine.upload("a", data, BLOCK_BYTES + 1)
        want = pending(machine.store).file
        machine.boot()
        write("upload.want", cbor.dumps(want + [place, []]))
        machine.upload("a", data)
        assert machine.contents() == {"a": data}


def rotten_models():
    """A model that flash has not kept is not shared."""
    machine = Machine(BLOCKS, 16)
    first, second = with_model(content(1, 900), 0, 320), with_model(content(2, 900), 0, 640)
    machine.upload("a", first)
    runes = Runes(machine.store)
    (entry,) = find(runes, len(second), models_in(second))
    machine.bodies.memory[entry[2] + 100] ^= 0x10
    assert find(runes, len(second), models_in(second)) == []


for case in (rotten_models, records, overlapping_records, progress, wants, other_places):
    case()
    print(case.__name__)
