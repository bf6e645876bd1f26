"""Which Runes a board takes: those that somebody it trusts signed, exactly as they were signed."""

import os
import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicos.contract import cbor, errors, signature
from tests.board import run_ok
from tests.device import runes
from tests.device.flash_files import body
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, custom, leb, stock
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.signing import KEY_ID, PUBLIC, provision, signed, trusted, unsigned

GOOD = stock("sine")
PLAIN = unsigned(GOOD)
Secret = Ed25519PrivateKey
# Bits of the model are flipped by sample, of all else every one.
MODEL_BITS = int(os.environ.get("RUNIC_MODEL_BITS", "60"))


def refused(client: Client, data: bytes, name: str = "sine") -> int:
    with pytest.raises(BoardError) as caught:
        client.upload(name, data, as_it_is=True)
    return caught.value.code


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path) as started:
        yield started


def test_the_section_is_91_bytes_at_the_end() -> None:
    assert GOOD[len(PLAIN) :] == custom("runic.signature", GOOD[-73:])
    assert len(GOOD) - len(PLAIN) == signature.SECTION_BYTES
    assert signature.read(GOOD) == (len(PLAIN), KEY_ID, GOOD[-64:])
    for short in range(signature.SECTION_BYTES):
        assert signature.read(GOOD[len(GOOD) - short :]) is None


def test_an_unsigned_rune_is_refused_and_the_old_one_runs_on(board: SimBoard) -> None:
    with board.tcp() as client:
        client.upload("sine", GOOD)
        client.request("start", name="sine", period_ms=0)
        assert refused(client, PLAIN) == errors.NOT_SIGNED
        client.request("call", name="sine")
        assert client.request("ps")[0]["sha256"] == sha256(GOOD).digest()


def test_a_stranger_and_a_forger_are_refused(board: SimBoard) -> None:
    stranger = Secret.generate()
    with board.tcp() as client:
        assert refused(client, signed(PLAIN, stranger)) == errors.UNKNOWN_KEY
        forged = PLAIN + signature.section(KEY_ID, stranger.sign(PLAIN))
        assert refused(client, forged) == errors.BAD_SIGNATURE
        assert client.request("ps") == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        # Something follows the signature.
        (GOOD + custom("more", b""), errors.NOT_SIGNED),
        (GOOD + b"\0", errors.NOT_SIGNED),
        # It is cut off, too long, of another format, or its header is written in another way.
        (GOOD[:-1], errors.NOT_SIGNED),
        (PLAIN + custom("runic.signature", GOOD[-73:] + b"\0"), errors.NOT_SIGNED),
        (PLAIN + custom("runic.signature", b"\2" + GOOD[-72:]), errors.NOT_SIGNED),
        (PLAIN + b"\0\xd9\0" + GOOD[-89:], errors.NOT_SIGNED),
        (PLAIN + custom("runic.signature", b""), errors.NOT_SIGNED),
        # There is another one, which is signed with the rest.
        (signed(GOOD + custom("more", b"")), errors.BAD_SECTION),
        (GOOD + GOOD[-91:], errors.BAD_SIGNATURE),
        (signed(PLAIN + custom("runic.signature", b"")), errors.BAD_SECTION),
        # No Rune at all.
        (signed(b""), errors.NOT_WASM),
        (signed(b"\0asm\1\0\0\0"), errors.MISSING_EXPORT),
        (b"x" * 91, errors.NOT_SIGNED),
    ],
    ids=range(13),
)
def test_a_signature_out_of_order_is_refused(board: SimBoard, data: bytes, code: int) -> None:
    with board.tcp() as client:
        assert refused(client, data) == code


FLIP = """
import sys
from runicos.contract.errors import RuneError
from runicos import trust
from runicos.sections import read
name, root, path, first, last, step = sys.argv[1:7]
data = bytearray(open(path, "rb").read())
def taken():
    try:
        allowed = trust.admitted(root, name, (memoryview(data),))
        read((memoryview(data),))
        return True
    except RuneError:
        return False
assert taken()
accepted = []
for bit in range(int(first), int(last), int(step)):
    data[bit >> 3] ^= 1 << (bit & 7)
    if taken():
        accepted.append(bit)
    data[bit >> 3] ^= 1 << (bit & 7)
print(accepted, taken())
"""


def flipped(folder: Path, first: int, last: int, step: int = 1) -> str:
    provision(folder)
    path = folder / "small.rune"
    path.write_bytes(SMALL)
    return run_ok(FLIP, "small", folder / "runes", path, first, last, step, timeout_s=100)


# As small as a Rune can be: every bit of it is flipped.
SMALL = assembled("small", EMPTY_MANIFEST + EMPTY_CALL)
BITS = 8 * len(SMALL)


@pytest.mark.parametrize("part", range(4))
def test_every_bit_of_a_rune_is_signed(tmp_path: Path, part: int) -> None:
    assert 1000 < BITS < 8000
    first, last = BITS * part // 4, BITS * (part + 1) // 4
    assert flipped(tmp_path, first, last) == "[] True\n"


def test_a_flipped_bit_of_the_sine_rune_is_refused_over_a_link(board: SimBoard) -> None:
    chance = random.Random(83)
    with board.tcp() as client:
        for bit in chance.sample(range(8 * len(GOOD)), MODEL_BITS):
            data = bytearray(GOOD)
            data[bit >> 3] ^= 1 << (bit & 7)
            refused(client, bytes(data))
        assert client.request("ps") == []


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"runes": ["sine"]}, 0),
        ({"runes": ["kws*", "s*e"]}, 0),
        ({"runes": ["kws*"]}, errors.NOT_AUTHORISED),
        ({"runes": []}, errors.NOT_AUTHORISED),
        ({"capabilities": ["RAND", "SOUND"]}, 0),
        ({"capabilities": ["SOUND"]}, errors.NOT_AUTHORISED),
        ({"runes": ["sine"], "capabilities": ["RAND"]}, 0),
    ],
)
def test_a_key_signs_within_its_limits(
    tmp_path: Path, limits: dict[str, list[str]], code: int
) -> None:
    (tmp_path / "runes").mkdir()
    (tmp_path / "runes" / "keys").write_bytes(cbor.dumps([trusted(**limits)]))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        if code:
            assert refused(client, GOOD) == code
        else:
            client.upload("sine", GOOD)


def test_an_original_rune_is_signed_by_a_key_without_limits_of_capabilities(
    tmp_path: Path,
) -> None:
    (tmp_path / "runes").mkdir()
    keys = tmp_path / "runes" / "keys"
    keys.write_bytes(cbor.dumps([trusted(capabilities=["RAND"])]))
    data = signed(assembled("x", EMPTY_MANIFEST + EMPTY_CALL, original=True))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert refused(client, data, "original") == errors.NOT_AUTHORISED
    keys.write_bytes(cbor.dumps([trusted(runes=["original"])]))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("original", data)


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        ({"default": "allow", "unsigned": "allow", "rules": []}, True),
        ({"default": "allow", "unsigned": "deny", "rules": []}, False),
        ({}, False),
        ([], False),
        (b"\xff", False),
    ],
)
def test_only_a_policy_takes_unsigned_runes(tmp_path: Path, policy: object, allowed: bool) -> None:
    (tmp_path / "runes").mkdir()
    data = policy if isinstance(policy, bytes) else cbor.dumps(policy)
    (tmp_path / "runes" / "policy").write_bytes(data)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        if allowed:
            client.upload("sine", PLAIN, as_it_is=True)
            client.upload("sine", signed(PLAIN, Secret.generate()))
        else:
            assert refused(client, PLAIN) == errors.NOT_SIGNED
        # What was changed is refused whatever the policy.
        assert refused(client, GOOD[:100] + b"\xaa" + GOOD[101:]) == errors.BAD_SIGNATURE


def test_a_rune_is_checked_at_each_boot(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", GOOD)
        client.request("start", name="sine", period_ms=0)
    file = body(tmp_path, "sine")
    for changed, code in (
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), errors.BAD_SIGNATURE),
        (PLAIN, errors.NOT_SIGNED),
        (GOOD, None),
    ):
        file.write_bytes(changed)
        with SimBoard(tmp_path) as board, board.tcp() as client:
            (row,) = client.request("ps")
            assert (row["last_error"] or [None])[0] == code
            assert row["state"] == ("failed" if code else "waiting")
            if code:
                assert client.error("start", name="sine")[0] == code


def test_a_rune_stops_when_its_key_is_trusted_no_longer(board: SimBoard) -> None:
    with board.tcp() as client, board.serial() as cable:
        client.upload("sine", GOOD)
        client.request("start", name="sine", period_ms=0)
        cable.request("distrust", key=KEY_ID)
        (row,) = client.request("ps")
        assert (row["state"], row["last_error"][0]) == ("failed", errors.UNKNOWN_KEY)
        assert client.error("start", name="sine")[0] == errors.UNKNOWN_KEY
        assert cable.request("trust", name="again", public=PUBLIC)["resumed"] == ["sine"]
        client.request("call", name="sine")


def test_a_large_rune_is_checked_in_constant_memory(tmp_path: Path) -> None:
    """Of a Rune of 300 KB no more is taken than of one of 6 KB: it is read where it lies."""
    provision(tmp_path)
    script = """
import gc, sys
import console
from runicos import trust
taken = []
for path in sys.argv[2:]:
    file = console.map(path)
    view = memoryview(file)
    gc.collect()
    before = gc.mem_alloc()
    gc.disable()
    trust.admitted(sys.argv[1], "sine", (view,))
    taken.append(gc.mem_alloc() - before)
    gc.enable()
print(*taken)
"""
    large = signed(PLAIN + custom("filling", bytes(300_000)))
    paths = []
    for name, data in (("first", GOOD), ("small", GOOD), ("large", large)):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    _, small, larger = map(int, run_ok(script, tmp_path / "runes", *paths).split())
    assert larger <= small
    assert small < 6000


def test_lengths_that_lie_are_signed_and_refused_all_the_same(board: SimBoard) -> None:
    """A section that takes the signature in is none that ends the file."""
    for size in (91, 90, 92, 2**32 - 1):
        with board.tcp() as client:
            data = signed(PLAIN + b"\0" + leb(size))
            assert refused(client, data) == errors.BAD_SECTION


def test_a_manifest_of_another_name_is_refused_though_it_is_signed(board: SimBoard) -> None:
    with board.tcp() as client:
        assert refused(client, runes.with_manifest(GOOD, name="other")) == errors.BAD_MANIFEST
