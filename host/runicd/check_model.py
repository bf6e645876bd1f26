"""Compares what a board computes of a model with an oracle, to the first operator that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from runicd.errors import ModelError
from runicd.model.cut import with_output
from runicd.model.oracles import Oracle, Values, random_inputs
from runicd.model.read_tflite import read_tflite
from runicd.model.reference.tensors import Array

FLOAT_TOLERANCE = 1e-5
"""Of a float tensor's largest value; integers must be equal."""

Board = Callable[[bytes, Sequence[Sequence[Array]]], Iterable[tuple[Array, ...]]]
"""Runs a model: its outputs for each call's inputs."""


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """The first operator whose output differs: `wrong` of `elements` values, by `most` at most."""

    op: int
    name: str
    tensor: str
    call: int
    wrong: int
    elements: int
    most: float


@dataclass(frozen=True, slots=True)
class Checked:
    """How a comparison ended: so many values of so many calls, and the first that differed."""

    calls: int
    values: int
    difference: FirstDifference | None


@dataclass(frozen=True, slots=True)
class _Call:
    number: int
    inputs: Sequence[Array]
    wanted: Values


def check(
    data: bytes,
    board: Board,
    oracle: Oracle,
    count: int,
    *,
    seed: int = 1,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Checked:
    """Compare `count` calls with random inputs. Raises ModelError for a model that is broken."""
    model = read_tflite(data)
    chance = np.random.default_rng(seed)
    calls = [random_inputs(model, chance) for _ in range(count)]
    compared = 0
    for number, found in enumerate(board(data, calls)):
        call = _Call(number, calls[number], oracle(data, calls[number]))
        for index, values in zip(model.outputs, found, strict=True):
            compared += values.size
            if _wrong(values, call.wanted[index]).any():
                return Checked(number + 1, compared, _first_difference(data, board, call))
        progress(number + 1, count)
    return Checked(count, compared, None)


def _first_difference(data: bytes, board: Board, call: _Call) -> FirstDifference:
    """Cut the model off behind each operator in turn, until the board gives something else."""
    model = read_tflite(data)
    for number, op in enumerate(model.ops):
        for index in op.outputs:
            ((values,),) = board(with_output(data, index), [call.inputs])
            wanted = call.wanted[index]
            wrong = int(_wrong(values, wanted).sum())
            if wrong:
                most = float(np.abs(values.astype("f8") - wanted.astype("f8")).max())
                name = model.tensors[index].name
                return FirstDifference(
                    number, op.name, name, call.number, wrong, values.size, most
                )
    raise ModelError("the outputs differ, but every operator alone gives what it should")


def _wrong(found: Array, wanted: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if wanted.dtype.kind != "f":
        return np.asarray(found != wanted)
    limit = FLOAT_TOLERANCE * max(float(np.abs(wanted).max(initial=0)), 1e-30)
    return np.asarray(~(np.abs(found.astype("f8") - wanted.astype("f8")) <= limit))
