"""Random WebAssembly modules: valid ones, of functions grown at random, and mutants of them."""

import random
import struct

from tests.native.wasm_body import F32, HIDDEN, I32, I64, NOTHING, TYPES, Body, Shape
from tests.native.wasm_encoding import leb, section, signed_leb, vector

_MANY = 0.15
# How much a function grows; the code of a large one takes several pages, and has more constants
# than wasm3 keeps in its table.
_USUAL, _LARGE = 30, 60


def _types(chance: random.Random, few: int, many: int) -> list[int]:
    """Types of a few parameters or locals; now and then of more than registers and slots hold."""
    return [
        chance.choice(TYPES)
        for _ in range(chance.randrange(many if chance.random() < _MANY else few))
    ]


def _body(chance: random.Random, shape: Shape, index: int) -> bytes:
    parameters, result = shape.functions[index]
    extra = _types(chance, 6, 40)
    body = Body(chance, shape, index, [*parameters, *extra])
    body.grow(_LARGE if chance.random() < _MANY / 3 else _USUAL)
    # What became of some locals goes into the result.
    for _ in range(3 if result != NOTHING else 0):
        body.constant(result)
    body.finish()
    locals_ = [leb(1) + bytes([kind]) for kind in (*extra, *HIDDEN)]
    code = vector(locals_) + bytes(body.code) + b"\x0b"
    return leb(len(code)) + code


def _first(chance: random.Random, kind: int) -> bytes:
    """A global's first value, as an expression."""
    if kind in (I32, I64):
        value = chance.choice([0, chance.getrandbits(31) - (1 << 30)])
        return bytes([0x41 if kind == I32 else 0x42]) + signed_leb(value) + b"\x0b"
    packed = struct.pack(
        "<f" if kind == F32 else "<d", chance.choice([0.0, chance.uniform(-9, 9)])
    )
    return bytes([0x43 if kind == F32 else 0x44]) + packed + b"\x0b"


def grown_module(
    chance: random.Random,
    *,
    ends: bool = False,
    exact: bool = False,
    most_pages: int | None = None,
    imports: int = 0,
) -> bytes:
    """A valid module with memory, table, globals and functions `f0` ... that call each other.

    With `ends` every call ends; with `exact` each gives the same everywhere. It imports that many
    functions, `e.f0` ..., which the table has as well.
    """
    signatures = [
        (tuple(_types(chance, 4, 16)), chance.choice([NOTHING, *TYPES]))
        for _ in range(imports + chance.randint(1, 5))
    ]
    variables = [chance.choice(TYPES) for _ in range(chance.randrange(4))]
    shape = Shape(signatures, variables, ends, exact, imports)
    types = [
        b"\x60" + vector([bytes([p]) for p in parameters])
        + vector([] if result == NOTHING else [bytes([result])])
        for parameters, result in signatures
    ]  # fmt: skip
    count = len(signatures)
    own = range(imports, count)
    exports = [b"\2f%d\0" % i + leb(i) for i in own] + [b"\1m\2\0"]
    exports += [b"\2g%d\3" % i + leb(i) for i in range(len(shape.globals))]
    return b"\0asm\1\0\0\0" + b"".join([
        section(1, types),
        section(2, [b"\1e\2f%d\0" % i + leb(i) for i in range(imports)]),
        section(3, [leb(i) for i in own]),
        section(4, [b"\x70\0" + leb(count)]),
        section(5, [b"\0\1" if most_pages is None else b"\1\1" + leb(most_pages)]),
        section(6, [bytes([kind, 1]) + _first(chance, kind) for kind in shape.globals]),
        section(7, exports),
        section(9, [b"\0\x41\0\x0b" + vector([leb(i) for i in range(count)])]),
        section(10, [_body(chance, shape, i) for i in own]),
        section(11, [b"\0\x41\5\x0b" + vector([b"d"] * 3)]),
    ])  # fmt: skip


def mutant(chance: random.Random, module: bytes) -> bytes:
    """A module with one to three bytes changed, taken out or put in, or cut short."""
    changed = bytearray(module)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(8, len(changed))
        kind = chance.random()
        if kind < 0.7:
            changed[at] = chance.choice(
                [chance.randrange(256), changed[at] ^ 1 << chance.randrange(8)]
            )
        elif kind < 0.8 and len(changed) > 9:
            del changed[at]
        elif kind < 0.95:
            changed.insert(at, chance.randrange(256))
        else:
            return bytes(changed[:at])
    return bytes(changed)
