"""Each patch of wasm3 has a module that shows its fault in the tree without that patch alone."""

import random
from dataclasses import dataclass

import pytest
import wasmtime

from tests.board import ROOT
from tests.native.test_wasm3_faults import (
    FLOAT_ABOVE_A_FLOAT,
    FLOAT_ABOVE_AN_INTEGER,
    NEVER_REACHED,
    TWO_OF_A_LOCAL,
)
from tests.native.wasm3_tree import PATCHES, tree_without
from tests.native.wasm_encoding import leb, section
from tests.native.wasm_growing import grown_module

pytestmark = pytest.mark.own_programs

SHARED = ROOT.parent / "shared" / "fuzz"
REFUSED = "slot out of bounds"
NESTED_BLOCKS = 60_000
GROWN = 300


@dataclass(frozen=True, slots=True)
class Case:
    """What a module gives in the whole tree; without its patch a wrong answer, or a crash."""

    module: str | bytes
    mended: str
    wrong: str = ""
    crash: str = ""


def of_one_body(body: bytes) -> bytes:
    """A module of one function without parameters, exported as "f"."""
    code = leb(len(body)) + body
    return b"\0asm\1\0\0\0" + b"".join(
        section(identity, [item])
        for identity, item in ((1, b"\x60\0\0"), (3, b"\0"), (7, b"\1f\0\0"), (10, code))
    )


# As NEVER_REACHED, beyond the compiler's tables. (Parameters of blocks are newer than what we let
# through; wasm3 has them.)
OUTSIDE_THE_TABLES = """
(module (func (export "f") (result i32)
  i32.const 1  i32.const 63
  unreachable
  loop (param i32 i32) unreachable end))
"""
# The fuel that the program gives is half of what this loop needs.
COUNTS = """
(module (memory 1) (func (export "f") (result i32) (local i32)
  loop
    local.get 0  i32.const 1  i32.add  local.tee 0
    i32.const 200000  i32.lt_u  br_if 0
  end
  local.get 0))
"""
GROWS_BY_MINUS_ONE = """
(module (memory 2)
  (func (export "f") (result i32) i32.const -1 memory.grow)
  (func (export "g") (result i32) memory.size))
"""
EMPTY_SEGMENT = """
(module (memory 1) (table 0 funcref) (elem (i32.const 0))
  (func (export "f") (result i32) i32.const 5))
"""
BIG_CONSTANT = """
(module (func (export "f") (param i32) (result i64) (local i32)
  i64.const 5000000000  i64.const 5000000000  i64.add))
"""
# The last call that the stack has room for writes arguments where it has none.
MANY_ARGUMENTS = f"""
(module (func (param {"i64 " * 60}))
  (func (export "f") (param i32)
    {"i64.const -1 " * 60} call 0
    local.get 0  call 1))
"""
NESTED = of_one_body(b"\0" + b"\x02\x40" * NESTED_BLOCKS + b"\x0b" * (NESTED_BLOCKS + 1))
# The count of its targets is 2**32 - 4.
ENDLESS_TABLE = of_one_body(b"\0\x41\0\x0e\xfc\xff\xff\xff\x0f" + bytes(3000) + b"\x0b")

CASES = {
    "01": Case(NEVER_REACHED, "[trap] unreachable executed", wrong=REFUSED),
    "02": Case(FLOAT_ABOVE_AN_INTEGER, "2.5 end", wrong=REFUSED),
    "03": Case(COUNTS, "[trap] out of fuel", wrong="200000 end"),
    "04": Case(GROWS_BY_MINUS_ONE, "-1 2 end", wrong="2 1 end"),
    "05": Case(EMPTY_SEGMENT, "5 end", wrong="memory allocation failed"),
    "06": Case(NESTED, "native stack overflow", crash="stack-overflow"),
    "07": Case(FLOAT_ABOVE_A_FLOAT, "3 end", wrong="-3 end"),
    "08": Case(ENDLESS_TABLE, "malformed Wasm binary", crash="heap-buffer-overflow"),
    "09": Case(BIG_CONSTANT, "10000000000 end", crash="misaligned address"),
    "10": Case(MANY_ARGUMENTS, "[trap] stack overflow", crash="heap-buffer-overflow"),
    "11": Case(TWO_OF_A_LOCAL, "3 end", wrong="4294967299 end"),
}


def data_of(module: str | bytes) -> bytes:
    return module if isinstance(module, bytes) else bytes(wasmtime.wat2wasm(module))


def shared(kind: str) -> list[bytes]:
    """The files of the shared corpus, where there is one."""
    return [path.read_bytes() for path in sorted((SHARED / kind).glob("*.wasm"))]


def test_each_patch_has_a_case() -> None:
    assert PATCHES.keys() == CASES.keys()


@pytest.mark.parametrize("number", CASES)
def test_what_a_patch_mends_is_broken_without_it(number: str) -> None:
    case = CASES[number]
    module = data_of(case.module)
    whole = tree_without().run([module])
    assert (whole.status, whole.said) == (0, [case.mended]), whole.complaint
    broken = tree_without(number).run([module])
    if case.crash:
        assert broken.status != 0
        assert case.crash in broken.complaint
    else:
        assert (broken.status, broken.said) == (0, [case.wrong]), broken.complaint


def test_the_firewall_alone_stops_what_unreachable_code_breaks() -> None:
    """Without the patch for that code; and without both it writes out of bounds."""
    module = data_of(OUTSIDE_THE_TABLES)
    assert tree_without("01").run([module]).said == [REFUSED]
    neither = tree_without("01", "10").run([module])
    assert neither.status != 0
    assert "out of bounds" in neither.complaint


def test_valid_modules_run_or_are_refused_by_the_firewall_alone() -> None:
    """What runs gives what it should; wasm3 itself refuses some that has code never reached."""
    chance = random.Random(13)
    modules = [grown_module(chance, ends=True, exact=True) for _ in range(GROWN)]
    modules += shared("valid")
    whole, firewall = tree_without().run(modules), tree_without("01").run(modules)
    assert (whole.status, firewall.status) == (0, 0), whole.complaint + firewall.complaint
    assert REFUSED not in whole.said
    pairs = zip(firewall.said, whole.said, strict=True)
    stopped = [mine for mine, right in pairs if mine != right]
    if SHARED.is_dir():
        assert REFUSED in stopped
    assert not [mine for mine in stopped if "end" in mine or "trap" in mine]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared corpus is not here")
@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_compiling_the_shared_corpus_crashes_nothing_without_a_validator(kind: str) -> None:
    """Invalid ones, too, which a validator would not let through."""
    modules = shared(kind)
    ended = tree_without().run(modules, calls=False)
    assert ended.status == 0, ended.complaint
    assert len(ended.said) == len(modules)
