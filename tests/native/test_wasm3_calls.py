"""wasm3 on the board: loading, calling, linking, traps by name, and limits."""

from pathlib import Path

import pytest

from tests.board import run_ok
from tests.native.wasm_sources import ARITHMETIC, TRAPS, write_wasm

LOAD = """
import sys, gc, wasm3
wasm = open(sys.argv[1], "rb").read()
def load(**options):
    return wasm3.Runtime(**options).load(wasm)
def error(function, *arguments):
    try:
        function(*arguments)
    except Exception as caught:
        return "{}: {}".format(type(caught).__name__, caught)
    return "no error"
"""


@pytest.fixture(scope="module")
def arithmetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("wasm"), "arithmetic", ARITHMETIC)


@pytest.fixture(scope="module")
def traps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("wasm"), "traps", TRAPS)


def board(script: str, wasm: Path, **options: str) -> list[str]:
    return run_ok(LOAD + script, wasm, **options).splitlines()


def test_a_module_says_what_it_imports_and_exports(arithmetic: Path) -> None:
    lines = board("m = load()\nprint(m.imports)\nprint(m.exports)\nprint(m.globals)", arithmetic)
    assert eval(lines[0]) == (("env", "twice", "i(i)"),)
    assert ("memory", "memory", "") in eval(lines[1])
    assert ("ratio", "global", "") in eval(lines[1])
    assert ("mix", "function", "F(iIfF)") in eval(lines[1])
    assert ("nothing", "function", "v()") in eval(lines[1])
    assert eval(lines[2]) == {"offset": 1024, "ratio": 2.5}


def test_values_of_every_type_pass_both_ways(arithmetic: Path) -> None:
    script = """
m = load()
m.link("env", "twice", "i(i)", lambda x: 2 * x)
for value in (0, 1, -1, 0x7FFFFFFF, -0x80000000, 0xFFFFFFFF, True):
    print(m.find("i32")(value))
for value in (0, -1, 0x7FFFFFFFFFFFFFFF, -0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 1 << 40):
    print(m.find("i64")(value))
print(m.find("f32")(1.5), m.find("f64")(-0.25), m.find("f32")(3))
print(m.find("mix")(1, -2, 0.5, 4), m.find("nothing")(), m.find("twice_plus")(20, 2))
"""
    lines = board(script, arithmetic)
    assert [int(line) for line in lines[:7]] == [0, 1, -1, 2**31 - 1, -(2**31), -1, 1]
    assert [int(line) for line in lines[7:13]] == [
        0,
        -1,
        2**63 - 1,
        -(2**63),
        -1,
        1 << 40,
    ]
    assert lines[13:] == ["1.5 -0.25 3.0", "3.5 None 42"]


def test_wrong_arguments_are_refused(arithmetic: Path) -> None:
    script = """
m = load()
print(error(m.find("i32")))
print(error(m.find("i32"), 1, 2))
print(error(m.find("i32"), 1.5))
print(error(m.find("i32"), "x"))
print(error(m.find("i32"), 1 << 32))
print(error(m.find("i32"), -0x80000001))
print(error(m.find("i64"), 1 << 64))
print(error(m.find("f32"), None))
print(error(m.find, "none"))
print(error(m.find, "memory"))
"""
    lines = board(script, arithmetic)
    kinds = [line.split(":")[0] for line in lines]
    assert kinds == ["TypeError"] * 4 + ["OverflowError"] * 3 + ["TypeError"] + ["LinkError"] * 2


def test_memory_is_a_view_of_linear_memory(arithmetic: Path) -> None:
    script = """
m = load(memory_bytes=300)
print(len(m.memory), bytes(m.memory[:5]))
m.memory[0:2] = b"HE"
print(bytes(m.memory[:5]))
"""
    assert board(script, arithmetic) == ["300 b'hello'", "b'HEllo'"]


def test_a_view_outlives_its_module(arithmetic: Path) -> None:
    script = """
def view():
    return load(memory_bytes=2000).memory
kept = [view() for _ in range(10)]
for _ in range(5):
    gc.collect()
    blocks = [bytearray(500) for _ in range(20)]
print(all(bytes(v[:6]) == b"hello\\0" for v in kept))
for v in kept:
    v[1999] = 1
"""
    assert board(script, arithmetic) == ["True"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ('"unreachable"', "[trap] unreachable executed"),
        ('"divide"', "[trap] integer divide by zero"),
        ('"overflow"', "[trap] integer overflow"),
        ('"convert"', "[trap] invalid conversion to integer"),
        ('"load", 65533', "[trap] out of bounds memory access"),
        ('"load", -1', "[trap] out of bounds memory access"),
        ('"store", 0x7fffffff', "[trap] out of bounds memory access"),
        ('"element"', "[trap] undefined element"),
        ('"mismatch"', "[trap] indirect call type mismatch"),
        ('"deep", 0', "[trap] stack overflow"),
    ],
)
def test_a_trap_is_named(traps: Path, call: str, said: str) -> None:
    script = f"""
m = load()
def call(name, *arguments):
    return m.find(name)(*arguments)
print(error(call, {call}))
print(m.find("load")(0))
"""
    assert board(script, traps) == [f"Trap: {said}", "0"]


def test_deep_recursion_stops_before_the_c_stack_ends(traps: Path) -> None:
    script = 'm = load(stack_bytes=1 << 20)\nprint(error(m.find("deep"), 0))'
    assert board(script, traps, heap="4m") == ["Trap: [trap] stack overflow"]


def test_memory_grows_within_its_limit_only(traps: Path) -> None:
    script = """
m = load(memory_bytes=100000)
grow = m.find("grow")
print(grow(0), grow(1), grow(1), grow(100), grow(0), len(m.memory))
m = load(memory_bytes=100)
print(m.find("grow")(1), len(m.memory), error(m.find("load"), 97), m.find("load")(96))
"""
    assert board(script, traps, heap="512k") == [
        "1 1 -1 -1 2 100000",
        "-1 100 Trap: [trap] out of bounds memory access 0",
    ]


def test_growth_that_the_heap_cannot_hold_is_refused_to_the_guest(traps: Path) -> None:
    script = """
m = load()
print(m.find("grow")(1), m.find("grow")(3), m.find("load")(65532), len(m.memory))
"""
    assert board(script, traps, heap="200k") == ["-1 -1 0 65536"]


def test_a_view_survives_the_growth_that_moves_memory(traps: Path) -> None:
    script = """
m = load()
m.memory[0:4] = b"abcd"
old = m.memory
print(m.find("grow")(1))
blocks = [bytearray(1000) for _ in range(100)]
print(bytes(old[:4]), bytes(m.memory[:4]), len(m.memory))
"""
    assert board(script, traps, heap="1m") == ["1", "b'abcd' b'abcd' 131072"]


@pytest.mark.parametrize("options", ["stack_bytes=0", "stack_bytes=1<<30", "memory_bytes=0"])
def test_limits_out_of_range_are_refused(arithmetic: Path, options: str) -> None:
    assert board(f"print(error(lambda: load({options})))", arithmetic)[0].startswith("ValueError")
