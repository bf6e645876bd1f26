"""Runes that are broken or want too much are refused with a code and numbers; no board dies."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest

from runicos.contract import errors
from tests.board import run_ok
from tests.device import runes
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, custom, stock
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_runes import SENSORS
from tests.signing import unsigned

GOOD = stock("sine")
FIELDS = runes.manifest_of(GOOD)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    with SimBoard(tmp_path_factory.mktemp("flash")) as board:
        yield board


def refused(client: Client, name: str, data: bytes) -> tuple[int, list[Any]]:
    """Where a Rune is refused: at commit, at start, or at its first call."""
    try:
        client.upload(name, data)
        client.request("start", name=name, period_ms=0)
        client.request("call", name=name)
    except BoardError as error:
        return error.code, error.arguments
    raise AssertionError("it runs")


def test_truncated_at_every_length_no_file_is_a_rune_with_a_manifest(tmp_path: Path) -> None:
    path = tmp_path / "rune"
    path.write_bytes(GOOD)
    script = """
import console, sys
from runicos import sections
from runicos.contract.errors import RuneError
whole = memoryview(console.map(sys.argv[1]))
codes = {}
for length in range(len(whole)):
    try:
        found = sections.read((whole[:length],))
        code = "original" if found.manifest is None else "own"
    except RuneError as error:
        code = error.code
    codes[code] = codes.get(code, 0) + 1
print(sorted(codes.items(), key=str))
"""
    counted = dict(eval(run_ok(script, path)))
    # Cut between two sections it may be a module without a manifest, or lack a trailing section.
    assert counted.pop("original", 0) + counted.pop("own", 0) < 12
    allowed = {
        errors.NOT_WASM,
        errors.BAD_SECTION,
        errors.MISSING_EXPORT,
        errors.BAD_MANIFEST,
        errors.HASH_MISMATCH,
    }
    assert set(counted) <= allowed
    assert counted[errors.BAD_SECTION] > 3000


def test_truncated_files_are_refused_over_the_link(client: Client) -> None:
    for length in range(0, len(GOOD), 211):
        code, arguments = refused(client, "sine", GOOD[:length])
        assert code in (errors.NOT_WASM, errors.BAD_SECTION, errors.MISSING_EXPORT), length
        assert arguments, length


@pytest.mark.parametrize(
    ("tail", "code"),
    [
        (b"\0\xff\xff\xff\xff\x0f", errors.BAD_SECTION),
        (b"\0\xff\xff\xff\xff\xff\x0f", errors.BAD_SECTION),
        (b"\0\x05\x50abcd", errors.BAD_SECTION),
        (b"\0\x02\x01\xff", errors.BAD_SECTION),
        (b"\0", errors.BAD_SECTION),
        (b"\x40\x00", errors.BAD_SECTION),
        (custom("runic.model", b""), errors.BAD_SECTION),
        (custom("runic.model", b"\xff"), errors.BAD_SECTION),
        (custom("runic.manifest", cbor2.dumps(FIELDS)), errors.BAD_SECTION),
        (custom("runic.tomorrow", b""), errors.NEWER_FORMAT),
        (custom(".rune_resource", b"\0\0\0\x09abc"), errors.BAD_SECTION),
        (custom(".rune_resource", b"\0\0\0\x01a\xff\xff\xff\xff"), errors.BAD_SECTION),
        (custom(".rune_resource", b"\0\0\0\x01\xff\0\0\0\0"), errors.BAD_SECTION),
    ],
)
def test_sections_that_lie_are_refused(client: Client, tail: bytes, code: int) -> None:
    found, arguments = refused(client, "sine", unsigned(GOOD) + tail)
    assert (found, bool(arguments)) == (code, True)


def changed_model(**changes: Any) -> dict[str, Any]:
    return {"models": [FIELDS["models"][0] | changes]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"format": 2}, errors.NEWER_FORMAT),
        ({"novelty": 1}, errors.NEWER_FORMAT),
        ({"rounding": "nearest"}, errors.BAD_MANIFEST),
        ({"stages": [["model", 5]]}, errors.BAD_MANIFEST),
        ({"tensors": []}, errors.BAD_MANIFEST),
        (changed_model(section=1), errors.BAD_MANIFEST),
        (changed_model(sha256=bytes(32)), errors.HASH_MISMATCH),
        (changed_model(outputs=[0]), errors.MODEL_REFUSED),
        ({"capabilities": []}, errors.BAD_MANIFEST),
        ({"outputs": []}, errors.BAD_MANIFEST),
        ({"arena_bytes": 10_000_000}, errors.REFUSED),
        ({"wasm": {"memory_bytes": 4, "stack_bytes": 2048}}, errors.WASM_REFUSED),
        ({"wasm": {"memory_bytes": 256, "stack_bytes": 0}}, errors.WASM_REFUSED),
    ],
)
def test_manifests_that_lie_are_refused(
    client: Client, changes: dict[str, Any], code: int
) -> None:
    found, arguments = refused(client, "sine", runes.with_manifest(GOOD, **changes))
    assert (found, bool(arguments)) == (code, True)


STATEFUL = runes.stock("microspeech")
KEPT = runes.manifest_of(STATEFUL)["blocks"][0]["state_bytes"]


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"arena_bytes": 112}, "an arena of 128 bytes of model sine"),
        ({"arena_bytes": 0}, "an arena of 128 bytes of model sine"),
        ({"table_bytes": 927}, "tables of 928 bytes of model sine"),
    ],
)
def test_a_model_that_takes_more_than_its_manifest_says_is_refused_by_name(
    client: Client, changed: dict[str, Any], part: str
) -> None:
    """Admission counts what the manifest says, so that nothing may take more."""
    lying = runes.with_manifest(GOOD, **changed_model(**changed))
    code, arguments = refused(client, "sine", lying)
    (declared,) = changed.values()
    assert (code, arguments) == (errors.MANIFEST_MISMATCH, [part, str(declared)])
    row = next(row for row in client.request("ps") if row["name"] == "sine")
    assert (row["state"], row["ram_bytes"]) == ("failed", 0)


def test_a_block_that_keeps_more_than_its_manifest_says_is_refused_by_name(
    tmp_path: Path,
) -> None:
    blocks = runes.manifest_of(STATEFUL)["blocks"]
    less = [blocks[0] | {"state_bytes": KEPT - 1}, *blocks[1:]]
    with SimBoard(tmp_path, *SENSORS) as board, board.tcp() as other:
        found = refused(other, "microspeech", runes.with_manifest(STATEFUL, blocks=less))
        part = f"a state of {KEPT} bytes of block {blocks[0]['name']}"
        assert found == (errors.MANIFEST_MISMATCH, [part, str(KEPT - 1)])


def test_a_rounding_that_the_firmware_lacks(client: Client) -> None:
    assert client.request("facts")["rounding"] == "tflm-double"
    single = runes.with_manifest(runes.stock("sine_int8"), rounding="tflm-single")
    code, reasons = refused(client, "sine_int8", single)
    assert code == errors.REFUSED
    assert reasons == [
        [errors.NO_CAPABILITY, "RAW", "RAND"],
        [errors.NO_ROUNDING, "tflm-single", "tflm-double"],
    ]


def test_an_arena_that_does_not_fit_says_how_many_bytes_are_missing(client: Client) -> None:
    free = client.request("facts")["heap_free"]
    code, reasons = refused(client, "sine", runes.with_manifest(GOOD, arena_bytes=free))
    assert code == errors.REFUSED
    ((reason, short, needed, available),) = reasons
    assert reason == errors.RAM_SHORT
    assert short == needed - available
    assert needed > free >= available > 0


def test_memory_that_is_there_in_sum_but_not_in_one_piece_is_short(client: Client) -> None:
    """Admission counts bytes; the heap may still be in pieces."""
    free = client.request("facts")["heap_free"]
    code, reasons = refused(client, "sine", runes.with_manifest(GOOD, arena_bytes=free - 24_000))
    assert code == errors.REFUSED
    assert reasons[0][0] == errors.RAM_SHORT
    assert reasons[0][1] > 0
    assert client.request("facts")["heap_free"] > free - 8000


def test_a_capability_that_the_board_lacks(client: Client) -> None:
    code, reasons = refused(client, "microspeech", stock("microspeech"))
    assert (code, reasons) == (errors.REFUSED, [[errors.NO_CAPABILITY, "SOUND", "RAND"]])


MANIFEST_ASKING = """
(import "env" "request_capability" (func $capability (param i32) (result i32)))
(import "env" "request_output" (func $output (param i32) (result i32)))
(func (export "_manifest") (result i32) {asks} (i32.const 1))
"""
RAND_TENSOR = [{"type": "u8", "dims": [4], "bytes": 4, "offset": 0}]
RAND = {"name": "random", "kind": "RAND", "params": {}, "tensor": 0}
SERIAL = {"name": "serial", "kind": "SERIAL", "inputs": [0], "bytes": 200}
ONE_OF_EACH: dict[str, Any] = {
    "tensors": RAND_TENSOR,
    "arena_bytes": 16,
    "capabilities": [RAND],
    "outputs": [SERIAL],
    "stages": [["capability", 0], ["output", 0]],
}


def asking(*asks: str) -> bytes:
    text = MANIFEST_ASKING.format(asks=" ".join(f"(drop {ask})" for ask in asks))
    return assembled("asking", text + EMPTY_CALL, **ONE_OF_EACH)


@pytest.mark.parametrize(
    ("asks", "arguments"),
    [
        (["(call $capability (i32.const 2))"], ["capability SOUND", "capability RAND"]),
        (["(call $capability (i32.const 99))"], ["capability number 99", "capability RAND"]),
        (["(call $capability (i32.const 1))"] * 2, ["capability RAND", "capability nothing more"]),
        (["(call $capability (i32.const 1))"], ["0 outputs", "1 outputs"]),
        (["(call $output (i32.const 1))"], ["0 capabilities", "1 capabilities"]),
        (["(call $output (i32.const 5))"], ["output TENSOR", "output SERIAL"]),
    ],
)
def test_asking_for_other_things_than_the_manifest_says(
    client: Client, asks: list[str], arguments: list[str]
) -> None:
    expected = (errors.MANIFEST_MISMATCH, arguments)
    assert refused(client, "asking", asking(*asks)) == expected


BROKEN_MODULES: dict[str, tuple[Callable[[], bytes], int]] = {
    "no _call": (lambda: assembled("broken", EMPTY_MANIFEST), errors.MISSING_EXPORT),
    "no _manifest": (lambda: assembled("broken", EMPTY_CALL), errors.MISSING_EXPORT),
    "_call of another type": (
        lambda: assembled("broken", EMPTY_MANIFEST + '(func (export "_call"))'),
        errors.WASM_REFUSED,
    ),
    "an import that nobody grants": (
        lambda: assembled(
            "broken", '(import "env" "launch" (func)) ' + EMPTY_MANIFEST + EMPTY_CALL
        ),
        errors.IMPORT_NOT_GRANTED,
    ),
    "an import of another type": (
        lambda: assembled(
            "broken", '(import "env" "_debug" (func (param f64))) ' + EMPTY_MANIFEST + EMPTY_CALL
        ),
        errors.WASM_REFUSED,
    ),
    "an output without a grant": (
        lambda: assembled(
            "broken",
            '(import "env" "request_output" (func (param i32) (result i32)))'
            + EMPTY_MANIFEST
            + EMPTY_CALL,
        ),
        errors.IMPORT_NOT_GRANTED,
    ),
    "a trap in _manifest": (
        lambda: assembled(
            "broken", '(func (export "_manifest") (result i32) unreachable)' + EMPTY_CALL
        ),
        errors.TRAP,
    ),
    "stages out of range": (
        lambda: assembled(
            "broken",
            '(import "runic" "run" (func $run (param i32 i32) (result i32)))'
            + EMPTY_MANIFEST
            + """(func (export "_call") (param i32 i32 i32) (result i32)
              (call $run (i32.const 3) (i32.const -1)))""",
        ),
        errors.CALL_FAILED,
    ),
    "endless recursion": (
        lambda: assembled(
            "broken",
            EMPTY_MANIFEST
            + """(func $f (export "_call") (param i32 i32 i32) (result i32)
              (i32.add (i32.const 1)
                (call $f (i32.const 0) (i32.const 0) (i32.const 0))))""",
        ),
        errors.TRAP,
    ),
    "a call that reports a failure": (
        lambda: assembled(
            "broken",
            EMPTY_MANIFEST
            + '(func (export "_call") (param i32 i32 i32) (result i32) (i32.const 7))',
        ),
        errors.TRAP,
    ),
}


@pytest.mark.parametrize("what", BROKEN_MODULES)
def test_modules_that_are_broken(client: Client, what: str) -> None:
    make, code = BROKEN_MODULES[what]
    found, arguments = refused(client, "broken", make())
    assert (found, bool(arguments)) == (code, True), arguments


def test_a_garbled_model_is_refused_with_its_name(client: Client) -> None:
    """A model whose hash is right and whose content is not."""
    garbage = b"\x18\0\0\0TFL3" + bytes(600)
    start = GOOD.index(b"TFL3") - 4
    name, size = FIELDS["models"][0]["name"], FIELDS["models"][0]["bytes"]
    model = (garbage + GOOD[start + len(garbage) : start + size])[:size]
    data = GOOD[:start] + model + GOOD[start + size :]
    changes = changed_model(sha256=runes.digest(model))
    code, arguments = refused(client, "sine", runes.with_manifest(data, **changes))
    assert (code, arguments[0]) == (errors.MODEL_REFUSED, name)


def test_golden_vectors_that_are_wrong_fail_the_self_test(client: Client) -> None:
    golden = {"inputs": {"random": bytes(4)}, "outputs": {"serial": [b"\0\0\x20\x41"]}}
    data = runes.with_section(GOOD, "runic.golden", cbor2.dumps(golden))
    code, arguments = refused(client, "sine", data)
    assert code == errors.SELF_TEST_FAILED
    assert arguments[:3] == [0, "serial", 0]
    assert arguments[4] == 10.0
    assert client.request("ps")[0]["state"] == "failed"


@pytest.mark.parametrize(
    "golden",
    [
        b"\xff",
        cbor2.dumps([]),
        cbor2.dumps({"inputs": {}, "outputs": {}}),
        cbor2.dumps({"inputs": {"random": b"x"}, "outputs": {}}),
        cbor2.dumps({"inputs": {"random": 3}, "outputs": []}),
        cbor2.dumps({"inputs": {"random": bytes(4)}, "outputs": {"serial": 3}}),
        cbor2.dumps({"inputs": {"random": bytes(4)}, "outputs": {"serial": [3]}}),
        cbor2.dumps({"inputs": {"random": bytes(4)}, "outputs": {"serial": [b"abc"]}}),
        cbor2.dumps({"inputs": {"random": bytes(4)}, "outputs": {"serial": []}}),
        cbor2.dumps({"inputs": {"random": bytes(4)}, "outputs": {}}),
    ],
)
def test_golden_vectors_that_are_none_are_refused(client: Client, golden: bytes) -> None:
    code, arguments = refused(client, "sine", runes.with_section(GOOD, "runic.golden", golden))
    assert (code, arguments[0]) == (errors.BAD_SECTION, "runic.golden")


def test_failed_loads_leak_nothing(client: Client) -> None:
    broken = BROKEN_MODULES["a trap in _manifest"][0]()
    free = []
    for _ in range(60):
        refused(client, "broken", broken)
        client.request("rm", name="broken")
        free.append(client.request("facts")["heap_free"])
    assert min(free[5:]) > free[4] - 1000
