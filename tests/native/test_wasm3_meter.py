"""wasm3 on the board: what a call may spend, in fuel and in time, and what stops it."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.board import firmware_path
from tests.native.test_wasm3_calls import LOAD, board
from tests.native.wasm_sources import write_wasm

# `count(n)` goes round its loop n times; `calls(n)` calls a function n times without a loop.
METERED = """
(module
  (import "env" "host" (func $host (param i32)))
  (memory (export "memory") 1)
  (func (export "count") (param i32) (result i32) (local i32)
    loop
      local.get 1  i32.const 1  i32.add  local.tee 1
      local.get 0  i32.lt_u  br_if 0
    end
    local.get 1)
  (func $down (export "calls") (param i32) (result i32)
    local.get 0  i32.eqz  if (result i32) i32.const 7
    else local.get 0  i32.const 1  i32.sub  call $down end)
  (func (export "for_ever") loop br 0 end)
  (func (export "by_table") (param i32) loop local.get 0  br_table 0 0 0 end)
  (func (export "outwards") loop loop br 1 end end)
  (func (export "carrying") (result i32) loop (result i32) i32.const 1  br_if 0  i32.const 2 end)
  (func (export "growing") (result i32)
    loop  i32.const 1  memory.grow  i32.const -1  i32.ne  br_if 0 end
    memory.size)
  (func (export "asking") (param i32) (local i32)
    loop
      local.get 1  call $host
      local.get 1  i32.const 1  i32.add  local.tee 1
      local.get 0  i32.lt_u  br_if 0
    end)
)
"""
# What is jumped over would pay for what is not, in code that goes straight on.
SKIPS = f"{'nop ' * 55} block local.get 0 br_if 0 {'nop ' * 60} end "
OTHER_WAY = f"{'nop ' * 55} local.get 0 i32.eqz if {'nop ' * 60} else nop end "
IN_A_ROW = f"""
(module (memory 1)
  (func (export "few") {"nop " * 60})
  (func (export "many") {"nop " * 6400})
  (func (export "skips") (param i32) {SKIPS * 100})
  (func (export "other_way") (param i32) {OTHER_WAY * 100})
  (func (export "endless") (param f64)
    loop local.get 0 {"f64.sqrt " * 6400} drop br 0 end))
"""
SET_UP = """
runtime = wasm3.Runtime(stack_bytes=65536, memory_bytes=None)
m = runtime.load(wasm)
m.link("env", "host", "v(i)", lambda i: host(i))
def host(i):
    pass
def spent(name, *arguments):
    return error(m.find(name), *arguments), runtime.spent
"""


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("wasm"), "metered", METERED)


def run(script: str, wasm: Path, heap: str = "1m") -> list[str]:
    return board(SET_UP + script, wasm, heap=heap)


def test_a_unit_is_a_function_entered_or_a_branch_back(metered: Path) -> None:
    script = """
for n in (1, 2, 10, 1022, 1023, 1024, 1025, 5000, 100000):
    print(spent("count", n)[1] - n, end=" ")
for n in (0, 1, 10, 200):
    print(spent("calls", n)[1] - n, end=" ")
"""
    # The last time round a loop goes on, not back.
    assert run(script, metered)[0].split() == ["0"] * 9 + ["1"] * 4


def test_code_in_a_row_spends_by_its_weight(tmp_path: Path) -> None:
    """A round of a loop was one unit, though 8,000 square roots take a small core a second."""
    wasm = write_wasm(tmp_path, "in_a_row", IN_A_ROW)
    script = """
runtime = wasm3.Runtime(stack_bytes=4096)
m = runtime.load(wasm)
def spent(name, *arguments):
    return error(m.find(name), *arguments), runtime.spent
print([spent(*call)[1] for call in (("few",), ("many",))])
print([spent(name, 1)[1] >= 100 * 56 // 64 for name in ("skips", "other_way")])
runtime.fuel = 5000
print(spent("endless", 2.0))
"""
    assert board(script, wasm) == [
        "[1, 101]",
        "[True, True]",
        "('Trap: [trap] out of fuel', 5000)",
    ]


@pytest.mark.parametrize("n", [5, 1024, 1025, 3000])
def test_fuel_is_enough_to_the_unit(metered: Path, n: int) -> None:
    script = f"""
runtime.fuel = {n}
print(spent("count", {n}), spent("count", {n + 1}), spent("count", {n}))
"""
    stopped = f"('Trap: [trap] out of fuel', {n})"
    fine = f"('no error', {n})"
    assert run(script, metered) == [f"{fine} {stopped} {fine}"]


@pytest.mark.parametrize("call", ['"for_ever"', '"by_table", 1', '"outwards"', '"carrying"'])
def test_an_endless_loop_stops_and_the_module_runs_on(metered: Path, call: str) -> None:
    script = f"""
runtime.fuel = 20000
print(spent({call}), m.find("count")(50))
"""
    assert run(script, metered) == ["('Trap: [trap] out of fuel', 20000) 50"]


def test_endless_recursion_stops_by_fuel_where_the_stack_is_deep_enough(metered: Path) -> None:
    script = """
runtime.fuel = 100
print(spent("calls", -1))
runtime.fuel = None
print(spent("calls", -1)[0])
"""
    lines = run(script, metered)
    assert lines == ["('Trap: [trap] out of fuel', 100)", "Trap: [trap] stack overflow"]


def test_fuel_is_given_anew_at_each_outermost_call(metered: Path) -> None:
    script = """
runtime.fuel = 2000
count = m.find("count")
print(all(count(2000) == 2000 for _ in range(20)))
def host(i):
    count(900)
print(spent("asking", 2))
print(spent("asking", 3))
"""
    # A call made by a host function spends what its caller has.
    assert run(script, metered) == [
        "True",
        "('no error', 1802)",
        "('Trap: [trap] out of fuel', 2000)",
    ]


def test_memory_that_grows_keeps_the_count(metered: Path) -> None:
    script = """
runtime.fuel = 8
print(spent("growing"))
m = wasm3.Runtime(memory_bytes=400000).load(wasm)
print(m.find("growing")())
"""
    lines = run(script, metered, heap="8m")
    assert lines == ["('Trap: [trap] out of fuel', 8)", "7"]


def test_a_module_without_memory_of_its_own_is_metered(tmp_path: Path) -> None:
    text = '(module (func (export "f") loop br 0 end))'
    script = """
runtime = wasm3.Runtime()
f = runtime.load(wasm).find("f")
runtime.fuel = 3
print(error(f), runtime.spent)
"""
    lines = board(script, write_wasm(tmp_path, "bare", text))
    assert lines == ["Trap: [trap] out of fuel 3"]


def test_a_start_function_spends_too(tmp_path: Path) -> None:
    text = '(module (start $s) (func $s loop br 0 end) (func (export "f")))'
    script = """
runtime = wasm3.Runtime()
m = runtime.load(wasm)
runtime.fuel = 3000
print(error(m.find, "f"), runtime.spent)
"""
    lines = board(script, write_wasm(tmp_path, "start", text))
    assert lines == ["Trap: [trap] out of fuel 3000"]


def test_no_fuel_at_all_runs_nothing(metered: Path) -> None:
    script = 'runtime.fuel = 0\nprint(spent("count", 1), m.exports[0][0])'
    assert run(script, metered) == ["('Trap: [trap] out of fuel', 0) memory"]


@pytest.mark.parametrize("call", ['"for_ever"', '"asking", -1'])
def test_a_deadline_stops_what_fuel_does_not(metered: Path, call: str) -> None:
    script = f"""
runtime.deadline_ms = 20
print(error(m.find, "for_ever"), spent({call})[0], runtime.spent > 0, m.find("count")(50))
"""
    assert run(script, metered) == ["no error Trap: [trap] deadline exceeded True 50"]


def test_a_slow_host_function_is_followed_by_a_look_at_the_clock(metered: Path) -> None:
    script = """
import time
def host(i):
    time.sleep_ms(30)
runtime.deadline_ms = 20
print(spent("asking", 1000))
"""
    # The clock starts at the first look, after the first call; the second look is too late.
    assert run(script, metered) == ["('Trap: [trap] deadline exceeded', 2)"]


def test_the_deadline_of_the_outer_call_holds_in_the_inner_runtime(metered: Path) -> None:
    script = """
inner = wasm3.Runtime()
for_ever = inner.load(wasm).find("for_ever")
def host(i):
    for_ever()
runtime.deadline_ms = 20
print(spent("asking", 1)[0], inner.deadline_ms, runtime.deadline_ms)
"""
    assert run(script, metered) == ["Trap: [trap] deadline exceeded None 20"]


def test_limits_are_none_or_numbers_in_range(metered: Path) -> None:
    script = """
def put(name, value):
    return error(setattr, runtime, name, value)
print(runtime.fuel, runtime.deadline_ms, runtime.spent)
for name, value in (("fuel", -1), ("fuel", 1 << 63), ("fuel", "x"), ("deadline_ms", -1),
        ("deadline_ms", 1 << 31), ("spent", 1), ("fuel", 1 << 64)):
    print(put(name, value).split(":")[0], end=" ")
runtime.fuel = (1 << 63) - 1
runtime.deadline_ms = (1 << 31) - 1
print(runtime.fuel, runtime.deadline_ms)
"""
    lines = run(script, metered)
    assert lines[0] == "None None 0"
    assert lines[1].split() == [
        *("ValueError", "ValueError", "TypeError", "ValueError", "ValueError"),
        *("AttributeError", "OverflowError", str(2**63 - 1), str(2**31 - 1)),
    ]


def test_ctrl_c_stops_a_loop_without_calls(metered: Path) -> None:
    script = f"""{LOAD}{SET_UP}
try:
    print("ready")
    m.find("for_ever")()
except KeyboardInterrupt:
    print("stopped", m.find("count")(9))
"""
    command = [str(firmware_path()), "-c", script, str(metered)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.3)  # until the loop has begun, or else this shows less
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == b"stopped 9\n"
