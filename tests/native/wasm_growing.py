"""Random WebAssembly modules: valid ones, grown instruction by instruction, and mutants of them.

A function is grown with the types on its operand stack in mind, as the specification's validation
algorithm sees them, so that whatever is emitted is valid; also code that is never reached.
"""

import random
import struct
from dataclasses import dataclass, field

I32, I64, F32, F64, NOTHING = 0x7F, 0x7E, 0x7D, 0x7C, 0x40
TYPES = (I32, I64, F32, F64)
_LOOP = 0x03
# First and last opcode, operands, result.
_NUMERIC = (
    (0x45, 0x45, (I32,), I32),
    (0x46, 0x4F, (I32, I32), I32),
    (0x50, 0x50, (I64,), I32),
    (0x51, 0x5A, (I64, I64), I32),
    (0x5B, 0x60, (F32, F32), I32),
    (0x61, 0x66, (F64, F64), I32),
    (0x67, 0x69, (I32,), I32),
    (0x6A, 0x78, (I32, I32), I32),
    (0x79, 0x7B, (I64,), I64),
    (0x7C, 0x8A, (I64, I64), I64),
    (0x8B, 0x91, (F32,), F32),
    (0x92, 0x98, (F32, F32), F32),
    (0x99, 0x9F, (F64,), F64),
    (0xA0, 0xA6, (F64, F64), F64),
    (0xA7, 0xA7, (I64,), I32),
    (0xA8, 0xA9, (F32,), I32),
    (0xAA, 0xAB, (F64,), I32),
    (0xAC, 0xAD, (I32,), I64),
    (0xAE, 0xAF, (F32,), I64),
    (0xB0, 0xB1, (F64,), I64),
    (0xB2, 0xB3, (I32,), F32),
    (0xB4, 0xB5, (I64,), F32),
    (0xB6, 0xB6, (F64,), F32),
    (0xB7, 0xB8, (I32,), F64),
    (0xB9, 0xBA, (I64,), F64),
    (0xBB, 0xBB, (F32,), F64),
    (0xBC, 0xBC, (F32,), I32),
    (0xBD, 0xBD, (F64,), I64),
    (0xBE, 0xBE, (I32,), F32),
    (0xBF, 0xBF, (I64,), F64),
    (0xC0, 0xC1, (I32,), I32),
    (0xC2, 0xC4, (I64,), I64),
)
# Type and log2 of the bytes, from opcode 0x28 on; stores from 0x36 on.
_ACCESSES = (
    *((I32, 2), (I64, 3), (F32, 2), (F64, 3), (I32, 0), (I32, 0), (I32, 1), (I32, 1)),
    *((I64, 0), (I64, 0), (I64, 1), (I64, 1), (I64, 2), (I64, 2)),
    *((I32, 2), (I64, 3), (F32, 2), (F64, 3), (I32, 0), (I32, 1), (I64, 0), (I64, 1), (I64, 2)),
)
_FIRST_STORE = 0x36 - 0x28
_ADD = {I32: 0x6A, I64: 0x7C, F32: 0x92, F64: 0xA0}
# Reinterpretations and copysign show the bits of a NaN, which machines choose.
_SHOWS_BITS = frozenset({0xBC, 0xBD, 0x98, 0xA6})


def leb(value: int) -> bytes:
    """An unsigned LEB128 number."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def signed_leb(value: int) -> bytes:
    """A signed LEB128 number."""
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        is_last = value == (-1 if byte & 0x40 else 0)
        out.append(byte | (0 if is_last else 0x80))
        if is_last:
            return bytes(out)


def vector(items: list[bytes]) -> bytes:
    """A count and what is counted."""
    return leb(len(items)) + b"".join(items)


def section(identity: int, items: list[bytes]) -> bytes:
    """A section that is a vector."""
    body = vector(items)
    return bytes([identity]) + leb(len(body)) + body


@dataclass
class _Frame:
    height: int
    label: int  # the type that a branch to it takes
    result: int
    is_dead: bool = False


@dataclass
class Shape:
    """What the functions of a module may name: `functions` as (parameters, result)."""

    functions: list[tuple[tuple[int, ...], int]]
    globals: list[int] = field(default_factory=list)  # their types; all are variables
    ends: bool = False  # every call ends
    exact: bool = False  # no result depends on a NaN's bits


class _Body:
    """A function's instructions as they grow."""

    def __init__(self, chance: random.Random, shape: Shape, index: int, locals_: list[int]):
        self.chance, self.shape, self.index, self.locals = chance, shape, index, locals_
        self.code = bytearray()
        self.stack: list[int] = []
        result = shape.functions[index][1]
        self.frames = [_Frame(0, result, result)]

    def want(self, kind: int) -> None:
        """Have a value of that type on top."""
        frame = self.frames[-1]
        if len(self.stack) > frame.height and self.stack[-1] == kind:
            return
        if frame.is_dead and len(self.stack) == frame.height and self.chance.random() < 0.5:
            self.stack.append(kind)
            return
        self.constant(kind)

    def take(self, kinds: tuple[int, ...]) -> None:
        """Have values of those types on top, and take them away."""
        height = self.frames[-1].height
        if kinds and tuple(self.stack[max(height, len(self.stack) - len(kinds)) :]) == kinds:
            del self.stack[-len(kinds) :]
            return
        # Now and then what lies there stays below, for later.
        is_deeper = self.chance.random() < 0.3
        for place, kind in enumerate(kinds):
            self.want(kind) if place == 0 and not is_deeper else self.constant(kind)
        if kinds:
            del self.stack[-len(kinds) :]

    def give(self, kind: int) -> None:
        if kind != NOTHING:
            self.stack.append(kind)

    def constant(self, kind: int) -> None:
        chance = self.chance
        names = [i for i, held in enumerate(self.locals) if held == kind]
        if names and chance.random() < 0.5:
            self.code += b"\x20" + leb(chance.choice(names))
        elif kind in (I32, I64):
            bits = 32 if kind == I32 else 64
            value = chance.choice([0, 1, -1, 7, chance.getrandbits(bits) - (1 << (bits - 1))])
            self.code += bytes([0x41 if kind == I32 else 0x42]) + signed_leb(value)
        else:
            size = 4 if kind == F32 else 8
            value = struct.pack("<f" if kind == F32 else "<d", chance.uniform(-1e3, 1e3))
            bits = value if self.shape.exact else chance.randbytes(size)
            self.code += bytes([0x43 if kind == F32 else 0x44]) + bits
        self.give(kind)

    def die(self) -> None:
        frame = self.frames[-1]
        del self.stack[frame.height :]
        frame.is_dead = True

    def numeric(self) -> None:
        first, last, operands, result = self.chance.choice(_NUMERIC)
        opcode = self.chance.randint(first, last)
        if self.shape.exact and opcode in _SHOWS_BITS:
            return
        self.take(operands)
        self.code.append(opcode)
        self.give(result)

    def access(self) -> None:
        number = self.chance.randrange(len(_ACCESSES))
        kind, width = _ACCESSES[number]
        is_store = number >= _FIRST_STORE
        if self.shape.exact and kind in (F32, F64):
            return
        self.take((I32, kind) if is_store else (I32,))
        offset = self.chance.choice([0, 1, 100, 65535, 2**32 - 1])
        self.code += bytes([0x28 + number, self.chance.randint(0, width)]) + leb(offset)
        self.give(NOTHING if is_store else kind)

    def memory(self) -> None:
        grows = not self.shape.ends and self.chance.random() < 0.3
        self.take((I32,) if grows else ())
        self.code += b"\x40\0" if grows else b"\x3f\0"
        self.give(I32)

    def local(self) -> None:
        if not self.locals:
            return
        index = self.chance.randrange(len(self.locals))
        kind, opcode = self.locals[index], self.chance.choice([0x20, 0x21, 0x22])
        self.take(() if opcode == 0x20 else (kind,))
        self.code += bytes([opcode]) + leb(index)
        self.give(NOTHING if opcode == 0x21 else kind)

    def variable(self) -> None:
        if not self.shape.globals:
            return
        index = self.chance.randrange(len(self.shape.globals))
        kind, sets = self.shape.globals[index], self.chance.random() < 0.5
        self.take((kind,) if sets else ())
        self.code += bytes([0x24 if sets else 0x23]) + leb(index)
        self.give(NOTHING if sets else kind)

    def pick(self) -> None:
        kind = self.chance.choice(TYPES)
        self.take((kind, kind, I32))
        self.code.append(0x1B)
        self.give(kind)

    def drop(self) -> None:
        self.want(self.chance.choice(TYPES))
        self.stack.pop()
        self.code.append(0x1A)

    def call(self) -> None:
        first = self.index + 1 if self.shape.ends else 0
        if first == len(self.shape.functions):
            return
        index = self.chance.randrange(first, len(self.shape.functions))
        parameters, result = self.shape.functions[index]
        is_indirect = not self.shape.ends and self.chance.random() < 0.3
        self.take((*parameters, I32) if is_indirect else parameters)
        self.code += b"\x11" + leb(index) + b"\0" if is_indirect else b"\x10" + leb(index)
        self.give(result)

    def branch(self) -> None:
        depth = self.chance.randrange(len(self.frames))
        label = self.frames[-1 - depth].label
        held = () if label == NOTHING else (label,)
        kind = self.chance.choice(["br", "br_if", "br_table", "return", "unreachable"])
        if kind == "br_if":
            self.take((*held, I32))
            self.code += b"\x0d" + leb(depth)
            self.give(label)
            return
        if kind == "br":
            self.take(held)
            self.code += b"\x0c" + leb(depth)
        elif kind == "br_table":
            self.take((*held, I32))
            alike = [d for d in range(len(self.frames)) if self.frames[-1 - d].label == label]
            targets = [leb(self.chance.choice(alike)) for _ in range(self.chance.randrange(4))]
            self.code += b"\x0e" + vector(targets) + leb(depth)
        elif kind == "return":
            result = self.frames[0].result
            self.take(() if result == NOTHING else (result,))
            self.code += b"\x0f"
        else:
            self.code += b"\0"
        self.die()

    def block(self, budget: int) -> None:
        opcode = self.chance.choice([0x02, 0x04] if self.shape.ends else [0x02, _LOOP, 0x04])
        result = self.chance.choice([NOTHING, *TYPES])
        self.take((I32,) if opcode == 0x04 else ())
        self.code += bytes([opcode, result])
        label = NOTHING if opcode == _LOOP else result
        self.frames.append(_Frame(len(self.stack), label, result))
        self.grow(budget)
        if opcode == 0x04 and (result != NOTHING or self.chance.random() < 0.5):
            self.finish()
            self.code.append(0x05)
            self.frames.append(_Frame(len(self.stack), label, result))
            self.grow(budget // 2)
        self.finish()
        self.code.append(0x0B)
        self.give(result)

    def finish(self) -> None:
        """Leave exactly the innermost block's result, and close it."""
        frame = self.frames[-1]
        held = [] if frame.result == NOTHING else [frame.result]
        while self.stack[frame.height :] not in ([], held):
            top = self.stack.pop()
            # Adding shows what became of the value below; dropping would hide it.
            adds = self.stack[frame.height :][-1:] == [top]
            self.code.append(_ADD[top] if adds else 0x1A)
        if self.stack[frame.height :] != held and held and not frame.is_dead:
            self.constant(frame.result)
        self.frames.pop()
        del self.stack[frame.height :]

    def grow(self, budget: int) -> None:
        simple = [
            *([self.numeric] * 4),
            *(self.access, self.memory, self.local, self.local, self.variable, self.pick),
            *(self.drop, self.call, self.branch),
        ]
        for _ in range(self.chance.randrange(budget + 1)):
            if budget > 2 and len(self.frames) < 8 and self.chance.random() < 0.15:
                self.block(budget // 2)
            else:
                self.chance.choice(simple)()


def _body(chance: random.Random, shape: Shape, index: int) -> bytes:
    extra = [chance.choice(TYPES) for _ in range(chance.randrange(6))]
    body = _Body(chance, shape, index, [*shape.functions[index][0], *extra])
    body.grow(30)
    body.finish()
    code = vector([leb(1) + bytes([kind]) for kind in extra]) + bytes(body.code) + b"\x0b"
    return leb(len(code)) + code


def grown_module(
    chance: random.Random,
    *,
    ends: bool = False,
    exact: bool = False,
    most_pages: int | None = None,
) -> bytes:
    """A valid module with memory, table, globals and functions `f0` ... that call each other.

    With `ends` every call ends; with `exact` each gives the same everywhere.
    """
    signatures = [
        (
            tuple(chance.choice(TYPES) for _ in range(chance.randrange(4))),
            chance.choice([NOTHING, *TYPES]),
        )
        for _ in range(chance.randint(1, 4))
    ]
    shape = Shape(
        signatures, [chance.choice(TYPES) for _ in range(chance.randrange(4))], ends, exact
    )
    types = [
        b"\x60" + vector([bytes([p]) for p in parameters])
        + vector([] if result == NOTHING else [bytes([result])])
        for parameters, result in signatures
    ]  # fmt: skip
    zeros = {I32: b"\x41\0", I64: b"\x42\0", F32: b"\x43" + bytes(4), F64: b"\x44" + bytes(8)}
    count = len(signatures)
    return b"\0asm\1\0\0\0" + b"".join([
        section(1, types),
        section(3, [leb(i) for i in range(count)]),
        section(4, [b"\x70\0" + leb(count)]),
        section(5, [b"\0\1" if most_pages is None else b"\1\1" + leb(most_pages)]),
        section(6, [bytes([kind, 1]) + zeros[kind] + b"\x0b" for kind in shape.globals]),
        section(7, [*(b"\2f%d\0" % i + leb(i) for i in range(count)), b"\1m\2\0"]),
        section(9, [b"\0\x41\0\x0b" + vector([leb(i) for i in range(count)])]),
        section(10, [_body(chance, shape, i) for i in range(count)]),
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
