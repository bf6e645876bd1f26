"""Running many small models: on the board in one process, and in TensorFlow Lite Micro."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tflite_micro.python.tflite_micro.runtime import Interpreter

from runicd.model.read_tflite import read_tflite
from runicd.model.reference.run import initial_state, run
from runicos.contract.checked_manifest import TFLM_DOUBLE
from tests.board import run_ok

Array = NDArray[np.generic]

REFERENCE_ARENA_BYTES = 1 << 20

BOARD_SCRIPT = """
import nn, sys
folder, count = sys.argv[1], int(sys.argv[2])
with open(folder + "/outputs", "wb") as outputs:
    for number in range(count):
        with open("%s/%d.tflite" % (folder, number), "rb") as file:
            model = nn.Model(file.read())
        with open("%s/%d.inputs" % (folder, number), "rb") as file, \
                open("%s/%d.runs" % (folder, number), "r") as runs:
            for _ in range(int(runs.read())):
                for place in range(len(model.inputs)):
                    view = model.input(place)
                    assert file.readinto(view) == len(bytes(view)), "input %d" % place
                model.invoke()
                for place in range(len(model.outputs)):
                    outputs.write(model.output(place))
            assert not file.read(1), "inputs left over"
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A model, what to feed it, and a sentence that tells it from the others.

    `further` is what to feed it in runs after the first, for models that keep a state.
    """

    label: str
    model: bytes
    inputs: tuple[Array, ...]
    outputs: int = 1
    further: tuple[tuple[Array, ...], ...] = ()

    @property
    def runs(self) -> tuple[tuple[Array, ...], ...]:
        """What to feed the model, run by run."""
        return (self.inputs, *self.further)


def run_reference(case: Case) -> list[Array]:
    """What TensorFlow Lite Micro computes: the outputs of every run."""
    interpreter = Interpreter.from_bytes(case.model, arena_size=REFERENCE_ARENA_BYTES)
    results = []
    for inputs in case.runs:
        for place, values in enumerate(inputs):
            interpreter.set_input(values, place)
        interpreter.invoke()
        results += [interpreter.get_output(place).copy() for place in range(case.outputs)]
    return results


def run_numpy(case: Case, rounding: str = TFLM_DOUBLE) -> list[Array]:
    """What the reference computes."""
    model = read_tflite(case.model)
    state = initial_state(model)
    return [output for inputs in case.runs for output in run(model, inputs, rounding, state)]


def run_board(cases: Sequence[Case], folder: Path, heap: str = "4m") -> bytes:
    """What the board's `nn` computes: the bytes of all outputs, one after the other."""
    for number, case in enumerate(cases):
        (folder / f"{number}.tflite").write_bytes(case.model)
        content = b"".join(values.tobytes() for inputs in case.runs for values in inputs)
        (folder / f"{number}.inputs").write_bytes(content)
        (folder / f"{number}.runs").write_text(str(len(case.runs)))
    run_ok(BOARD_SCRIPT, folder, str(len(cases)), heap=heap)
    return (folder / "outputs").read_bytes()


def worst_difference(actual: Array, expected: Array) -> float:
    """The largest difference: of integers as it is, of floats relative to the largest value."""
    difference = np.abs(actual.astype("f8") - expected.astype("f8")).max()
    if expected.dtype.kind != "f":
        return float(difference)
    return float(difference / max(np.abs(expected).max(), 1e-30))


def check_same(label: str, actual: Array, expected: Array) -> None:
    """Check that integers are equal, and float32 within 1e-5 of the tensor's largest value."""
    limit = 1e-5 if expected.dtype.kind == "f" else 0
    worst = worst_difference(actual, expected)
    wrong = int((actual != expected).sum())
    assert worst <= limit, f"{label}: off by {worst}, {wrong} of {expected.size}"


def compare(cases: Sequence[Case], folder: Path, heap: str = "4m") -> int:
    """Check every case, on the board and in numpy, against TensorFlow Lite Micro.

    Returns how many values were compared.
    """
    written = run_board(cases, folder, heap)
    position = compared = 0
    for case in cases:
        for expected, computed in zip(run_reference(case), run_numpy(case), strict=True):
            part = written[position : position + expected.nbytes]
            actual = np.frombuffer(part, expected.dtype).reshape(expected.shape)
            check_same(f"{case.label} on the board", actual, expected)
            check_same(f"{case.label} in numpy", computed, expected)
            position += expected.nbytes
            compared += expected.size
    assert position == len(written)
    return compared
