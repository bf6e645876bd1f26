"""Import by grant: what is not granted is not linked, whatever its type, in either ABI."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from runicos.contract import errors
from tests.board import run_ok
from tests.device.import_matrix import IMPORTS, UNKNOWN, exact, import_text, wrong
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, custom, digest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.signing import unsigned

ASKS = """
(import "env" "request_capability" (func $capability (param i32) (result i32)))
(import "env" "request_output" (func $output (param i32) (result i32)))
"""
TENSOR = [{"type": "u8", "dims": [4], "bytes": 4, "offset": 0}]
RAND = {"name": "random", "kind": "RAND", "params": {}, "tensor": 0}
SERIAL = {"name": "serial", "kind": "SERIAL", "inputs": [0], "bytes": 200}


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    with SimBoard(tmp_path_factory.mktemp("board") / "flash") as board:
        yield board


def tried(client: Client, rune: bytes) -> tuple[int, list[Any]] | None:
    """Return why the Rune does not start, or None."""
    try:
        client.upload("tried", rune)
        client.request("start", name="tried", period_ms=0)
    except BoardError as error:
        return error.code, error.arguments
    finally:
        if client.request("ps"):
            client.request("rm", name="tried")
    return None


# ---- The native container

LINKING = """
import json, sys, rune, wasm3
def outcome(wasm, granted):
    try:
        rune.Container(wasm3.Runtime(memory_bytes=256).load(wasm), None, granted)
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return ""
found = []
for name, wasm in json.loads(open(sys.argv[1]).read()):
    wasm = bytes.fromhex(wasm)
    others = tuple([other for other in rune.imports() if other != name])
    found.append([outcome(wasm, (name,)), outcome(wasm, ()), outcome(wasm, others)])
print(json.dumps(found))
"""


def module(imported: str) -> bytes:
    return bytes(wat2wasm(f"(module {imported} {EMPTY_MANIFEST} {EMPTY_CALL})"))


def linked(tmp_path: Path, cases: list[tuple[str, str]]) -> list[list[str]]:
    """What becomes of each module: granted its import, granted nothing, granted all others."""
    path = tmp_path / "cases.json"
    path.write_text(json.dumps([(name, module(text).hex()) for name, text in cases]))
    found: list[list[str]] = json.loads(run_ok(LINKING, path))
    return found


def test_the_matrix_names_every_host_function() -> None:
    named = run_ok("import rune\nprint(' '.join(rune.imports()))").split()
    assert sorted(named) == sorted(IMPORTS)


def test_only_what_is_granted_links(tmp_path: Path) -> None:
    cases = [(name, text) for name in IMPORTS for text in exact(name)]
    for case, (granted, nothing, others) in zip(cases, linked(tmp_path, cases), strict=True):
        assert granted == "", case
        assert nothing == others == f"LinkError: missing imported function: '{case[0]}'"


def test_a_wrong_type_never_links(tmp_path: Path) -> None:
    cases = [(name, text) for name in IMPORTS for text in wrong(name)]
    for case, outcomes in zip(cases, linked(tmp_path, cases), strict=True):
        assert all(one.startswith("LinkError: ") for one in outcomes), (case, outcomes)
        assert f"{case[0]} is imported as " in outcomes[0]


# ---- The board, Runes of ours

GRANTS = {
    "nothing": (EMPTY_MANIFEST, {}),
    "capability": (
        '(func (export "_manifest") (result i32) (call $capability (i32.const 1)))',
        {"tensors": TENSOR, "arena_bytes": 16, "capabilities": [RAND]},
    ),
    "output": (
        '(func (export "_manifest") (result i32) (call $output (i32.const 1)))',
        {"tensors": TENSOR, "arena_bytes": 16, "outputs": [SERIAL]},
    ),
}
HELD = {
    "nothing": "",
    "capability": import_text("env.request_capability", ["i32"], "i32", "$capability"),
    "output": import_text("env.request_output", ["i32"], "i32", "$output"),
}
OWN_FUNCTION = {
    "capability": "env.request_capability",
    "output": "env.request_output",
    "nothing": "",
}


def own(grant: str, imported: str) -> bytes:
    manifest, fields = GRANTS[grant]
    text = HELD[grant] + imported + manifest + EMPTY_CALL
    return assembled("tried", text, **fields)


@pytest.mark.parametrize("grant", GRANTS)
def test_a_rune_gets_the_imports_of_its_manifest_alone(client: Client, grant: str) -> None:
    for name in (*IMPORTS, *UNKNOWN):
        if name == OWN_FUNCTION[grant]:
            continue  # imported already, by _manifest
        admitted = name in IMPORTS and IMPORTS[name].own in ("always", grant)
        expected = None if admitted else (errors.IMPORT_NOT_GRANTED, [name])
        for text in exact(name):
            assert tried(client, own(grant, text)) == expected, (name, text)


def test_a_wrong_type_is_refused_on_the_board(client: Client) -> None:
    for name, known in IMPORTS.items():
        for text in wrong(name)[:3]:
            code = tried(client, own("nothing", text))[0]  # type: ignore[index]
            granted = known.own == "always"
            assert code == (errors.WASM_REFUSED if granted else errors.IMPORT_NOT_GRANTED), text


@pytest.mark.parametrize(
    "imported",
    [
        '(import "env" "_debug" (memory 1))',
        '(import "env" "_debug" (global i32))',
        '(import "env" "_debug" (table 1 funcref))',
        '(import "env" "memory" (memory 1))',
        '(import "env" "_debug\\00" (func (param i32 i32) (result i32)))',
        '(import "env" "_debug\\00x" (func (param i32 i32) (result i32)))',
        '(import "env" "" (func (param i32 i32) (result i32)))',
        '(import "" "" (func (param i32 i32) (result i32)))',
    ],
)
def test_other_things_than_host_functions_cannot_be_imported(
    client: Client, imported: str
) -> None:
    rune = bytes(wat2wasm(f"(module {imported} {EMPTY_MANIFEST} {EMPTY_CALL})"))
    manifest = unsigned(assembled("tried", ""))[len(module_of_nothing()) :]
    found = tried(client, rune + manifest)
    assert found is not None
    assert found[0] in (errors.IMPORT_NOT_GRANTED, errors.WASM_REFUSED, errors.MISSING_EXPORT)


def module_of_nothing() -> bytes:
    return assembled("tried", "", original=True)


@pytest.mark.parametrize("second", ["(param i32 i32) (result i32)", "(param i64) (result i64)"])
def test_one_import_under_two_types_is_refused(client: Client, second: str) -> None:
    twice = exact("env._debug")[0] + f'(import "env" "_debug" (func {second}))'
    found = tried(client, own("nothing", twice))
    assert found is not None and found[0] == errors.WASM_REFUSED


# ---- The board, Runes of the original toolchain


def test_an_original_rune_gets_the_imports_of_its_abi_alone(client: Client) -> None:
    for name in (*IMPORTS, *UNKNOWN):
        admitted = name in IMPORTS and IMPORTS[name].original
        for text in exact(name):
            rune = assembled("tried", text + EMPTY_MANIFEST + EMPTY_CALL, original=True)
            found = tried(client, rune)
            assert found == (None if admitted else (errors.IMPORT_NOT_GRANTED, [name])), name
        if admitted:
            for text in wrong(name)[:3]:
                rune = assembled("tried", text + EMPTY_MANIFEST + EMPTY_CALL, original=True)
                assert tried(client, rune)[0] == errors.WASM_REFUSED, text  # type: ignore[index]


# ---- A custom block


@pytest.mark.parametrize("name", [*IMPORTS, "env.launch"])
def test_a_custom_block_imports_nothing(client: Client, name: str) -> None:
    text = exact(name)[0] + '(memory (export "memory") 1) (func (export "transform"))'
    block_section = bytes(wat2wasm(f"(module {text})"))
    block = {
        "name": "tricky",
        "section": 0,
        "sha256": digest(block_section),
        "code_bytes": len(block_section),
        "args": {},
        "inputs": [0],
        "outputs": [1],
        "addresses": [0, 16],
        "memory_bytes": 256,
        "stack_bytes": 2048,
    }
    fields = GRANTS["capability"][1] | {
        "tensors": [TENSOR[0], TENSOR[0] | {"offset": 16}],
        "arena_bytes": 32,
        "blocks": [block],
        "stages": [["capability", 0], ["block", 0]],
    }
    manifest = HELD["capability"] + GRANTS["capability"][0]
    rune = unsigned(assembled("tried", manifest + EMPTY_CALL, **fields))
    rune += custom("runic.block", b"\0" + block_section)
    assert tried(client, rune) == (errors.IMPORT_NOT_GRANTED, [f"{name} by block tricky"])
