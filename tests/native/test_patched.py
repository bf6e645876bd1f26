"""`chunks.patched` makes what detools made a patch for, and refuses what is damaged."""

import json
import random
from pathlib import Path

import pytest

from runicd.cast.patches import patch
from tests.board import run_ok, run_script

MAKE = """
import chunks, json, sys
results = []
with open(sys.argv[1]) as file:
    cases = json.load(file)
for old, patch in cases:
    old, patch = bytes.fromhex(old), bytes.fromhex(patch)
    piece = bytearray(100)
    try:
        made, total = b"", 1
        while len(made) < total:
            total = chunks.patched(memoryview(patch), old, len(made), piece)
            made += bytes(piece[: min(100, total - len(made))])
        results.append(made.hex())
    except ValueError as error:
        results.append(str(error))
print(json.dumps(results))
"""
DAMAGED = "the patch is damaged"


def made(folder: Path, cases: list[tuple[bytes, bytes]]) -> list[str]:
    path = folder / "cases.json"
    path.write_text(json.dumps([[old.hex(), changes.hex()] for old, changes in cases]))
    found = json.loads(run_ok(MAKE, path, heap="4m"))
    assert isinstance(found, list)
    return found


def edited(chance: random.Random, old: bytes) -> bytes:
    """Some of the old file, in another order, with bytes changed, added and repeated."""
    parts = []
    for _ in range(chance.randint(1, 5)):
        start = chance.randrange(len(old) + 1)
        part = bytearray(old[start : start + chance.randrange(400)])
        for _ in range(chance.randrange(4)):
            if part:
                part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
        parts += [bytes(part), chance.randbytes(chance.randrange(40)), bytes(chance.randrange(99))]
    return b"".join(parts) or b"x"


def patch_of(old: bytes, new: bytes) -> bytes:
    found = patch(old, new)
    assert found is not None
    return found


def test_what_detools_makes_is_understood(tmp_path: Path) -> None:
    chance = random.Random(3)
    pairs = [(b"", b"new"), (b"old", b"x"), (bytes(300), bytes(70)), (b"a" * 999, b"a" * 65536)]
    for _ in range(300):
        old = chance.randbytes(chance.randrange(1, 900)) + bytes(chance.randrange(60))
        pairs.append((old, edited(chance, old)))
    found = made(tmp_path, [(old, patch_of(old, new)) for old, new in pairs])
    assert found == [new.hex() for _, new in pairs]


def test_a_patch_that_is_cut_off_or_goes_on_is_damaged(tmp_path: Path) -> None:
    old = random.Random(4).randbytes(600)
    good = patch_of(old, old[200:] + b"something new" + old[:300])
    cases = [(old, good[:length]) for length in range(len(good))] + [(old, good + b"\0")]
    assert made(tmp_path, cases) == [DAMAGED] * len(cases)


def test_a_patch_that_is_changed_anywhere_does_no_harm(tmp_path: Path) -> None:
    """It is damaged, or makes something else of no more than 64 KiB: the upload's hash tells."""
    old = random.Random(5).randbytes(600)
    good = patch_of(old, old[200:] + b"something new" + old[:300])
    cases = [
        (old, good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :])
        for at in range(len(good))
        for bit in range(8)
    ]
    found = made(tmp_path, cases)
    assert found.count(DAMAGED) > len(cases) // 8
    assert max(len(one) for one in found) <= 2 * 65536


@pytest.mark.parametrize(
    "data",
    [
        "12 05 00 01 00",  # in place
        "00 05 00 01 00",  # not compressed
        "02 45 00 01 00",  # makes less than nothing
        "02 00",  # makes nothing
        "02 81 80 08 01 ff ff 03 00",  # makes more than 64 KiB
        "02 05 00 01 01",  # in a data format
        "02 05 02 01 00",  # no kind of run
        "02 05 01 ff ff ff ff 07 00",  # zeros for ever: it never makes anything
        "02 05 01 ff ff ff ff ff ff 07 00",  # a length of more than 31 bits
        "02 05 00 03 00 05 00",  # differences to more than the old file has
        "02 05 00 08 00 00 00 7f 05 00 00 00",  # before the old file's beginning
    ],
)
def test_a_patch_that_is_none_is_damaged(tmp_path: Path, data: str) -> None:
    assert made(tmp_path, [(b"old", bytes.fromhex(data))]) == [DAMAGED]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("b'', b'', 0, bytearray(9)", "ValueError: the patch is damaged"),
        ("b'', b'', -1, bytearray(9)", "ValueError: the offset is negative"),
        ("b'', b'', 0, b'fixed'", "TypeError: "),
        ("1, b'', 0, bytearray(9)", "TypeError: "),
        ("b'', b'', 0", "TypeError: "),
    ],
)
def test_bad_arguments_are_refused(arguments: str, error: str) -> None:
    assert error in run_script(f"import chunks; chunks.patched({arguments})").errors


IN_PARTS = """
import chunks, sys
patch, old = [open(path, "rb").read() for path in sys.argv[1:3]]
made = []
sevenths = tuple(range(0, len(old), len(old) // 7))[:8]
for cuts in ((), (0,), (1,), (len(old) // 3, len(old) // 2), sevenths):
    parts = tuple([memoryview(old)[at:end] for at, end in zip((0,) + cuts, cuts + (len(old),))])
    piece = bytearray(60_000)
    size = chunks.patched(patch, parts, 0, piece)
    made.append(bytes(piece[:size]))
assert made == made[:1] * len(made)
open(sys.argv[3], "wb").write(made[0])
"""


def test_a_patch_of_a_file_in_parts_makes_the_same(tmp_path: Path) -> None:
    old = random.Random(5).randbytes(9_000)
    new = old[:2_000] + b"new" + old[2_500:6_000] + old[:1_500]
    (tmp_path / "patch").write_bytes(patch_of(old, new))
    (tmp_path / "old").write_bytes(old)
    run_ok(IN_PARTS, *[tmp_path / name for name in ("patch", "old", "made")])
    assert (tmp_path / "made").read_bytes() == new
