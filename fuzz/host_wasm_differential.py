"""Run modules grown at random in the firmware and in wasmtime: results, memory and traps agree.

Usage: python -m fuzz.host_wasm_differential SEED SECONDS FIRMWARE. A batch of modules, loops and
recursion included, runs in one process of the firmware; each function is called with a few sets of
arguments. Where fuel or stack ends it differs, so nothing is compared of a module after that.
Floats are compared as the board has them, in single precision. The seed gives the same modules.
"""

import hashlib
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import wasmtime

from tests.native.wasm_answers import plain, shown
from tests.native.wasm_growing import grown_module

_BATCH = 100
_PAGES = 3
_HEAP = "8m"
_BOARD_FUEL = 3000
# wasmtime counts instructions: this is more than the board's fuel lets through.
_FUEL = 3_000_000
_TIMEOUT_S = 120
# What ends a call in one machine and not in the other.
_ENDS_EARLY = ("out of fuel", "stack overflow")
_INTEGERS = (3, -1, 2**31 - 1)
# Exact in single precision, which the board's own floats have.
_FLOATS = (1.5, -0.0, 2.0**99)
_ON_BOARD = f"""
import hashlib, struct, sys, wasm3
INTEGERS, FLOATS = {_INTEGERS}, {_FLOATS}
def shown(value):
    return struct.pack("<f", value).hex() if isinstance(value, float) else str(value)
def call(function, kinds, turn):
    try:
        return shown(function(*[(FLOATS if kind in "fF" else INTEGERS)[turn] for kind in kinds]))
    except wasm3.Trap as trap:
        return str(trap)
def run(module):
    for turn in range(len(INTEGERS)):
        for name, kind, signature in module.exports:
            if kind == "function":
                said = call(module.find(name), signature[signature.index("(") + 1:-1], turn)
                print(said)
                if said in ("[trap] out of fuel", "[trap] stack overflow"):
                    return
    for name in sorted(module.globals):
        print(shown(module.globals[name]))
    print(hashlib.sha256(bytes(module.memory)).digest()[:8].hex())
with open(sys.argv[1], "rb") as modules:
    while head := modules.read(4):
        runtime = wasm3.Runtime(stack_bytes=8192)
        runtime.fuel = {_BOARD_FUEL}
        run(runtime.load(modules.read(struct.unpack("<I", head)[0])))
        print("end")
        runtime.close()
"""
# A part of wasmtime's message, and wasm3's name for it.
_TRAPS = {
    "all fuel consumed": "[trap] out of fuel",
    "call stack exhausted": "[trap] stack overflow",
    "out of bounds memory access": "[trap] out of bounds memory access",
    "undefined element": "[trap] undefined element",
    "uninitialized element": "[trap] null table element",
    "indirect call type mismatch": "[trap] indirect call type mismatch",
    "integer overflow": "[trap] integer overflow",
    "integer divide by zero": "[trap] integer divide by zero",
    "invalid conversion to integer": "[trap] invalid conversion to integer",
    "unreachable": "[trap] unreachable executed",
}


def _trap_name(error: Exception) -> str:
    said = str(error)
    return next((name for part, name in _TRAPS.items() if part in said), said)


def _right_answers(engine: wasmtime.Engine, data: bytes) -> Iterator[str]:
    """Yield what each call gives, the globals, and the memory's hash, as the board prints them."""
    store = wasmtime.Store(engine)
    instance = wasmtime.Instance(store, wasmtime.Module(engine, data), [])
    exports = instance.exports(store)
    functions = [one for one in exports.values() if isinstance(one, wasmtime.Func)]
    for turn in range(len(_INTEGERS)):
        for function in functions:
            yield _call(store, function, turn)
    for name in sorted(name for name in exports if name.startswith("g")):
        variable = exports[name]
        assert isinstance(variable, wasmtime.Global)
        yield shown(variable.value(store))
    memory = exports["m"]
    assert isinstance(memory, wasmtime.Memory)
    yield hashlib.sha256(bytes(memory.read(store))).digest()[:8].hex()


def _call(store: wasmtime.Store, function: wasmtime.Func, turn: int) -> str:
    kinds = [str(kind) for kind in function.type(store).params]
    store.set_fuel(_FUEL)
    try:
        return shown(
            function(store, *((_FLOATS if k[0] == "f" else _INTEGERS)[turn] for k in kinds))
        )
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        return _trap_name(error)


def _board_answers(firmware: Path, modules: list[bytes]) -> list[list[str]]:
    """What the firmware printed for each module. Raises CalledProcessError when it crashed."""
    with tempfile.NamedTemporaryFile(suffix=".modules") as file:
        file.write(b"".join(struct.pack("<I", len(data)) + data for data in modules))
        file.flush()
        command = [str(firmware), "-X", f"heapsize={_HEAP}", "-c", _ON_BOARD, file.name]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
    if done.returncode != 0:
        print(done.stderr[-4000:])
        done.check_returncode()
    parts = done.stdout.split("end\n")[:-1]
    return [[plain(line) for line in part.split("\n")[:-1]] for part in parts]


def _differs(engine: wasmtime.Engine, data: bytes, said: list[str], kinds: Counter[str]) -> str:
    """Return the first difference, or nothing. Counts how calls ended."""
    for mine, right in zip(said, _right_answers(engine, data), strict=False):
        kinds[mine if mine.startswith("[") else "result"] += 1
        if any(name in mine or name in right for name in _ENDS_EARLY):
            return ""
        if mine != right:
            return f"{mine}, not {right}"
    return ""


def _check_batch(
    engine: wasmtime.Engine, firmware: Path, chance: random.Random, kinds: Counter[str]
) -> int:
    modules = [grown_module(chance, exact=True, most_pages=_PAGES) for _ in range(_BATCH)]
    wrong = 0
    for data, said in zip(modules, _board_answers(firmware, modules), strict=True):
        difference = _differs(engine, data, said, kinds)
        if difference:
            wrong += 1
            print(f"fuzz: {data.hex()}\n  gives {difference}")
    return wrong


def main() -> int:
    """Run batches for the time given; return 1 if anything differed or crashed."""
    seed, seconds, firmware = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    config = wasmtime.Config()
    config.consume_fuel = True
    # To compile takes most of the time.
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    engine, chance = wasmtime.Engine(config), random.Random(seed)
    until, kinds = time.monotonic() + seconds, Counter[str]()
    modules = wrong = 0
    while time.monotonic() < until and wrong == 0:
        wrong += _check_batch(engine, firmware, chance, kinds)
        modules += _BATCH
    print(f"fuzz: {modules} modules, {wrong} wrong; {dict(kinds.most_common())}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
