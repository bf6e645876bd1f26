"""What a model should compute, tensor by tensor, by those who do not share the board's code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from runicd.errors import ModelError, ToolMissing
from runicd.model.read_tflite import Model, read_tflite
from runicd.model.reference.run import run_all
from runicd.model.reference.tensors import DTYPES, Array

Values = Mapping[int, Array]
"""Tensors by index: at least all that operators write."""
Oracle = Callable[[bytes, Sequence[Array]], Values]

_ARENA_BYTES = 64 << 20


def tflite_micro(data: bytes, inputs: Sequence[Array]) -> Values:
    """Return what TensorFlow Lite Micro computes.

    Raises ToolMissing when the package is not installed, ModelError for a model that it refuses.
    """
    try:
        from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - need not be there
    except ImportError as error:
        raise ToolMissing(
            "the package tflite-micro is not installed",
            remedy="`pip install runicd[dev]`, or compare with the reference: --against numpy",
        ) from error
    model = read_tflite(data)
    try:
        interpreter = runtime.Interpreter.from_bytes(
            data,
            arena_size=_ARENA_BYTES,
            intrepreter_config=runtime.InterpreterConfig.kPreserveAllTensors,
        )
        for place, values in enumerate(inputs):
            interpreter.set_input(values, place)
        interpreter.invoke()
    except RuntimeError as error:
        raise ModelError(f"TensorFlow Lite Micro cannot run the model ({error})") from error
    indices = [index for op in model.ops for index in op.outputs]
    return {index: interpreter.GetTensor(index, 0)["tensor_data"] for index in indices}


def numpy_reference(data: bytes, inputs: Sequence[Array]) -> Values:
    """Return what the reference in numpy computes. Raises ModelError."""
    return run_all(read_tflite(data), inputs)


ORACLES: dict[str, Oracle] = {"tflite-micro": tflite_micro, "numpy": numpy_reference}


def random_inputs(model: Model, chance: np.random.Generator) -> tuple[Array, ...]:
    """Return a value for every input: noise of any size, smooth in half of the cases.

    Integers take their whole range, floats are normal. Raises ModelError for other types.
    """
    found = []
    for index in model.inputs:
        tensor = model.tensors[index]
        if tensor.element not in DTYPES:
            raise ModelError(f'input "{tensor.name}" is of type {tensor.element}')
        found.append(_random(tensor.shape, np.dtype(DTYPES[tensor.element]), chance))
    return tuple(found)


def _random(
    shape: tuple[int, ...], dtype: np.dtype[np.generic], chance: np.random.Generator
) -> Array:
    noise = chance.normal(size=shape)
    if chance.integers(2) and noise.size:
        noise = np.convolve(noise.ravel(), np.ones(9) / 3)[: noise.size].reshape(shape)
    if dtype.kind == "f":
        return noise.astype(dtype)
    limits = np.iinfo(dtype)  # type: ignore[type-var]
    middle, half = (limits.max + limits.min + 1) / 2, (limits.max - limits.min) / 2
    return np.clip(noise * half / 2 + middle, limits.min, limits.max).astype(dtype)
