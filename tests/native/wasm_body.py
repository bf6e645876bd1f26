"""A random function of WebAssembly, grown instruction by instruction.

It is grown with the types on its operand stack in mind, as the specification's validation
algorithm sees them, so that whatever is emitted is valid; also code that is never reached. Most of
it is such as runs to its end: addresses that are inside, loops that end, values in range.
"""

import math
import random
import struct
from dataclasses import dataclass, field

from tests.native.wasm_encoding import leb, signed_leb, vector

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
_BY_RESULT = {kind: [row for row in _NUMERIC if row[3] == kind] for kind in TYPES}
# Float to integer: what is too large traps.
_TRUNCATIONS = frozenset({*range(0xA8, 0xAC), *range(0xAE, 0xB2)})
# Reinterpretations and copysign show the bits of a NaN, which machines choose.
_REINTERPRETED = {0xBC: F32, 0xBD: F64}
_COPYSIGN = {0x98: b"\xb2\x98", 0xA6: b"\xb7\xa6"}  # of an integer that is made a float
_CONVERTED = {F32: b"\xb2", F64: b"\xb7"}
_EDGES = {
    I32: (0, 1, -1, 7, 128, 255, 0x8000, 0xFFFF, 2**31 - 1, -(2**31)),
    I64: (0, 1, -1, 7, 255, 2**31, 2**32 - 1, 2**32, 2**63 - 1, -(2**63)),
}
_FLOAT_EDGES = (0.0, -0.0, 0.5, -1.5, 2.0**31, 2.0**63, 1e-40, math.inf, -math.inf, math.nan)
# Locals of a function's own, which nothing else sets: rounds to go of loops, and floats whose
# bits are looked at.
HIDDEN = (I32, I32, F32, F64)
_ROUNDS = 2
_RECURSION = 0.1


@dataclass
class _Frame:
    height: int
    label: int  # the type that a branch to it takes
    result: int
    is_dead: bool = False
    is_loop: bool = False


@dataclass
class Shape:
    """What the functions of a module may name: `functions` as (parameters, result).

    The type and the place in the table of a function have its number.
    """

    functions: list[tuple[tuple[int, ...], int]]
    globals: list[int] = field(default_factory=list)  # their types; all are variables
    ends: bool = False  # every call ends
    exact: bool = False  # no result depends on a NaN's bits
    imports: int = 0  # so many functions are not its own: the first


class Body:
    """A function's instructions as they grow; HIDDEN locals lie behind those given."""

    def __init__(self, chance: random.Random, shape: Shape, index: int, locals_: list[int]):
        self.chance, self.shape, self.index, self.locals = chance, shape, index, locals_
        self.code = bytearray()
        self.stack: list[int] = []
        result = shape.functions[index][1]
        self.frames = [_Frame(0, result, result)]
        self.rounds = 0  # loops that count, around here

    def want(self, kind: int) -> None:
        """Have a value of that type on top."""
        frame = self.frames[-1]
        if len(self.stack) > frame.height and self.stack[-1] == kind:
            return
        if frame.is_dead and len(self.stack) == frame.height and self.often(0.5):
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
            self.want(kind) if place == 0 and not is_deeper else self.value(kind)
        if kinds:
            del self.stack[-len(kinds) :]

    def give(self, kind: int) -> None:
        if kind != NOTHING:
            self.stack.append(kind)

    def often(self, share: float) -> bool:
        return self.chance.random() < share

    def value(self, kind: int) -> None:
        """Put a value there: a constant, a local, or what an instruction makes of those."""
        if self.often(0.7):
            self.constant(kind)
            return
        first, last, operands, _ = self.chance.choice(_BY_RESULT[kind])
        for operand in operands:
            self.constant(operand)
        self.operate(self.chance.randint(first, last), operands, kind)

    def constant(self, kind: int) -> None:
        chance = self.chance
        names = [i for i, held in enumerate(self.locals) if held == kind]
        if names and chance.random() < 0.5:
            self.code += b"\x20" + leb(chance.choice(names))
        elif kind in (I32, I64):
            bits = 32 if kind == I32 else 64
            any_one = chance.getrandbits(bits) - (1 << (bits - 1))
            value = chance.choice([*_EDGES[kind], any_one, any_one % 16])
            self.code += bytes([0x41 if kind == I32 else 0x42]) + signed_leb(value)
        else:
            size = 4 if kind == F32 else 8
            number = chance.uniform(-1e3, 1e3) if self.often(0.6) else chance.choice(_FLOAT_EDGES)
            value = struct.pack("<f" if kind == F32 else "<d", number)
            bits = value if self.shape.exact else chance.randbytes(size)
            self.code += bytes([0x43 if kind == F32 else 0x44]) + bits
        self.give(kind)

    def die(self) -> None:
        frame = self.frames[-1]
        del self.stack[frame.height :]
        frame.is_dead = True

    def numeric(self) -> None:
        first, last, operands, result = self.chance.choice(_NUMERIC)
        self.take(operands)
        self.stack += operands
        self.operate(self.chance.randint(first, last), operands, result)

    def operate(self, opcode: int, operands: tuple[int, ...], result: int) -> None:
        """Have the operands, which lie there, replaced by the result."""
        if self.shape.exact and opcode in _REINTERPRETED:
            self.bits(opcode)
        elif self.shape.exact and opcode in _COPYSIGN:
            self.code.append(0x1A)
            self.stack.pop()
            self.constant(I32)
            self.code += _COPYSIGN[opcode]
        else:
            if opcode in _TRUNCATIONS and self.often(0.7):
                is_single = operands[0] == F32
                limit = struct.pack("<f" if is_single else "<d", 1000.0)
                self.code += (
                    b"\x8b\x43" + limit + b"\x96" if is_single else b"\x99\x44" + limit + b"\xa4"
                )
            self.code.append(opcode)
        del self.stack[-len(operands) :]
        self.give(result)

    def bits(self, opcode: int) -> None:
        """The bits of the float on top, -1 for any that is no number."""
        kind = _REINTERPRETED[opcode]
        hidden = leb(len(self.locals) + HIDDEN.index(kind))
        self.code += b"\x22" + hidden + bytes([opcode, 0x41 if kind == F32 else 0x42, 0x7F])
        self.code += (
            b"\x20" + hidden + b"\x20" + hidden + (b"\x5b" if kind == F32 else b"\x61") + b"\x1b"
        )

    def access(self) -> None:
        number = self.chance.randrange(len(_ACCESSES))
        kind, width = _ACCESSES[number]
        is_store = number >= _FIRST_STORE
        # A stored NaN would show its bits.
        converts = self.shape.exact and is_store and kind in _CONVERTED
        self.take((I32,))
        is_inside = self.often(0.9)
        self.code += b"\x41" + signed_leb(0x7FFF) + b"\x71" if is_inside else b""
        if is_store:
            self.value(I32 if converts else kind)
            self.stack.pop()
            self.code += _CONVERTED[kind] if converts else b""
        offset = self.chance.choice([0, 1, 100] if is_inside else [65535, 2**32 - 1])
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
        functions = self.shape.functions
        recurs = not self.shape.ends and self.often(_RECURSION)
        later = range(0 if recurs else self.index + 1, len(functions))
        if not (known := [*range(self.shape.imports), *later]):
            return
        index = self.chance.choice(known)
        parameters, result = functions[index]
        if self.often(0.7):
            self.take(parameters)
            self.code += b"\x10" + leb(index)
        else:
            self.take(parameters)
            if self.often(0.9 if not self.shape.ends else 1):
                self.code += b"\x41" + signed_leb(index)
                self.code += b"\x41\0\x72" if self.often(0.3) else b""
            else:
                self.value(I32)
                self.stack.pop()
            self.code += b"\x11" + leb(index) + b"\0"
        self.give(result)

    def branch(self) -> None:
        depth = self.chance.randrange(len(self.frames))
        if self.frames[-1 - depth].is_loop and self.often(0.8):
            others = [at for at, frame in enumerate(reversed(self.frames)) if not frame.is_loop]
            depth = self.chance.choice(others)
        label = self.frames[-1 - depth].label
        held = () if label == NOTHING else (label,)
        kind = self.chance.choice([*["br_if"] * 8, "br", "br_table", "br_table", "return", "trap"])
        if kind == "trap" and self.often(0.7):
            return
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
            targets = [leb(self.chance.choice(alike)) for _ in range(self.chance.randrange(7))]
            self.code += b"\x41\7\x71" if self.often(0.8) else b""
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
        counts = opcode == _LOOP and self.rounds < _ROUNDS and self.often(0.8)
        counter = leb(len(self.locals) + self.rounds)
        if counts:
            self.code += b"\x41" + signed_leb(self.chance.randint(1, 4)) + b"\x21" + counter
            self.rounds += 1
        self.code += bytes([opcode, result])
        label = NOTHING if opcode == _LOOP else result
        self.frames.append(_Frame(len(self.stack), label, result, is_loop=opcode == _LOOP))
        self.grow(budget)
        if opcode == 0x04 and (result != NOTHING or self.chance.random() < 0.5):
            self.finish()
            self.code.append(0x05)
            self.frames.append(_Frame(len(self.stack), label, result))
            self.grow(budget // 2)
        self.finish()
        if counts:
            self.rounds -= 1
            self.code += b"\x20" + counter + b"\x41\1\x6b\x22" + counter + b"\x0d\0"
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
            *(self.access, self.memory, self.variable, self.pick, *[self.local] * 3),
            *(self.drop, self.call, self.branch),
        ]
        for _ in range(self.chance.randrange(budget + 1)):
            if self.frames[-1].is_dead and self.often(0.5):
                return
            if budget > 2 and len(self.frames) < 8 and self.chance.random() < 0.15:
                self.block(budget // 2)
            else:
                self.chance.choice(simple)()
