"""What a Rune asks for beyond its manifest: twice, late, outside the range, without end."""

import struct
from collections.abc import Iterator
from typing import Any

import pytest

from runicos.contract import errors
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, sample
from tests.device.sim_board import BoardError, Client, SimBoard

IMPORTS = """
(import "env" "request_capability" (func $capability (param i32) (result i32)))
(import "env" "request_capability_set_param"
  (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "request_output" (func $output (param i32) (result i32)))
"""
MODEL_OPEN = '(import "runic" "model_open" (func $model (param i32) (result i32)))'
RESOURCES = """
(import "env" "rune_resource_open" (func $open (param i32 i32) (result i32)))
(import "env" "rune_resource_read" (func $read (param i32 i32 i32) (result i32)))
"""
AMOUNT = '(data (i32.const 0) "amount\\00\\00\\04\\00\\00\\00")'
SET_AMOUNT = """(call $set (i32.const 1) (i32.const 0) (i32.const 6)
  (i32.const 8) (i32.const 4) (i32.const 1))"""
CAPABILITY = "(call $capability (i32.const 1))"
OUTPUT = "(call $output (i32.const 1))"
TENSOR = [{"type": "u32", "dims": [1, 4], "bytes": 16, "offset": 0}]
ASKED = {
    "tensors": TENSOR,
    "arena_bytes": 16,
    "capabilities": [{"name": "random", "kind": "RAND", "params": {"amount": 4}, "tensor": 0}],
    "outputs": [{"name": "serial", "kind": "SERIAL", "inputs": [0], "bytes": 200}],
}
IN_ORDER = (CAPABILITY, SET_AMOUNT, OUTPUT)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    folder = tmp_path_factory.mktemp("board")
    sound = sample("microspeech", "up_f3.wav")
    with SimBoard(folder / "flash", "--sound", sound, heap="512k") as board:
        yield board


def rune(
    manifest: tuple[str, ...], call: tuple[str, ...] = (), extra: str = "", **fields: Any
) -> bytes:
    drops = "".join(f"(drop {ask})" for ask in manifest)
    calls = "".join(f"(drop {ask})" for ask in call)
    text = f"""{IMPORTS} {extra} {AMOUNT}
      (func (export "_manifest") (result i32) {drops} (i32.const 1))
      (func (export "_call") (param i32 i32 i32) (result i32) {calls} (i32.const 0))"""
    return assembled("asking", text, **fields)


def outcome(client: Client, data: bytes, calls: int = 1) -> tuple[int, list[Any]] | None:
    try:
        client.upload("asking", data)
        client.request("start", name="asking", period_ms=0)
        client.request("call", name="asking", count=calls)
    except BoardError as error:
        return error.code, error.arguments
    return None


def test_what_the_manifest_says_runs(client: Client) -> None:
    assert outcome(client, rune(IN_ORDER, **ASKED)) is None
    assert outcome(client, rune(IN_ORDER, original=True)) is None


@pytest.mark.parametrize(
    ("asks", "asked", "says"),
    [
        ((CAPABILITY, SET_AMOUNT, SET_AMOUNT, OUTPUT), "amount = 4", "otherwise"),
        ((CAPABILITY, SET_AMOUNT, OUTPUT, OUTPUT), "output SERIAL", "output nothing more"),
        ((CAPABILITY, CAPABILITY), "capability RAND", "capability nothing more"),
        ((SET_AMOUNT, CAPABILITY, OUTPUT), "amount = 4", "otherwise"),
        ((CAPABILITY, OUTPUT), "nothing more", "parameter amount"),
    ],
)
def test_other_than_the_manifest_says(
    client: Client, asks: tuple[str, ...], asked: str, says: str
) -> None:
    found = outcome(client, rune(asks, **ASKED))
    assert found == (errors.MANIFEST_MISMATCH, [asked, says])


@pytest.mark.parametrize(
    ("ask", "asked", "says"),
    [
        (CAPABILITY, "capability RAND", "capability nothing more"),
        (SET_AMOUNT, "amount = 4", "otherwise"),
        (OUTPUT, "output SERIAL", "output nothing more"),
        ("(call $model (i32.const 0))", "model 0", "model nothing more"),
    ],
)
def test_nothing_more_after_manifest(client: Client, ask: str, asked: str, says: str) -> None:
    found = outcome(client, rune(IN_ORDER, (ask,), MODEL_OPEN, **ASKED))
    assert found == (errors.MANIFEST_MISMATCH, [asked, says])


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (CAPABILITY, "capability RAND"),
        (SET_AMOUNT, "parameter amount"),
        (OUTPUT, "output SERIAL"),
    ],
)
def test_nothing_more_after_manifest_of_an_original_rune(
    client: Client, ask: str, what: str
) -> None:
    found = outcome(client, rune(IN_ORDER, (ask,), original=True))
    assert found == (errors.MANIFEST_MISMATCH, [what, "nothing more"])


def test_an_original_rune_that_asks_without_end(client: Client) -> None:
    code, arguments = outcome(client, rune((CAPABILITY,) * 33, original=True))  # type: ignore[misc]
    assert (code, arguments) == (errors.MANIFEST_MISMATCH, ["capability RAND", "nothing more"])


def test_an_original_rune_cannot_open_without_end(client: Client) -> None:
    """What is open takes RAM; a name that is there is opened 16 times, no more."""
    from tests.device.test_original_runes import resource

    text = f"""{IMPORTS} {RESOURCES} (data (i32.const 0) "WORD") {EMPTY_MANIFEST}
      (global $n (mut i32) (i32.const 0))
      (func (export "_call") (param i32 i32 i32) (result i32)
        (if (i32.eq (call $open (i32.const 0) (i32.const 4)) (i32.const -1)) (then unreachable))
        (i32.const 0))"""
    data = assembled("asking", text, original=True) + resource(b"WORD", b"word")
    assert outcome(client, data, 16) is None
    code, arguments = client.error("call", name="asking")
    assert (code, arguments) == (errors.TRAP, ["[trap] unreachable executed", 17])


def test_an_original_rune_that_reads_what_is_not_open(client: Client) -> None:
    text = f"""{IMPORTS} {RESOURCES} {EMPTY_MANIFEST}
      (func (export "_call") (param i32 i32 i32) (result i32)
        (drop (call $read (i32.const 9) (i32.const 0) (i32.const 16))) (i32.const 0))"""
    code, arguments = outcome(client, assembled("asking", text, original=True))  # type: ignore[misc]
    assert code == errors.TRAP and "no resource is open" in arguments[0]


def test_parameters_outside_the_boards_range(client: Client) -> None:
    """In either ABI, by the range that the board gives its microphone."""
    lowest, highest = client.request("facts")["capabilities"]["SOUND"]["hz"]
    wrong = highest + 1
    value = "".join(f"\\{byte:02x}" for byte in struct.pack("<I", wrong))
    setting = SET_AMOUNT.replace("(i32.const 6)", "(i32.const 2)")
    text = f"""{IMPORTS} (data (i32.const 0) "hz\\00\\00\\00\\00\\00\\00{value}")
      (func (export "_manifest") (result i32)
        (drop (call $capability (i32.const 2))) (drop {setting}) (i32.const 1)) {EMPTY_CALL}"""
    found = outcome(client, assembled("asking", text, original=True))
    assert found == (errors.CAPABILITY_RANGE, ["SOUND", "hz", wrong, lowest, highest])
    sound = {"name": "microphone", "kind": "SOUND", "params": {"hz": wrong}, "tensor": 0}
    fields = {"tensors": TENSOR, "arena_bytes": 16, "capabilities": [sound]}
    found = outcome(client, assembled("asking", text, **fields))
    reason = [errors.CAPABILITY_RANGE, "SOUND", "hz", wrong, lowest, highest]
    assert found == (errors.REFUSED, [reason])
