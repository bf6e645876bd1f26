"""Fuzz the loader of WebAssembly inside the firmware (a MicroPython script).

Usage: micropython board_loader.py SEED SECONDS FOLDER. Modules of the folder, most of them damaged
a little, are loaded, compiled and called, with little fuel. Nothing but the module's own errors
may come of it, and a module that is closed or refused leaves no byte behind. The sanitised
firmware adds its own rules. What is being tried stands in `board_loader-last` in FOLDER's parent.
"""

import os
import random
import sys
import time

import wasm3

_FUEL = 20000
_VALUES = {"i": 3, "I": 5, "f": 0.5, "F": -1.5}
_FOLDER = sys.argv[3]
_NAMES = [name for name, *_ in os.ilistdir(_FOLDER) if name[0] != "."]

counts = {}


def count(what):
    """Count how a module ended."""
    counts[what] = counts.get(what, 0) + 1


def mutate(data):
    """Return the bytes with a few flipped, cut out or put in; one in four stays as it is."""
    mutant = bytearray(data)
    for _ in range(random.randint(0, 3)):
        at = random.randint(0, len(mutant))
        choice = random.randint(0, 3)
        if choice < 2 and at < len(mutant):
            mutant[at] = (
                mutant[at] ^ (1 << random.getrandbits(3)) if choice else random.getrandbits(8)
            )
        elif choice == 2:
            mutant = mutant[:at] + mutant[at + random.randint(1, 4) :]
        else:
            mutant = mutant[:at] + bytes([random.getrandbits(8)]) + mutant[at:]
    return bytes(mutant)


def answer(signature):
    """Return a host function that gives 1, or nothing."""
    return lambda *_: None if signature[0] == "v" else 1


def run(runtime, data):
    """Load, link, compile, and call every export."""
    module = runtime.load(data)
    for name, field, signature in module.imports:
        module.link(name, field, signature, answer(signature))
    module.compile()
    for name, kind, signature in module.exports:
        if kind == "function":
            wanted = signature[2:-1]
            try:
                module.find(name)(*[_VALUES[letter] for letter in wanted])
                count("returned")
            except wasm3.Trap:
                count("trapped")


def one_round():
    """Try one module."""
    with open(_FOLDER + "/" + random.choice(_NAMES), "rb") as file:
        data = mutate(file.read())
    with open(_FOLDER + "/../board_loader-last", "wb") as file:
        file.write(data)
    limits = random.choice((wasm3.RUNE, wasm3.MODULE))
    memory_bytes = random.choice((16, 1000, 65536, 200000))
    runtime = wasm3.Runtime(random.choice((256, 2048)), memory_bytes, limits)
    runtime.fuel = _FUEL
    try:
        run(runtime, data)
        count("loaded")
    except wasm3.Error:
        count("refused")
    except MemoryError:
        count("too large")
    runtime.close()
    assert wasm3.allocated() == 0, "%d bytes are left" % wasm3.allocated()


def main():
    """Run rounds for the given time; say how they ended."""
    random.seed(int(sys.argv[1]))
    start_ms = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), start_ms) < float(sys.argv[2]) * 1000:
        one_round()
    print("loader: seed %s, %s" % (sys.argv[1], sorted(counts.items())))
    assert counts.get("loaded", 0) * 50 > counts.get("refused", 0), "hardly anything was loaded"


main()
