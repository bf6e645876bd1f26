"""wasm3 objects whose Runtime is closed, or whose file is gone from mapped flash."""

from pathlib import Path

from tests.board import run_ok
from tests.native.test_wasm3_calls import LOAD
from tests.native.wasm_sources import ARITHMETIC, TRAPS, write_wasm


def board(script: str, wasm: Path) -> list[str]:
    return run_ok(LOAD + script, wasm).splitlines()


def test_a_function_of_a_closed_runtime_raises_whatever_is_there_now(tmp_path: Path) -> None:
    script = """
runtime = wasm3.Runtime(memory_bytes=256)
function = runtime.load(wasm).find("i32")
runtime.close()
gc.collect()
filler = [b"\\xff" * size for size in range(16, 2000, 16)]
print(error(function, 1), error(function))
"""
    said = "Error: the Runtime is closed"
    assert board(script, write_wasm(tmp_path, "a", ARITHMETIC)) == [f"{said} {said}"]


def test_an_argument_that_closes_the_runtime_is_too_late(tmp_path: Path) -> None:
    script = """
class Closer:
    def __float__(self):
        runtime.close()
        return 1.0
runtime = wasm3.Runtime(memory_bytes=256)
function = runtime.load(wasm).find("mix")
print(error(function, 1, 2, Closer(), 4.0))
"""
    lines = board(script, write_wasm(tmp_path, "a", ARITHMETIC))
    assert lines[0].startswith(("Error: the Runtime is closed", "TypeError"))


def test_a_trap_may_find_its_runtime_closed_by_what_was_scheduled(tmp_path: Path) -> None:
    script = """
import micropython
runtime = wasm3.Runtime(memory_bytes=256)
module = runtime.load(wasm)
module.link("env", "f", "v()", lambda: micropython.schedule(close, None))
def close(_):
    runtime.close()
print(error(module.find("trap")), error(lambda: module.find("trap")))
"""
    text = '(module (import "env" "f" (func $f)) (func (export "trap") call $f unreachable))'
    lines = board(script, write_wasm(tmp_path, "trap", text))
    assert lines[0].endswith("Error: the Runtime is closed")


LET_GO = """
import console
flash = console.map(sys.argv[1])
m = wasm3.Runtime(memory_bytes=256).load(flash)
"""


def test_code_whose_file_was_let_go_traps(tmp_path: Path) -> None:
    script = """
ready = m.find("unreachable")
flash.close()
print(error(m.find, ""), error(m.find, "load"), error(m.compile))
print(error(ready))
"""
    lines = board(LET_GO + script, write_wasm(tmp_path, "traps", TRAPS))
    assert lines[-1] == "Trap: [trap] unreachable executed"


def test_lists_of_a_file_that_was_let_go_name_nothing_that_is_not_there(tmp_path: Path) -> None:
    text = '(module (import "env" "a_long_name" (func)) (memory (export "memory") 1))'
    script = """
flash.close()
print(m.imports, set(m.exports), m.globals, error(m.find, ""))
"""
    lines = board(LET_GO + script, write_wasm(tmp_path, "long", text))
    assert lines == [
        "(('', '', 'v()'),) {('', 'function', 'v()')} {} LinkError: no exported function "
    ]


def test_a_module_without_functions_lists_none_when_its_file_was_let_go(tmp_path: Path) -> None:
    text = '(module (memory (export "memory") 1))'
    lines = board(
        LET_GO + "flash.close()\nprint(m.exports, error(m.find, ''))",
        write_wasm(tmp_path, "memory", text),
    )
    assert lines == ["() LinkError: no exported function "]


def test_a_function_that_does_not_compile_is_not_run_the_second_time(tmp_path: Path) -> None:
    text = """(module (import "env" "f" (func $f)) (func $inner call $f)
      (func (export "outer") call $inner))"""
    script = """
runtime = wasm3.Runtime(memory_bytes=256)
module = runtime.load(wasm)
outer = module.find("outer")
print(error(outer))
print(error(outer))
runtime.close()
module = runtime.load(wasm)
module.link("env", "f", "v()", lambda: print("linked"))
module.find("outer")()
"""
    lines = board(script, write_wasm(tmp_path, "lazy", text))
    assert lines[0].startswith("LinkError: missing imported function")
    assert lines[1:] == [
        "Error: a call met code that does not compile: close the Runtime",
        "linked",
    ]
