"""Runs a model alone on a simulated board, in a Rune of nothing but RAW, the model and TENSOR."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from runicd.api import Simulator
from runicd.files import write_bytes
from runicd.model.read_tflite import Model, Tensor, read_tflite
from runicd.model.reference.tensors import DTYPES, Array
from runicd.runefile.open_rune import open_rune

_NAME = "model"


def run(
    data: bytes, calls: Sequence[Sequence[Array]], *, board: str = "", heap_bytes: int = 0
) -> Iterator[tuple[Array, ...]]:
    """Yield the outputs of each call of a model on a board of its own that lasts as long as this.

    A call has an array for each of the model's inputs. `heap_bytes` is for the unix board; the
    others have what they have. Raises ModelError, RunefileError for types that no Rune has,
    RefusedError where the board lacks an op or memory.
    """
    model = read_tflite(data)
    with TemporaryDirectory() as name:
        folder = Path(name) / _NAME
        folder.mkdir()
        write_bytes(folder / "model.tflite", data)
        write_bytes(folder / "Runefile", _runefile(model).encode())
        files = [folder / f"input{place}.raw" for place in range(len(model.inputs))]
        for place, file in enumerate(files):
            write_bytes(file, b"".join(call[place].tobytes() for call in calls))
        rune = open_rune(folder)
        with Simulator(raw=list(files), once=True, board=board, heap_bytes=heap_bytes) as running:
            running.cast(rune, period_ms=0)
            for _ in calls:
                (output,) = running.call(_NAME)
                yield _arrays(model, output.tensors)


def _runefile(model: Model) -> str:
    inputs = [model.tensors[index] for index in model.inputs]
    outputs = [model.tensors[index] for index in model.outputs]
    lines = ["version: 1", "image: runicos/base", "pipeline:"]
    for place, tensor in enumerate(inputs):
        lines += [f"  input{place}:", "    capability: RAW"]
        lines += [f"    args: {{length: {tensor.size_bytes}, source: {place}}}"]
        lines += [f"    outputs: [{_type(tensor)}]"]
    lines += ["  net:", "    model: ./model.tflite"]
    lines += [f"    inputs: [{', '.join(f'input{place}' for place in range(len(inputs)))}]"]
    lines += [f"    outputs: [{', '.join(map(_type, outputs))}]"]
    lines += ["  values:", "    out: tensor"]
    lines += [f"    inputs: [{', '.join(f'net.{place}' for place in range(len(outputs)))}]"]
    return "\n".join(lines) + "\n"


def _type(tensor: Tensor) -> str:
    return f"{{type: {tensor.element}, dimensions: {list(tensor.shape)}}}"


def _arrays(model: Model, found: Sequence[dict[str, object]]) -> tuple[Array, ...]:
    tensors = [model.tensors[index] for index in model.outputs]
    return tuple(
        np.array(one["elements"], DTYPES[tensor.element]).reshape(tensor.shape)
        for one, tensor in zip(found, tensors, strict=True)
    )
