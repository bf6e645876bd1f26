"""wasm3 on the board: imports, Python callables under them, start functions, life and death."""

from pathlib import Path

import pytest

from tests.native.test_wasm3_calls import board
from tests.native.wasm_sources import ARITHMETIC, write_wasm

START = """
(module
  (import "env" "note" (func $note (param i32)))
  (global $ready (mut i32) (i32.const 0))
  (func $start i32.const 1 global.set $ready i32.const 7 call $note)
  (func (export "ready") (result i32) global.get $ready)
  (start $start)
)
"""

START_AT_INDEX_0 = """
(module
  (global $ready (mut i32) (i32.const 0))
  (func $start i32.const 1 global.set $ready)
  (func (export "ready") (result i32) global.get $ready)
  (start $start)
)
"""


@pytest.fixture(scope="module")
def arithmetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("wasm"), "arithmetic", ARITHMETIC)


def test_links_are_checked(arithmetic: Path) -> None:
    script = """
m = load()
print(error(m.link, "env", "absent", "i(i)", abs))
print(error(m.link, "*", "twice", "i(i)", abs))
print(error(m.link, "env", "twice", "i(ii)", abs))
print(error(m.link, "env", "twice", "v(i)", abs))
print(error(m.link, "env", "twice", "i(*)", abs))
print(error(m.link, "env", "twice", "", abs))
print(error(m.link, "env", "twice", "i(i)", 5))
print(error(m.find, "twice_plus"))
print(error(m.compile))
m.link("env", "twice", "i(i)", abs)
print(error(m.link, "env", "twice", "i(i)", abs))
m.compile()
print(m.find("twice_plus")(-4, 1))
"""
    lines = board(script, arithmetic)
    assert lines[0] == "LinkError: no import env.absent"
    assert lines[1] == "LinkError: no import *.twice"
    assert lines[2] == "LinkError: env.twice is imported as i(i), not i(ii)"
    assert lines[3] == "LinkError: env.twice is imported as i(i), not v(i)"
    assert lines[4:6] == [
        "LinkError: malformed signature i(*)",
        "LinkError: malformed signature ",
    ]
    assert lines[6].startswith("TypeError")
    assert lines[7] == lines[8] == "LinkError: missing imported function: 'env.twice'"
    assert lines[9:] == ["LinkError: env.twice is already linked", "5"]


def test_an_exception_in_a_callable_comes_out_of_the_call(arithmetic: Path) -> None:
    script = """
m = load()
class Mine(Exception):
    pass
answers = [Mine("why"), "text", 1 << 40, None, KeyboardInterrupt(), 4]
def host(x):
    answer = answers.pop(0)
    if isinstance(answer, BaseException):
        raise answer
    return answer
m.link("env", "twice", "i(i)", host)
f = m.find("twice_plus")
for _ in range(6):
    try:
        print(f(1, 1))
    except BaseException as caught:
        print(type(caught).__name__, caught)
"""
    lines = board(script, arithmetic)
    assert lines[0] == "Mine why"
    assert [line.split()[0] for line in lines[1:]] == [
        "TypeError",
        "OverflowError",
        "TypeError",
        "KeyboardInterrupt",
        "5",
    ]


def test_a_callable_may_call_back_until_the_stack_is_full(arithmetic: Path) -> None:
    script = """
m = load(stack_bytes=1024)
depth = 0
def host(x):
    global depth
    depth += 1
    return m.find("twice_plus")(x, 1) if x < 0 or depth < 4 else x
m.link("env", "twice", "i(i)", host)
print(m.find("twice_plus")(5, 1))
said = error(m.find("twice_plus"), -1, 1)
print(said == "Trap: [trap] stack overflow" or said.startswith("RuntimeError"), depth > 10)
print(m.find("i32")(3))
"""
    assert board(script, arithmetic) == ["9", "True True", "3"]


def test_memory_is_collected_while_a_call_runs(arithmetic: Path) -> None:
    script = """
def host(x):
    junk = [bytearray(100) for _ in range(50)]
    gc.collect()
    return x + len(junk)
f = load(memory_bytes=300)
f.link("env", "twice", "i(i)", host)
f = f.find("twice_plus")
del host
print(sum(f(i, 0) for i in range(200)))
"""
    assert board(script, arithmetic) == [str(sum(range(200)) + 200 * 50)]


def test_the_start_function_runs_once_before_the_first_call(tmp_path: Path) -> None:
    script = """
m = load()
notes = []
print(error(m.find, "ready"))
m.link("env", "note", "v(i)", notes.append)
print(m.find("ready")(), m.find("ready")(), notes)
"""
    lines = board(script, write_wasm(tmp_path, "start", START))
    assert lines == ["LinkError: missing imported function: 'env.note'", "1 1 [7]"]


def test_a_start_function_at_index_0_runs(tmp_path: Path) -> None:
    wasm = write_wasm(tmp_path, "start", START_AT_INDEX_0)
    assert board('print(load().find("ready")())', wasm) == ["1"]


def test_a_start_function_that_traps_stops_every_call(tmp_path: Path) -> None:
    text = '(module (func $s unreachable) (func (export "f")) (start $s))'
    script = 'm = load()\nprint(error(m.find, "f"))\nprint(error(m.find, "f"))'
    assert (
        board(script, write_wasm(tmp_path, "start", text))
        == ["Trap: [trap] unreachable executed"] * 2
    )


def test_a_closed_runtime_gives_everything_back_and_refuses(arithmetic: Path) -> None:
    script = """
before = wasm3.allocated()
r = wasm3.Runtime()
m = r.load(wasm)
m.link("env", "twice", "i(i)", lambda x: r.close())
f, g, view = m.find("i32"), m.find("twice_plus"), m.memory
print(error(r.load, wasm))
print(error(g, 1, 1))
r.close()
print(wasm3.allocated() - before, error(f, 1), bytes(view[:5]))
print(error(lambda: m.find("i32")), error(lambda: m.compile()), error(lambda: m.memory))
n = r.load(wasm)
print(error(f, 1), n.find("i32")(4))
r.close(), r.close()
print(wasm3.allocated() - before)
"""
    closed = "Error: the Runtime is closed"
    assert board(script, arithmetic) == [
        "LoadError: this Runtime already holds a module",
        "Error: a call is running in this Runtime",
        f"0 {closed} b''",
        f"{closed} {closed} {closed}",
        f"{closed} 4",
        "0",
    ]


def test_10000_modules_come_and_go(arithmetic: Path) -> None:
    script = """
def once():
    m = load(memory_bytes=300)
    m.link("env", "twice", "i(i)", abs)
    return m.find("twice_plus")(-3, 1)
def cycle(count):
    for _ in range(count):
        assert once() == 4
    gc.collect()
    return wasm3.allocated()
one = once() and wasm3.allocated()
print(one > 5000, cycle(10000) < 4 * one)
"""
    # The collector is conservative: a stale word on the stack may keep a module or two.
    assert board(script, arithmetic, heap="128k") == ["True True"]


def test_10000_explicit_closes_leave_nothing(arithmetic: Path) -> None:
    script = """
before = wasm3.allocated()
r = wasm3.Runtime(memory_bytes=300)
for _ in range(10000):
    r.load(wasm).find("i32")(1)
    r.close()
print(wasm3.allocated() - before)
"""
    assert board(script, arithmetic, heap="128k") == ["0"]
