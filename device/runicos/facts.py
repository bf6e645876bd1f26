"""Facts: what this board is and has free now, as admission asks for it."""

import gc
import sys

from runicos.contract.wire import PROTOCOL


def ops() -> "tuple[str, ...]":
    """Return the model operators of this firmware; none when it has no `nn`."""
    try:
        import nn
    except ImportError:
        return ()
    return nn.ops()


def rounding() -> str:
    """Return how this firmware rounds int8 results; a Rune without models asks nothing of it."""
    try:
        import nn
    except ImportError:
        return "none"
    return nn.rounding


def blocks() -> "tuple[str, ...]":
    """Return the stock blocks of this firmware; none when it has no `dsp`."""
    try:
        import dsp
    except ImportError:
        return ()
    return dsp.blocks()


def collect(board: object, flash_bytes: int, flash_free: int) -> "dict[str, object]":
    """Return the board's facts; the heap is collected first, so that free means free."""
    from runicos.contract.checked_manifest import ABI

    gc.collect()
    free, used = gc.mem_free(), gc.mem_alloc()
    facts = dict(board.facts())
    facts["abi"] = [ABI]
    facts["protocol"] = PROTOCOL
    facts["ops"] = ops()
    facts["rounding"] = rounding()
    facts["blocks"] = blocks()
    facts["pointer_bytes"] = 8 if sys.maxsize >> 31 else 4
    facts["heap_free"] = free
    facts["heap_bytes"] = free + used
    facts["flash_bytes"] = flash_bytes
    facts["flash_free"] = flash_free
    rate = getattr(board, "fuel_per_ms", 0)
    if rate:
        facts["fuel_per_ms"] = rate
    facts["wasm_memory_max"] = facts["heap_free"]
    return facts
