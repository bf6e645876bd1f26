"""What differs between two models: their operators, their constants, their quantisation."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runicd.model.operators import type_text
from runicd.model.read_tflite import ABSENT, Model, Op, Tensor

_DTYPES = {"f32": "<f4", "i8": "<i1", "u8": "<u1", "i16": "<i2", "i32": "<i4", "i64": "<i8"}
_SAME = "equal"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, of an operator or of the model's inputs or outputs.

    `one` and `other` are the operator's number in the first and in the second model, "" where it
    has none; `op` is its name.
    """

    one: str
    other: str
    op: str
    what: str


def differences(one: Model, other: Model) -> tuple[Difference, ...]:
    """Return what differs, in the order of the operators; nothing when the models are the same."""
    return (*_ends(one, other), *_operators(one, other))


def _ends(one: Model, other: Model) -> Iterator[Difference]:
    for name, mine, others in (
        ("inputs", one.inputs, other.inputs),
        ("outputs", one.outputs, other.outputs),
    ):
        was = [_described(one.tensors[index]) for index in mine]
        now = [_described(other.tensors[index]) for index in others]
        if was != now:
            yield Difference("", "", name, f"{', '.join(was)} -> {', '.join(now)}")


def _operators(one: Model, other: Model) -> Iterator[Difference]:
    """Line the operators up by kind and shape, and compare those that stand side by side."""
    shapes_one = [_shape(one, op) for op in one.ops]
    shapes_other = [_shape(other, op) for op in other.ops]
    matcher = difflib.SequenceMatcher(None, shapes_one, shapes_other, autojunk=False)
    for tag, first, first_end, second, second_end in matcher.get_opcodes():
        if tag == _SAME:
            for step in range(first_end - first):
                yield from _within(one, other, first + step, second + step)
            continue
        for number in range(first, first_end):
            what = f"only in the first: {shapes_one[number]}"
            yield Difference(str(number), "", one.ops[number].name, what)
        for number in range(second, second_end):
            what = f"only in the second: {shapes_other[number]}"
            yield Difference("", str(number), other.ops[number].name, what)


def _within(one: Model, other: Model, first: int, second: int) -> Iterator[Difference]:
    mine, others = one.ops[first], other.ops[second]
    options = {
        key: (mine.options.get(key), others.options.get(key))
        for key in sorted({*mine.options, *others.options})
        if mine.options.get(key) != others.options.get(key)
    }
    for key, (was, now) in options.items():
        yield Difference(str(first), str(second), mine.name, f"{key}: {was} -> {now}")
    pairs = zip((*mine.inputs, *mine.outputs), (*others.inputs, *others.outputs), strict=True)
    for index, counterpart in pairs:
        if ABSENT not in {index, counterpart}:
            for what in _tensor(one.tensors[index], other.tensors[counterpart]):
                yield Difference(str(first), str(second), mine.name, what)


def _tensor(mine: Tensor, others: Tensor) -> Iterator[str]:
    if (mine.scales, mine.zero_points) != (others.scales, others.zero_points):
        yield f'"{mine.name}": {_quantisation(mine)} -> {_quantisation(others)}'
    if mine.data != others.data:
        yield f'"{mine.name}": {_changed(mine, others)}'


def _changed(mine: Tensor, others: Tensor) -> str:
    if mine.data is None or others.data is None:
        return "constant in one of them only"
    if mine.element not in _DTYPES:
        return "other bytes"
    was, now = _values(mine), _values(others)
    changed = int(np.count_nonzero(was != now))
    most = np.abs(was - now).max()
    return f"{changed} of {was.size} values differ, by {most:g} at most"


def _values(tensor: Tensor) -> NDArray[np.float64]:
    return np.frombuffer(tensor.data or b"", _DTYPES[tensor.element]).astype(np.float64)


def _quantisation(tensor: Tensor) -> str:
    if not tensor.scales:
        return "not quantised"
    if len(tensor.scales) > 1:
        low, high = min(tensor.scales), max(tensor.scales)
        return f"{len(tensor.scales)} scales from {low:.6g} to {high:.6g}"
    return f"scale {tensor.scale:.9g}, zero point {tensor.zero_point}"


def _described(tensor: Tensor) -> str:
    return f"{type_text(tensor)} ({_quantisation(tensor)})"


def _shape(model: Model, op: Op) -> str:
    """Return what two operators must share to stand side by side: kind and types."""
    given = ["none" if i == ABSENT else type_text(model.tensors[i]) for i in op.inputs]
    made = [type_text(model.tensors[i]) for i in op.outputs]
    return f"{op.name}({', '.join(given)}) -> {', '.join(made)}"
