"""Measures, on a board, what it takes to check a signature: by `crypto`, and by RunicOS."""

import gc

import crypto
import mps
import regions
from region_numbers import ADMITTED, HASH, NOTHING, VERIFY

_KEY_BYTES = 32
_CASE_BYTES = _KEY_BYTES + 64


def signature(used_bytes: int) -> "dict[str, object]":
    """Check signatures of one message, hash it and its first half, and admit a Rune.

    Return the C stack and the heap that a check takes; of admitting, what it asks the heap for in
    all, most of which is free again at its end.
    """
    message, cases = (regions.read(mps.argument(name)) for name in ("message", "cases"))
    first = cases[:_KEY_BYTES], cases[_KEY_BYTES:_CASE_BYTES], message
    regions.call(NOTHING, None)
    for at in range(0, len(cases), _CASE_BYTES):
        case = cases[at : at + _CASE_BYTES]
        if not regions.call(VERIFY, crypto.verify, case[:_KEY_BYTES], case[_KEY_BYTES:], message):
            raise ValueError("a signature does not hold")
    for part in (message, memoryview(message)[: len(message) // 2]):
        regions.call(HASH, crypto.sha512, part)
    told = {"stack": regions.stack(crypto.verify, *first)}
    told["heap"] = _allocated(crypto.verify, *first)
    return dict(told, **_admitting())


def _admitting() -> "dict[str, int]":
    """Admit a Rune by a key on flash, as installing and loading do."""
    import hal

    from runicos import small_files, trust

    root = hal.Board().flash_root
    small_files.make_folder(root)
    key = {"name": "bench", "public": regions.read(mps.argument("key"))}
    trust.add(root, dict(key, comment="", runes=None, capabilities=None))
    given = root, mps.argument("name"), (memoryview(regions.read(mps.argument("rune"))),)
    regions.call(ADMITTED, trust.admitted, *given)
    stack_bytes = regions.stack(trust.admitted, *given)
    return {"admitting stack": stack_bytes, "admitting heap": _allocated(trust.admitted, *given)}


def _allocated(function: object, *arguments: object) -> int:
    """Return the bytes of heap that a call asks for, none of which is collected meanwhile."""
    gc.collect()
    gc.disable()
    before_bytes = gc.mem_alloc()
    function(*arguments)
    taken_bytes = gc.mem_alloc() - before_bytes
    gc.enable()
    return taken_bytes
