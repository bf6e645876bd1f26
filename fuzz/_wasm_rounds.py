"""What the targets share that run modules grown at random on a board and in wasmtime.

Each function is called with a few sets of arguments; results, traps by name, globals and memory
are to be the same. Where fuel or stack ends it differs, so nothing is compared of a module after
that. Floats are compared as the board has them, in single precision.
"""

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import wasmtime

from fuzz import _wasm_imports
from tests.native.wasm_answers import plain, shown
from tests.native.wasm_growing import grown_module

_BOARD_FUEL = 500
# wasmtime counts instructions: this is more than the board's fuel lets through.
_FUEL = 1_000_000
# What ends a call in one machine and not in the other.
_ENDS_EARLY = ("out of fuel", "stack overflow")
_INTEGERS = (3, -1, 2**31 - 1)
# Exact in single precision, which the board's own floats have.
_FLOATS = (1.5, -0.0, 2.0**99)
ON_BOARD = f"""
import hashlib, struct, sys, wasm3
{Path(_wasm_imports.__file__).read_text()}
INTEGERS, FLOATS = {_INTEGERS}, {_FLOATS}
def shown(value):
    return struct.pack("<f", value).hex() if isinstance(value, float) else str(value)
def call(function, kinds, turn):
    try:
        return shown(function(*[(FLOATS if kind in "fF" else INTEGERS)[turn] for kind in kinds]))
    except wasm3.Trap as trap:
        return str(trap)
def call_all(module):
    for turn in range(len(INTEGERS)):
        for name, kind, signature in module.exports:
            if kind == "function":
                said = call(module.find(name), signature[signature.index("(") + 1:-1], turn)
                print(said)
                if said in ("[trap] out of fuel", "[trap] stack overflow"):
                    return
    for name in sorted(module.globals):
        print(shown(module.globals[name]))
    print(hashlib.sha256(module.memory).digest()[:8].hex())
def run(data):
    runtime = wasm3.Runtime(stack_bytes=8192)
    runtime.fuel = {_BOARD_FUEL}
    module = runtime.load(data)
    for place, name, signature in module.imports:
        module.link(place, name, signature, imported(signature))
    call_all(module)
    print("end")
    runtime.close()
"""
"""Defines `run`, which prints what the calls to a module give."""
_LETTERS = {"i32": "i", "i64": "I", "f32": "f", "f64": "F"}
_MOST_IMPORTS = 3
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
    module = wasmtime.Module(engine, data)
    instance = wasmtime.Instance(store, module, _imports(store, module))
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


def _imports(store: wasmtime.Store, module: wasmtime.Module) -> list[wasmtime.Func]:
    found: list[wasmtime.Func] = []
    for one in module.imports:
        assert isinstance(one.type, wasmtime.FuncType)
        results, parameters = (
            "".join(_LETTERS[str(kind)] for kind in kinds)
            for kinds in (one.type.results, one.type.params)
        )
        made = _wasm_imports.imported(f"{results or 'v'}({parameters})")
        found.append(wasmtime.Func(store, one.type, made))
    return found


def _call(store: wasmtime.Store, function: wasmtime.Func, turn: int) -> str:
    kinds = [str(kind) for kind in function.type(store).params]
    store.set_fuel(_FUEL)
    try:
        return shown(
            function(store, *((_FLOATS if k[0] == "f" else _INTEGERS)[turn] for k in kinds))
        )
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        return _trap_name(error)


def answers_in(printed: str) -> list[list[str]]:
    """What a board printed for each module."""
    return [
        [plain(line) for line in part.split("\n")[:-1]] for part in printed.split("end\n")[:-1]
    ]


def _differs(engine: wasmtime.Engine, data: bytes, said: list[str], kinds: Counter[str]) -> str:
    """Return the first difference, or nothing. Counts how calls ended."""
    right_answers = _right_answers(engine, data)
    for mine in said:
        kinds[mine if mine.startswith("[") else "result"] += 1
        # What wasmtime would take much longer for.
        if any(name in mine for name in _ENDS_EARLY):
            return ""
        right = next(right_answers, "nothing")
        if any(name in right for name in _ENDS_EARLY):
            return ""
        if mine != right:
            return f"{mine}, not {right}"
    missing = next(right_answers, "")
    return f"nothing, not {missing}" if missing else ""


def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.consume_fuel = True
    # To compile takes most of the time.
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    return wasmtime.Engine(config)


def run_batches(
    seed: int,
    seconds: float,
    on_board: Callable[[list[bytes]], list[list[str]]],
    *,
    batch: int,
    most_pages: int,
) -> int:
    """Grow batches for that time, the same for the same seed; return 1 if a module differed."""
    engine, chance = _engine(), random.Random(seed)
    until, kinds = time.monotonic() + seconds, Counter[str]()
    count = wrong = 0
    while time.monotonic() < until and wrong == 0:
        modules = [
            grown_module(
                chance,
                exact=True,
                most_pages=most_pages,
                imports=chance.randrange(_MOST_IMPORTS),
            )
            for _ in range(batch)
        ]
        for data, said in zip(modules, on_board(modules), strict=True):
            if difference := _differs(engine, data, said, kinds):
                wrong += 1
                print(f"fuzz: {data.hex()}\n  gives {difference}")
        count += batch
    print(f"fuzz: {count} modules, {wrong} wrong; {dict(kinds.most_common())}")
    return 1 if wrong else 0
