"""rune.Container: granted imports, the manifest's calls, running, and refusals."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.board import firmware_path
from tests.native.rune_board import OWN_IMPORTS, OWN_RUNE, PRELUDE, board
from tests.native.wasm_sources import write_wasm

LOAD = f"""
wasm = open(sys.argv[1], "rb").read()
granted = {OWN_IMPORTS!r}
def load(memory_bytes=64):
    return wasm3.Runtime(memory_bytes=memory_bytes).load(wasm)
def pipeline(ring, seed=7):
    p = rune.Pipeline((("u32", (1, 4), 16, 0),), 16)
    p.add_capability(rune.Random(seed), 0)
    p.add_output(1, 3, ring, (0,))
    return p
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_wasm(tmp_path_factory.mktemp("rune"), "own", OWN_RUNE)


def run(script: str, wasm: Path, **options: str) -> list[str]:
    return board(LOAD + script, wasm, **options)


def test_a_rune_asks_then_runs(own: Path) -> None:
    script = """
host, ring = Host(), rune.Ring(1000)
c = rune.Container(load(), host, granted)
print(c.pipeline, c.manifest(), host.log)
c.pipeline = pipeline(ring)
print(c.call(), c.call(2))
records(ring)
print(len(bytes(c.pipeline.tensor(0))))
"""
    lines = run(script, own)
    log = [("capability", 1), ("param", 1, "amount", b"\4\0\0\0", 1), ("open", 0), ("output", 1)]
    assert lines[0] == f"None 1 {log!r}".replace("b'\\x04", "b'\\x04")
    assert lines[1] == "None None"
    rows = [json.loads(line[6:]) for line in lines[2:5]]
    assert all(row["channel"] == 3 and row["dimensions"] == [1, 4] for row in rows)
    assert rows[0]["elements"] != rows[1]["elements"]
    assert lines[5] == "16"


def test_every_host_function_has_a_name() -> None:
    names = eval(board("print(rune.imports())")[0])
    assert len(names) == len(set(names)) == 15
    assert {"runic.run", "env._debug", "env.rune_resource_close", "env.tfm_model_invoke"} <= set(
        names
    )


@pytest.mark.parametrize("missing", OWN_IMPORTS)
def test_what_is_not_granted_is_not_linked(own: Path, missing: str) -> None:
    script = f"""
granted = tuple(name for name in granted if name != {missing!r})
print(error(rune.Container, load(), Host(), granted))
"""
    module, name = missing.split(".")
    assert run(script, own) == [f"LinkError: missing imported function: '{module}.{name}'"]


def test_grants_that_nobody_imports_do_no_harm(own: Path) -> None:
    script = "print(error(rune.Container, load(), Host(), rune.imports()))"
    assert run(script, own) == ["no error"]


@pytest.mark.parametrize(
    "name", ["env.system", "runic", "", "env.", ".run", "runic.runs", "*.run"]
)
def test_an_unknown_grant_is_an_error(own: Path, name: str) -> None:
    script = f"print(error(rune.Container, load(), Host(), granted + ({name!r},)))"
    assert run(script, own) == [f"ValueError: no host function {name}"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('(module (func (export "_call") (param i32 i32 i32) (result i32) i32.const 0))',
         "LinkError: no exported function _manifest"),
        ('(module (func (export "_manifest") (result i32) i32.const 1))',
         "LinkError: no exported function _call"),
        ('(module (func (export "_manifest")))', "LinkError: _manifest is v(), not i()"),
        ('(module (import "runic" "run" (func (param i32) (result i32))))',
         "LinkError: runic.run is imported as i(i), not i(ii)"),
        ('(module (import "env" "request_output" (func (param f32) (result i32))))',
         "LinkError: env.request_output is imported as i(f), not i(i)"),
    ],
)  # fmt: skip
def test_modules_that_are_no_runes_are_refused(tmp_path: Path, text: str, said: str) -> None:
    script = "print(error(rune.Container, load(), Host(), rune.imports()))"
    assert run(script, write_wasm(tmp_path, "bad", text)) == [said]


def test_running_needs_a_pipeline_and_its_stages(own: Path) -> None:
    script = """
c = rune.Container(load(), Host(), granted)
print(error(c.call))
c.pipeline = rune.Pipeline((), 0)
print(error(c.call))
def give(value):
    c.pipeline = value
print(error(give, 5))
print(error(c.call, "x"), c.call(0), c.call(-5))
"""
    assert run(script, own) == [
        "GuestError: run: the container has no pipeline",
        "ValueError: no stages of that range",
        "TypeError: a rune.Pipeline is wanted",
        "TypeError: an integer is wanted None None",
    ]


def test_errors_of_the_host_come_out_as_they_are(own: Path) -> None:
    script = """
class Refusing(Host):
    def request_output(self, kind):
        raise KeyError("no output")
c = rune.Container(load(), Refusing(), granted)
print(error(c.manifest))
class Wrong(Host):
    def request_output(self, kind):
        return "three"
print(error(rune.Container(load(), Wrong(), granted).manifest))
print(error(rune.Container(load(), object(), granted).manifest))
"""
    lines = run(script, own)
    assert lines[0] == "KeyError: no output"
    assert lines[1].startswith("TypeError") and lines[2].startswith("AttributeError")


def test_a_failing_stage_stops_the_call_and_not_the_container(own: Path) -> None:
    script = """
class Moody(Bytes):
    calls = 0
    def readinto(self, buffer):
        Moody.calls += 1
        if Moody.calls == 3:
            raise ValueError("sensor")
        return len(buffer)
ring = rune.Ring(1000)
c = rune.Container(load(), Host(), granted)
c.pipeline = rune.Pipeline((("u32", (1, 4), 16, 0),), 16)
c.pipeline.add_capability(Moody(b""), 0)
c.pipeline.add_output(1, 3, ring, (0,))
print(error(c.call, 5), Moody.calls, c.calls)
print(error(c.call, 5), Moody.calls, c.calls)
"""
    assert run(script, own) == ["ValueError: sensor 3 2", "no error 8 7"]


def test_a_steady_call_allocates_nothing(own: Path) -> None:
    script = """
ring = rune.Ring(500)
c = rune.Container(load(), Host(), granted)
c.pipeline = pipeline(ring)
c.pipeline.timing = True
c.manifest()
c.call()
buffer = bytearray(300)
micropython.heap_lock()
c.call(1000)
count = ring.read_into(buffer)
micropython.heap_unlock()
print(count > 0)
"""
    assert run(script, own) == ["True"]


def test_a_driver_in_python_allocates_nothing_either(own: Path) -> None:
    script = """
class Ramp:
    def readinto(self, buffer):
        buffer[0] = 1
        return 16
c = rune.Container(load(), Host(), granted)
c.pipeline = rune.Pipeline((("u32", (1, 4), 16, 0),), 16)
c.pipeline.add_capability(Ramp(), 0)
c.pipeline.add_output(1, 3, rune.Ring(500), (0,))
c.call()
micropython.heap_lock()
c.call(100)
micropython.heap_unlock()
print("done")
"""
    assert run(script, own) == ["done"]


def test_several_containers_run_side_by_side(own: Path) -> None:
    script = """
def start(seed):
    ring = rune.Ring(200)
    c = rune.Container(load(), Host(), granted)
    c.pipeline = pipeline(ring, seed)
    c.manifest()
    return c, ring
running = [start(seed) for seed in (1, 2, 3, 1)]
for _ in range(20):
    for c, ring in running:
        c.call()
    gc.collect()
last = [bytes(c.pipeline.tensor(0)) for c, ring in running]
print(len(set(last)), last[0] == last[3])
del running[1]
gc.collect()
for c, ring in running:
    c.call(10)
    records(ring)
"""
    lines = run(script, own)
    assert lines[0] == "3 True" and len(lines) == 1 + 3


def test_containers_come_and_go_without_a_trace(own: Path) -> None:
    script = """
def once():
    runtime = wasm3.Runtime(memory_bytes=64)
    c = rune.Container(runtime.load(wasm), Host(), granted)
    c.pipeline = pipeline(rune.Ring(200))
    c.manifest()
    c.call(3)
    runtime.close()
    return error(c.call)
for _ in range(1000):
    said = once()
print(said, wasm3.allocated())
"""
    assert run(script, own, heap="128k") == ["Error: the Runtime is closed 0"]


def test_calls_before_one_that_fails_are_counted_with_their_time(tmp_path: Path) -> None:
    text = """(module (global $n (mut i32) (i32.const 0))
      (func (export "_manifest") (result i32) i32.const 1)
      (func (export "_call") (param i32 i32 i32) (result i32)
        global.get $n  i32.const 1  i32.add  global.set $n
        global.get $n  i32.const 8  i32.eq  if unreachable end
        global.get $n  i32.const 11  i32.eq))"""
    script = """
c = rune.Container(load(), Host(), ())
def give(value):
    c.times = value
print(error(give, None), error(give, {}))
c.call(2)
c.times = times = rune.Times()
c.call(3)
print(times.calls, c.calls, times.max_us == times.last_us)
print(error(c.call, 5), times.calls)
print(error(c.call, 5), times.calls, c.calls)
c.close()
print(error(c.call), times.calls)
"""
    assert run(script, write_wasm(tmp_path, "r", text)) == [
        "TypeError: a rune.Times is wanted TypeError: a rune.Times is wanted",
        "3 5 True",
        "Trap: [trap] unreachable executed 5",
        "GuestError: _call: returned 1 7 9",
        "ValueError: the Container is closed 7",
    ]


def test_times_start_over_before_they_are_no_small_integers(own: Path) -> None:
    script = """
times = rune.Times()
most = 0x3fffffff
times.add(1, most)
print(times.last_us == most, times.max_us == most, times.total_ms, times.rest_us)
times.add(most, 999)
print(times.calls, times.last_us, times.max_us == most, times.total_ms, times.rest_us)
times.add(0, 5)
print(error(times.add, "x", 0))
"""
    assert run(script, own) == [
        "True True 1073741 823",
        "0 0 True 1073742 822",
        "TypeError: an integer is wanted",
    ]


def test_a_nonzero_answer_is_an_error(tmp_path: Path) -> None:
    text = """(module (func (export "_manifest") (result i32) i32.const 1)
      (func (export "_call") (param i32 i32 i32) (result i32) i32.const -7))"""
    script = """
c = rune.Container(load(), Host(), ())
print(c.manifest(), error(c.call))
"""
    assert run(script, write_wasm(tmp_path, "r", text)) == ["1 GuestError: _call: returned -7"]


def test_a_trap_in_call_is_named(tmp_path: Path) -> None:
    text = """(module (func (export "_manifest") (result i32) unreachable)
      (func (export "_call") (param i32 i32 i32) (result i32)
        (i32.div_u (i32.const 1) (i32.const 0))))"""
    script = """
c = rune.Container(load(), Host(), ())
print(error(c.manifest), error(c.call))
"""
    assert run(script, write_wasm(tmp_path, "r", text)) == [
        "Trap: [trap] unreachable executed Trap: [trap] integer divide by zero"
    ]


def test_control_c_stops_a_long_call(own: Path) -> None:
    script = """
c = rune.Container(load(), Host(), granted)
c.pipeline = pipeline(rune.Ring(500))
print("ready")
try:
    c.call(1 << 29)
except KeyboardInterrupt:
    print("stopped", c.calls > 0, error(c.call))
"""
    command = [str(firmware_path()), "-c", PRELUDE + LOAD + script, str(own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=10)[0] == "stopped True no error\n"


def test_the_native_loop_does_the_same_work(own: Path) -> None:
    script = """
first, second = rune.Ring(500), rune.Ring(500)
c = rune.Container(load(), Host(), granted)
c.pipeline = pipeline(first)
c.call(3)
rune.native_loop(pipeline(second), 3)
records(first)
records(second)
print(error(rune.native_loop, c, 1))
"""
    lines = run(script, own)
    assert lines[0:3] == lines[3:6] and lines[6].startswith("TypeError")
