"""The board's WebAssembly validator: wasmtime is the judge of what is valid, sanitisers watch."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tests.board import ROOT
from tests.native.test_wasm3_calls import board
from tests.native.wasm_encoding import leb, section
from tests.native.wasm_growing import grown_module, mutant
from tests.native.wasm_sources import ARITHMETIC, TRAPS, write_wasm
from tests.native.wasm_validator import Validator, build_validator, judge, reason_against

GROWN, MUTANTS = 400, 6000
SHARED = ROOT.parent / "shared" / "fuzz"
I32 = b"\x7f"
NONE = b"\x40"

# Reasons that say: valid, and yet refused. What a mutant is refused for beside them, wasmtime
# refuses as well.
STRICTER = {
    "an element segment reaches past the table",
    "a data segment reaches past the memory",
    "a constant of the type is wanted",
    "a table or memory is too large",
    "a function has too many locals",
    "an indirect call of no type, or without a table",
    "only one memory is supported",
    "only one table is supported",
    "only functions can be imported",
    "the start function is not one of the module's own",
    "the targets of a br_table take different values",
    "too many parameters or results",
    "unknown instruction",
    "unknown section",
    "unsupported kind of segment",
    "unsupported limits (shared or 64-bit memory)",
    "unsupported table element type",
    "unsupported type form",
    "unsupported value type",
}


@pytest.fixture(scope="session")
def validator(tmp_path_factory: pytest.TempPathFactory) -> Validator:
    return build_validator(tmp_path_factory.mktemp("validator"))


def module(
    code: bytes,
    *,
    parameters: bytes = b"",
    result: bytes = b"",
    local_groups: bytes = b"\0",
    memory: bool = True,
) -> bytes:
    """A module whose function 0 has that body, without its end; global 0 is an i32 constant."""
    body = local_groups + code + b"\x0b"
    types = [b"\x60" + leb(len(parameters)) + parameters + leb(len(result)) + result]
    return b"\0asm\1\0\0\0" + b"".join([
        section(1, types),
        section(3, [b"\0"]),
        section(5, [b"\0\1"]) if memory else b"",
        section(6, [b"\x7f\0\x41\0\x0b"]),
        section(10, [leb(len(body)) + body]),
    ])  # fmt: skip


def nested(depth: int) -> bytes:
    return (b"\x02" + NONE) * depth + b"\x0b" * depth


def locals_of(count: int) -> bytes:
    return b"\1" + leb(count) + I32


BAD_CODE = {
    "operand_missing": (b"\x45", "an instruction lacks an operand"),
    "operand_of_the_block_around": (b"\x41\0\x02\x40\x45\x1a\x0b\x1a", "lacks an operand"),
    "operand_type": (b"\x41\0\x42\0\x6a\x1a", "another type"),
    "values_left_over": (b"\x41\0", "left over at the end of a block"),
    "branch_too_far": (b"\x0c\1", "a branch leads out"),
    "branch_without_its_value": (b"\x02\x7f\x0c\0\x0b\x1a", "lacks an operand"),
    "br_table_too_far": (b"\x41\0\x0e\1\5\0", "a branch leads out"),
    "br_table_differs": (
        b"\x02\x7f\x41\0\x41\0\x0e\1\0\1\x0b\x1a",
        "take different values",
    ),
    "else_alone": (b"\x02\x40\x05\x0b", "else without an if"),
    "else_twice": (b"\x41\0\x04\x40\x05\x05\x0b", "else without an if"),
    "if_without_else": (b"\x41\0\x04\x7f\x41\0\x0b\x1a", "has no else"),
    "if_without_condition": (b"\x04\x40\x0b", "lacks an operand"),
    "block_type": (b"\x02\x70\x0b", "unsupported value type"),
    "block_of_many_values": (b"\x02\0\x0b", "unsupported value type"),
    "call_nothing": (b"\x10\1", "a call of no function"),
    "call_indirect_without_table": (b"\x41\0\x11\0\0", "an indirect call"),
    "local": (b"\x20\0\x1a", "no local has this number"),
    "global": (b"\x23\1\x1a", "no global has this number"),
    "constant_global_set": (b"\x41\0\x24\0", "a constant global is set"),
    "select_mixed": (b"\x41\0\x42\0\x41\0\x1b\x1a", "values of different types"),
    "alignment": (b"\x41\0\x28\3\0\x1a", "aligned to more than its size"),
    "memory_number": (b"\x3f\1\x1a", "wants a memory"),
    "opcode_unknown": (b"\xff", "unknown instruction"),
    "opcode_reserved": (b"\x06\x40\x0b", "unknown instruction"),
    "opcode_bulk_memory": (b"\x41\0\x41\0\x41\0\xfc\x0b\0", "unknown instruction"),
    "opcode_saturating": (b"\x43\0\0\0\0\xfc\0\x1a", "unknown instruction"),
    "opcode_reference": (b"\xd0\x70\x1a", "unknown instruction"),
    "opcode_select_typed": (b"\x41\0\x41\0\x41\0\x1c\1\x7f\x1a", "unknown instruction"),
    "constant_too_long": (b"\x41\xff\xff\xff\xff\xff\0\x1a", "malformed LEB128"),
    "constant_too_large": (b"\x41\xff\xff\xff\xff\x4f\x1a", "malformed LEB128"),
    "constant_cut": (b"\x44\0\0", "truncated"),
    "code_after_the_end": (b"\x0b\x01", "bytes are left over"),
    "open_block": (b"\x02\x40", "truncated"),
    "operands": (b"\x41\0" * 513 + b"\x1a" * 513, "too many values at a time"),
}


@pytest.mark.parametrize("name", BAD_CODE)
def test_bad_code_is_refused_by_name_of_its_fault(validator: Validator, name: str) -> None:
    code, said = BAD_CODE[name]
    (verdict,) = validator.judge([module(code)])
    assert said in verdict


def test_a_fault_is_found_at_its_instruction(validator: Validator) -> None:
    bad = module(b"\x41\0\x1a\x42\0\x45\x1a")
    (verdict,) = validator.judge([bad])
    assert int(verdict.split()[0]) == bad.index(b"\x45\x1a\x0b")


def test_an_instruction_for_memory_wants_one(validator: Validator) -> None:
    codes = [b"\x41\0\x28\0\0\x1a", b"\x41\0\x41\0\x36\0\0", b"\x3f\0\x1a", b"\x41\0\x40\0\x1a"]
    assert validator.judge([module(code) for code in codes]) == ["valid"] * 4
    for verdict in validator.judge([module(code, memory=False) for code in codes]):
        assert "wants a memory" in verdict


def test_grown_modules_are_valid(validator: Validator) -> None:
    chance, engine = random.Random(2), judge()
    grown = [grown_module(chance) for _ in range(GROWN)]
    assert [reason for reason in (reason_against(engine, data) for data in grown) if reason] == []
    assert set(validator.judge(grown)) == {"valid"}


def test_mutants_are_judged_as_wasmtime_does_or_more_strictly(validator: Validator) -> None:
    chance, engine = random.Random(3), judge()
    sources = [grown_module(chance) for _ in range(100)]
    mutants = [mutant(chance, chance.choice(sources)) for _ in range(MUTANTS)]
    survivors = 0
    for data, verdict in zip(mutants, validator.judge(mutants), strict=True):
        reason = reason_against(engine, data)
        if verdict == "valid":
            survivors += 1
            assert reason == "", data.hex()
        elif reason == "":
            assert verdict.split(" ", 1)[1] in STRICTER, data.hex()
    assert MUTANTS // 50 < survivors < MUTANTS // 2


@pytest.mark.parametrize("text", [ARITHMETIC, TRAPS])
def test_a_module_cut_anywhere_is_judged_as_wasmtime_does(validator: Validator, text: str) -> None:
    whole, engine = bytes(wat2wasm(text)), judge()
    pieces = [whole[:length] for length in range(len(whole) + 1)]
    verdicts = validator.judge(pieces)
    assert [v == "valid" for v in verdicts] == [not reason_against(engine, p) for p in pieces]
    assert verdicts[-1] == "valid"


LIMITS: dict[str, tuple[Callable[[int], bytes], int, int, str]] = {
    "locals": (
        lambda n: module(b"", local_groups=locals_of(n)),
        *(128, 500, "a function has too many locals"),
    ),
    "nesting": (lambda n: module(nested(n)), 24, 64, "blocks are nested too deeply"),
    "br_table": (
        lambda n: module(b"\x41\0\x0e" + leb(n) + bytes(n + 1)),
        *(64, 1024, "a br_table has too many targets"),
    ),
    "body": (
        lambda n: module(b"\1" * (n - 2)),
        *(8192, 65536, "a function's code is too long"),
    ),
    "functions": (
        lambda n: (
            b"\0asm\1\0\0\0"
            + section(1, [b"\x60\0\0"])
            + section(3, [b"\0"] * n)
            + section(10, [b"\2\0\x0b"] * n)
        ),
        *(256, 4096, "too many functions"),
    ),
    "imports": (
        lambda n: b"\0asm\1\0\0\0" + section(1, [b"\x60\0\0"]) + section(2, [b"\1m\1f\0\0"] * n),
        *(32, 256, "too many imports"),
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_a_rune_may_ask_for_so_much_and_no_more(validator: Validator, name: str) -> None:
    make, rune, any_module, said = LIMITS[name]
    for limit, is_rune in ((rune, True), (any_module, False)):
        good, bad = validator.judge([make(limit), make(limit + 1)], rune=is_rune)
        assert good == "valid"
        assert said in bad


def test_only_a_rune_may_not_start_by_itself(validator: Validator) -> None:
    start = bytes(wat2wasm("(module (func $f) (start $f))"))
    assert validator.judge([start]) == ["valid"]
    assert "there may be no start function" in validator.judge([start], rune=True)[0]


@pytest.mark.skipif(not SHARED.is_dir(), reason="no collection of modules beside the project")
def test_what_crashes_wasm3_and_is_invalid_is_refused(validator: Validator) -> None:
    crashing = [path.read_bytes() for path in sorted((SHARED / "invalid").iterdir())]
    assert crashing
    assert "valid" not in validator.judge(crashing)


def test_validate_says_what_is_wrong_and_keeps_nothing(tmp_path: Path) -> None:
    script = """
print(wasm3.validate(wasm), wasm3.validate(wasm, wasm3.RUNE))
broken = bytearray(wasm)
broken[-1] = 0
print(error(wasm3.validate, broken))
print(error(wasm3.validate, wasm, 7))
print(error(wasm3.validate, 7)[:9])
print(wasm3.allocated())
"""
    text = '(module (func (export "f") (result i32) i32.const 5))'
    assert board(script, write_wasm(tmp_path, "good", text)) == [
        "None None",
        "LoadError: truncated: a length reaches past the end, at byte 34",
        "ValueError: limits must be MODULE or RUNE",
        "TypeError",
        "0",
    ]


def test_a_runtime_for_runes_holds_its_module_to_their_limits(tmp_path: Path) -> None:
    script = """
print(wasm3.Runtime().load(wasm).find("f")())
print(error(wasm3.Runtime(limits=wasm3.RUNE).load, wasm), wasm3.allocated() < 20000)
"""
    text = '(module (func $s) (start $s) (func (export "f") (result i32) i32.const 5))'
    lines = board(script, write_wasm(tmp_path, "start", text))
    assert lines[0] == "5"
    assert lines[1].startswith("LoadError: there may be no start function, at byte")


def test_the_workspace_is_as_large_as_the_module_needs(tmp_path: Path) -> None:
    """256 functions are validated on a heap of 48 KB that holds the file and little else."""
    wasm = tmp_path / "many.wasm"
    wasm.write_bytes(LIMITS["functions"][0](256))
    script = """
import gc
gc.collect()
before = gc.mem_alloc()
for _ in range(100):
    wasm3.validate(wasm, wasm3.RUNE)
gc.collect()
print(gc.mem_alloc() - before < 200)
"""
    assert board(script, wasm, heap="48k") == ["True"]
