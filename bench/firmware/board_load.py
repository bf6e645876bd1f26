"""Measures, on a board: booting, and loading a Rune from flash by steps, with the RAM it takes."""

import gc

import mps
import regions
from region_numbers import (
    ADMIT,
    BOOT,
    DECISION,
    FILE_HASH,
    FIRST_CALL,
    LINK,
    LOAD,
    MODULES,
    PARSE,
    READ,
    SANDBOX,
    SELF_TEST,
    SIGNATURE,
    STAGES,
    WRITE,
)

_PIECE_BYTES = 1024
_FUEL_PER_MS = 1_000_000


def _marked(region: int, function: object) -> object:
    def marked(*arguments: object) -> object:
        return regions.call(region, function, *arguments)

    return marked


def _mark(owner: object, name: str, region: int) -> None:
    setattr(owner, name, _marked(region, getattr(owner, name)))


class _Instead:
    """Stands for an object, some of whose attributes are other ones."""

    def __init__(self, instead_of: object) -> None:
        self._instead_of = instead_of

    def __getattr__(self, name: str) -> object:
        return getattr(self._instead_of, name)


# ---- Boot


def boot(used_bytes: int) -> "dict[str, object]":
    """Boot; return the heap in use when the board is ready, and when a host has asked for facts.

    `used_bytes` is what measuring takes of it.
    """
    import hal

    import runicos
    from runicos import boot as runicos_boot

    class Ready(Exception):
        pass

    def ready() -> None:
        regions.end(BOOT)
        raise Ready

    board = hal.Board()
    board.ready = ready
    try:
        runicos_boot.main(board)
    except Ready:
        gc.collect()
    idle_bytes = gc.mem_alloc() - used_bytes
    runicos.system.facts()
    gc.collect()
    asked_bytes = gc.mem_alloc() - used_bytes
    return {"idle": idle_bytes, "asked": asked_bytes, "heap": gc.mem_free() + gc.mem_alloc()}


# ---- A Rune


def _system() -> object:
    import hal

    import runicos
    from runicos import boot as runicos_boot

    gc.threshold(runicos_boot.COLLECT_AFTER_BYTES)
    board = hal.Board()
    # Else it is measured, for 21 ms, when the first Rune is loaded.
    board.fuel_per_ms = _FUEL_PER_MS
    data = regions.read(mps.argument("data"))
    board.capability = lambda kind, params: regions.Source(data)
    offered = board.facts()
    offered["capabilities"] = {"SOUND": {"hz": [8000, 48000]}, "RAND": {}}
    offered["capabilities"]["IMAGE"] = {"width": [1, 640], "height": [1, 480]}
    board.facts = lambda: offered
    runicos.system = runicos_boot.System(board, board.console())
    return runicos.system


def install(used_bytes: int) -> "dict[str, object]":
    """Put a Rune on flash as an upload does, and start it."""
    from hashlib import sha256

    from runicos.installing import install as put
    from runicos.trust import add
    from runicos.upload import Upload

    system, name = _system(), mps.argument("name")
    key = {"name": "bench", "public": bytes(regions.read(mps.argument("key")))}
    unlimited = {"comment": "", "runes": None, "capabilities": None}
    add(system.board.flash_root, dict(unlimited, **key))
    content = regions.read(mps.argument("rune"))
    upload = Upload(system.store, 0)
    upload.begin(name, len(content), sha256(content).digest(), [], list)
    for at in range(0, len(content), _PIECE_BYTES):
        upload.append(at, content[at : at + _PIECE_BYTES])
    body, digest = upload.seal()
    put(system.runes, name, body, digest, upload.commit)
    return system.runes.start(name, 0)


def load(used_bytes: int) -> "dict[str, object]":
    """Load a Rune that is on flash, call it once; return the RAM it takes."""
    system, name = _system(), mps.argument("name")
    regions.call(MODULES, _import_sandbox)
    _mark_steps(system)
    gc.collect()
    before_bytes = gc.mem_alloc()
    regions.call(LOAD, system.runes.renew, name)
    gc.collect()
    taken_bytes = gc.mem_alloc() - before_bytes
    container = system.runes.ready(name).container
    regions.call(FIRST_CALL, container.call, 1)
    return {"heap": taken_bytes, "estimate": container.ram_bytes, "parts": _parts(container)}


def _import_sandbox() -> None:
    from runicos import container

    assert container is not None


def _mark_steps(system: object) -> None:
    """Let what loading calls be counted: each of these is called once for a Rune."""
    from runicos import boot as runicos_boot
    from runicos import container, reading, slot, trust

    _mark(system.store, "decision", DECISION)
    _mark(system.store, "decide", WRITE)
    _mark(slot.Slot, "sha256", FILE_HASH)
    _mark(trust, "admitted", SIGNATURE)
    _mark(reading, "_sections_of", READ)
    _mark(runicos_boot, "_checked", ADMIT)
    _mark(container, "_make_pipeline", STAGES)
    container.wasm3 = _Instead(container.wasm3)
    container.native = _Instead(container.native)
    container.wasm3.Runtime = _runtime
    container.native.Container = _container
    _mark(container.Container, "self_test", SELF_TEST)


def _runtime(*arguments: int) -> object:
    import wasm3

    runtime = _Instead(regions.call(SANDBOX, wasm3.Runtime, *arguments))
    _mark(runtime, "load", PARSE)
    return runtime


def _container(*arguments: object) -> object:
    import rune

    return regions.call(LINK, rune.Container, *arguments)


def _parts(container: object) -> "dict[str, int]":
    """Return what is known of a Rune's RAM; the rest are objects that describe it."""
    import wasm3

    manifest = container.manifest
    return {
        "wasm": wasm3.allocated(),
        "linear memory": manifest.wasm_memory_bytes,
        "tensors": manifest.arena_bytes,
        "models": sum([model["arena_bytes"] for model in manifest.models]),
    }
