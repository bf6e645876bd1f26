"""`inspect` tells all of a Rune, own or original, and which boards can run it and why not."""

from __future__ import annotations

import json
import re
import struct
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest

from runicd.errors import InputError, RuneFormatError
from runicd.inspect import inspect_rune, render
from runicd.inspect.boards import BoardFacts, known_boards, read_board
from runicd.runefile.build import build
from runicd.runefile.emit_wasm import counted, custom_section, section, signed, text, unsigned
from runicd.runefile.wasm_module import MAGIC
from runicos.contract.admission import SERVICE_BYTES
from tests.board import ROOT
from tests.device import runes
from tests.host.runefile_samples import SINE_G2, dense_model, two_headed_model, write

SMALL: dict[str, Any] = {
    "abi": ["0.11"],
    "capabilities": {"SOUND": {"hz": [8000, 16000]}},
    "outputs": ["SERIAL"],
    "ops": ["ADD:float32"],
    "rounding": "tflm-double",
    "blocks": ["fft"],
    "heap_bytes": 20_000,
    "heap_free": SERVICE_BYTES + 10_000,
    "flash_bytes": 1000,
    "flash_free": 1000,
    "wasm_memory_max": 4096,
}


def test_an_argument_of_bytes_is_refused_before_json_meets_it() -> None:
    data = build(ROOT / "runes" / "sine").data
    fields = runes.manifest_of(data)
    fields["blocks"][0]["args"] = {"by": b"\xb3"}
    changed = runes.with_section(data, "runic.manifest", cbor2.dumps(fields))
    with pytest.raises(RuneFormatError, match=r"blocks\[0\]\.args\.by: is not a text"):
        inspect_rune(changed)


def test_the_words_of_a_rune_do_not_steer_the_terminal() -> None:
    graph = {"rune": {"name": "a\x1b[31mb"}, "capabilities": {"c\n  fake": {}}}
    data = MAGIC + custom_section(".rune_graph", json.dumps(graph).encode())
    shown = render(inspect_rune(data, {}))
    assert "\x1b" not in shown
    assert r"a\x1b[31mb" in shown
    assert r"c\n  fake" in shown


@pytest.fixture
def sine(tmp_path: Path) -> bytes:
    golden = '[{"inputs": {"rand": [[3]]}, "outputs": {"serial": [6]}}]'
    files = {"Runefile": SINE_G2, "sine.tflite": dense_model(), "golden.json": golden}
    return build(write(tmp_path, files), name="sine", release="1.2.3").data


def test_facts_of_an_own_rune(sine: bytes) -> None:
    found = inspect_rune(sine)
    assert (found.name, found.release, found.abi, found.period_ms) == (
        "sine",
        "1.2.3",
        "0.11",
        1000,
    )
    assert found.golden_vectors == 1
    assert sum(size for _, size in found.sizes) == len(sine) == found.file_bytes
    assert sum(size for _, size in found.ram_parts) == found.ram_bytes
    assert [one.wish for one in found.permissions] == [
        "take random numbers",
        "write its results to the serial output",
    ]
    assert [(one.name, one.takes_from, one.outputs) for one in found.stages] == [
        ("rand", (), ("f32[1, 1]",)),
        ("mod360", ("rand",), ("f32[1, 1]",)),
        ("sine", ("mod360",), ("f32[1, 1]",)),
        ("serial", ("sine",), ()),
    ]
    model = found.models[0]
    assert (model.ops, model.parameters, model.macs) == ({"FULLY_CONNECTED:float32": 1}, 2, 1)
    assert model.bytes == len(dense_model())
    assert found.wasm.fault == ""
    assert "env.request_capability (i32) -> i32" in found.wasm.imports
    assert found.wasm.memory_bytes < 256


def test_json_and_text_say_the_same(sine: bytes) -> None:
    found = inspect_rune(sine)
    value = json.loads(json.dumps(found.to_json()))
    written = render(found)
    assert value["sha256"] in written
    for part, size in value["sizes"].items():
        assert part in written
        assert f"{size:,}" in written
    for import_ in value["wasm"]["imports"]:
        assert import_ in written
    for part, size in value["ram_parts"].items():
        assert part in written
        assert f"{size:,}" in written
    assert "FULLY_CONNECTED:float32" in written
    assert "take random numbers" in written
    assert "1 golden vector\n" in written


def test_the_repositorys_boards_are_known() -> None:
    boards = known_boards()
    assert "unix" in boards
    for board in boards.values():
        assert 0 < board.facts["heap_free"] < board.facts["heap_bytes"]


def test_boards_that_were_never_run_are_told_from_those_that_tests_run(sine: bytes) -> None:
    """Only what can be simulated here may be said to run it."""
    said = render(inspect_rune(sine))
    for path in sorted((ROOT / "boards").glob("*/board.toml")):
        simulated = "emulator" in tomllib.loads(path.read_text())
        verdict = "can run it" if simulated else "should fit, never run here"
        assert re.search(rf"^  {path.parent.name} +{verdict}  \(", said, re.MULTILINE)


def test_a_board_that_fits_and_one_that_does_not(sine: bytes) -> None:
    small = BoardFacts("small", "too small", SMALL, lists_ops=True)
    found = inspect_rune(sine, {"unix": known_boards()["unix"], "small": small})
    fits, refuses = found.boards
    assert fits.ok
    assert not refuses.ok
    said = "\n".join(refuses.reasons)
    assert "no RAND on this board; it has SOUND" in said
    assert "op FULLY_CONNECTED:float32 unsupported" in said
    assert "block modulo unsupported" in said
    assert f"short by {found.ram_bytes - 10_000} bytes of RAM" in said
    assert f"short by {len(sine) - 1000} bytes of flash" in said
    assert "small  cannot run it:" in render(found)


def test_a_board_whose_firmware_rounds_otherwise(sine: bytes) -> None:
    """Its model is of floats, which no board rounds; one of integers is refused."""
    once = known_boards()["unix"]
    once = replace(once, name="once", facts={**once.facts, "rounding": "tflm-single"})
    assert inspect_rune(sine, {"once": once}).boards[0].ok
    found = inspect_rune(build(ROOT / "runes" / "sine_int8").data, {"once": once})
    assert found.rounding == "tflm-double"
    assert "\nRounding       tflm-double\n" in render(found)
    assert "rounding tflm-double unsupported; this firmware has tflm-single: " in render(found)


def test_board_toml_says_how_the_firmware_rounds(tmp_path: Path) -> None:
    stated = (ROOT / "boards" / "unix" / "board.toml").read_text()
    (tmp_path / "board.toml").write_text(stated)
    assert read_board(tmp_path / "board.toml").facts["rounding"] == "tflm-double"
    (tmp_path / "board.toml").write_text(stated + '[nn]\nrounding = "tflm-single"\n')
    assert read_board(tmp_path / "board.toml").facts["rounding"] == "tflm-single"


def test_a_board_file_that_is_broken(tmp_path: Path) -> None:
    end = "[features]\npointer_bits = 32\n[budgets]\nrunicos_loaded_bytes = 1\n"
    wrong_size, no_table = f"[facts]\nheap_bytes = 'x'\n{end}", f"nn = 'x'\n[facts]\n{end}"
    for content in ("", "[facts", wrong_size, no_table):
        path = tmp_path / "board.toml"
        path.write_text(content)
        with pytest.raises(InputError, match="is no description of a board"):
            read_board(path)


GRAPH = {
    "rune": {"name": "old"},
    "capabilities": {
        "audio": {"kind": {"type": "sound"}, "args": {"hz": "16000", "sample-duration-ms": "500"},
                  "outputs": ["t0"]}
    },
    "models": {"net": {"file": "net.tflite", "args": {}, "inputs": ["t0"], "outputs": ["t1"]}},
    "proc-blocks": {
        "label": {"path": {"base": "hotg-ai/rune", "version": "0.11", "sub_path": "label"},
                  "args": {"wordlist": "a"}, "inputs": ["t1"], "outputs": ["t2"]}
    },
    "outputs": {"serial": {"kind": {"type": "serial"}, "args": {}, "inputs": ["t2"]}},
    "tensors": {
        "t0": {"element_type": "I16", "dimensions": [1, 8000]},
        "t1": {"element_type": "F32", "dimensions": [1, 4]},
        "t2": {"element_type": "String", "dimensions": [1]},
    },
}  # fmt: skip


def original(graph: object = GRAPH, pages: int = 17, extra_import: bytes = b"_debug") -> bytes:
    """Return a module as the original toolchain lays it out, its model in the data segment."""
    model = b"some data" + two_headed_model() + b"more data"
    segment = b"\0\x41" + signed(1024) + b"\x0b" + unsigned(len(model)) + model
    imports = [
        b"\3env" + text("request_capability") + b"\0\0",
        b"\3env" + unsigned(len(extra_import)) + extra_import + b"\0\1",
    ]
    parts = [
        MAGIC,
        section(1, counted([b"\x60\1\x7f\1\x7f", b"\x60\2\x7f\x7f\1\x7f", b"\x60\0\1\x7f"])),
        section(2, counted(imports)),
        section(3, counted([b"\2"])),
        section(5, counted([b"\0" + unsigned(pages)])),
        section(7, counted([text("memory") + b"\2\0", text("_manifest") + b"\0\2"])),
        section(10, counted([b"\4\0\x41\1\x0b"])),
        section(11, counted([segment])),
        custom_section(".rune_graph", json.dumps(graph).encode()),
        custom_section(".rune_version", b'{"version":"0.11.3"}'),
        custom_section(".rune_resource", struct.pack(">I", 1) + b"R" + struct.pack(">I", 0)),
    ]
    return b"".join(parts)


def test_facts_of_an_original_rune() -> None:
    found = inspect_rune(original())
    assert (found.name, found.made_by) == ("old", "the original toolchain, 0.11.3")
    assert found.abi == "0.11"
    assert found.ram_bytes is None
    assert found.resources == ("R",)
    assert found.permissions[0].wish == "listen to the microphone, 500 ms at a time at 16000 Hz"
    assert [(one.name, one.what) for one in found.stages] == [
        ("audio", "SOUND"),
        ("label", "hotg-ai/rune@0.11#label"),
        ("net", "net.tflite"),
        ("serial", "SERIAL"),
    ]
    assert found.stages[1].inputs == ("f32[1, 4]",)
    assert found.stages[1].outputs == ("utf8[1]",)
    assert [one.name for one in found.models] == ["net"]
    assert found.models[0].ops == {"ADD:float32": 1, "MUL:float32": 1}
    assert found.wasm.fault == ""
    assert sum(size for _, size in found.sizes) == found.file_bytes
    assert "the original toolchain, 0.11.3; ABI 0.11" in render(found)


def test_an_original_rune_needs_its_pages_and_no_strange_import() -> None:
    found = inspect_rune(original(pages=17, extra_import=b"open_file"))
    said = "\n".join(next(b for b in found.boards if b.board == "unix").reasons)
    facts = known_boards()["unix"].facts
    assert f"short by {17 * 65536 - facts['wasm_memory_max']} bytes of linear memory" in said
    assert "imports env.open_file, which nobody grants" in said
    assert inspect_rune(original(pages=1)).boards[0].ok


@pytest.mark.parametrize(
    "graph",
    [
        {},
        {"rune": 5, "capabilities": 7, "tensors": []},
        {"capabilities": {"a": 5}, "outputs": {"b": {"inputs": "t", "kind": 3}}},
        {"models": {"m": {"file": {"base": 1}, "inputs": [["x"]], "outputs": [{}]}}},
        {"tensors": {"t": None}, "outputs": {"o": {"inputs": ["t", "u"]}}},
    ],
)
def test_a_graph_that_is_not_what_it_should_be_breaks_nothing(graph: object) -> None:
    assert render(inspect_rune(original(graph)))


def test_a_module_that_does_not_validate_is_said_so(sine: bytes) -> None:
    damaged = sine.replace(b"\x41\x00\x41\x04\x10", b"\x41\x00\x43\x04\x10")
    found = inspect_rune(damaged)
    assert found.wasm.fault
    assert "NOT VALID" in render(found)


def test_what_is_no_rune() -> None:
    with pytest.raises(RuneFormatError, match="is no WebAssembly"):
        inspect_rune(b"PK\3\4 is a zip file")


@pytest.mark.parametrize("name", ["microspeech", "digits", "gesture"])
def test_what_is_shown_fits_a_terminal(name: str) -> None:
    written = render(inspect_rune(build(ROOT / "runes" / name).data))
    assert max(map(len, written.splitlines())) <= 100


def test_an_empty_argument_is_shown_as_one() -> None:
    written = render(inspect_rune(build(ROOT / "runes" / "microspeech").data))
    assert 'fallback="" ' in written
    assert "in use of the 1 page declared" in written
