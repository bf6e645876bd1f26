"""Memory that is shared: every plan is replayed byte by byte, and must lose nothing in use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from runicd.model.arena import ArenaPlan, align, plan_arena
from runicd.model.read_tflite import Model, Op, Tensor, read_tflite
from runicd.model.reference.rounding import TFLM_DOUBLE
from runicd.model.reference.run import KERNELS
from runicd.model.reference.tensors import DTYPES, Call
from runicd.model.sharing import share
from tests.native.nn_growing import random_networks

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted((ROOT / "runes").glob("*/*.tflite"))
MODELS += sorted((ROOT.parent / "shared/models/mlperf_tiny").glob("*.tflite"))
BY_ELEMENTS = {
    *("ADD", "CAST", "DEQUANTIZE", "LOGISTIC", "L2_NORMALIZATION", "MUL", "QUANTIZE", "RELU"),
    *("RELU6", "SOFTMAX"),
}
MOVES = {
    *("CONCATENATION", "DEPTH_TO_SPACE", "EXPAND_DIMS", "PACK", "PAD", "RESHAPE", "SLICE"),
    *("SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE", "UNPACK"),
}
WINDOWS = {"CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D"}


class Replay:
    """An arena in which every byte knows which value it holds; ops run as kernels may.

    A value is the number of a byte of a tensor; a byte that is moved keeps it.
    """

    def __init__(self, model: Model, plan: ArenaPlan) -> None:
        self.model = model
        self.at = {one.tensor: one.offset for one in plan.placements}
        self.scratch = {one.tensor: one for one in plan.scratch}
        self.memory = np.full(plan.arena_bytes, -1, "i8")
        self.values: dict[int, np.ndarray] = {}
        self.next_value = 0

    def bytes(self, tensor: int) -> int:
        return self.model.tensors[tensor].size_bytes

    def make(self, tensor: int) -> None:
        """Number the bytes of a result that is not there yet."""
        size = self.bytes(tensor)
        self.values[tensor] = np.arange(self.next_value, self.next_value + size)
        self.next_value += size

    def write(self, tensor: int, start: int, end: int) -> None:
        at = self.at[tensor]
        self.memory[at + start : at + end] = self.values[tensor][start:end]

    def check(self, tensor: int, start: int = 0, end: int | None = None) -> None:
        end = self.bytes(tensor) if end is None else end
        at = self.at[tensor]
        held = self.memory[at + start : at + end]
        assert (held == self.values[tensor][start:end]).all(), f"tensor {tensor} was overwritten"

    def run(self) -> None:
        for tensor in self.at:
            if self.model.tensors[tensor].is_variable or tensor in self.model.inputs:
                self.make(tensor)
                self.write(tensor, 0, self.bytes(tensor))
        for number, op in enumerate(self.model.ops):
            if number in self.scratch:
                spoiled = self.scratch[number]
                self.memory[spoiled.offset : spoiled.offset + spoiled.size_bytes] = -1
            self.run_op(op, [tensor for tensor in op.inputs if tensor in self.at])
        for tensor, variable in enumerate(self.model.tensors):
            if variable.is_variable or tensor in self.model.outputs:
                self.check(tensor)

    def run_op(self, op: Op, given: list[int]) -> None:
        output = op.outputs[0]
        if op.name in MOVES:
            self.move(op)
        elif op.name in BY_ELEMENTS:
            self.make(output)
            self.run_elements(output, given)
        elif op.name in WINDOWS and self.model.tensors[output].shape[0] == 1:
            self.make(output)
            self.run_rows(op, given)
        else:
            for result in op.outputs:
                self.make(result)
                self.write(result, 0, self.bytes(result))
            for tensor in given:
                self.check(tensor)

    def move(self, op: Op) -> None:
        """One element after the other, each read right before it is written."""
        sources = self.sources(op)
        for output, elements in zip(op.outputs, sources, strict=True):
            step = self.bytes(output) // elements.size
            self.make(output)
            for i, source in enumerate(elements.reshape(-1)):
                if source >= 0:
                    tensor, at = op.inputs[source >> 32], int(source & 0xFFFFFFFF) * step
                    self.check(tensor, at, at + step)
                    held = self.values[tensor][at : at + step]
                    self.values[output][i * step : (i + 1) * step] = held
                self.write(output, i * step, (i + 1) * step)

    def sources(self, op: Op) -> list[np.ndarray]:
        """For each element of each output, which input's which element it is; -1: padding."""
        tensors = self.model.tensors
        values: list[np.ndarray | None] = []
        for place, index in enumerate(op.inputs):
            tensor = tensors[index]
            if tensor.data is not None:
                values.append(np.frombuffer(tensor.data, DTYPES[tensor.element]))
            else:
                values.append(((place << 32) + np.arange(tensor.elements)).reshape(tensor.shape))
        if op.name == "PAD":
            values.append(np.array([-1]))
        inputs, outputs = ([tensors[i] for i in some] for some in (op.inputs, op.outputs))
        found = KERNELS[op.name](Call(inputs, values, outputs, op.options, TFLM_DOUBLE))
        return found if isinstance(found, list) else [found]

    def run_elements(self, output: int, given: list[int]) -> None:
        count = self.model.tensors[output].elements
        to = self.bytes(output) // count
        for i in range(count):
            for tensor in given:
                elements = self.model.tensors[tensor].elements
                step = self.bytes(tensor) // elements
                if elements == count:
                    self.check(tensor, i * step, (i + 1) * step)
                else:
                    self.check(tensor)
            self.write(output, i * to, (i + 1) * to)

    def run_rows(self, op: Op, given: list[int]) -> None:
        """The worst that kernels may do: a row is written before any of its window is read."""
        image, output = self.model.tensors[op.inputs[0]], self.model.tensors[op.outputs[0]]
        stride, reach = int(op.options["stride_h"]), self.reach(op)
        before = 0
        if op.options["padding"] == 0:
            before = max((output.shape[1] - 1) * stride + reach - image.shape[1], 0) // 2
        row, input_row = output.size_bytes // output.shape[1], image.size_bytes // image.shape[1]
        for y in range(output.shape[1]):
            self.write(op.outputs[0], y * row, (y + 1) * row)
            first = max(y * stride - before, 0)
            last = min(y * stride - before + reach, image.shape[1])
            for tensor in given:
                if tensor == op.inputs[0]:
                    self.check(tensor, first * input_row, max(last, first) * input_row)
            for tensor in set(given) - {op.inputs[0]}:
                self.check(tensor)

    def reach(self, op: Op) -> int:
        if "filter_h" in op.options:
            return int(op.options["filter_h"])
        rows = self.model.tensors[op.inputs[1]].shape[1]
        return (rows - 1) * int(op.options["dilation_h"]) + 1


def replay(model: Model) -> int:
    """Check the plan of `model`; returns its bytes of arena."""
    plan = plan_arena(model)
    assert all(one.offset % 4 == 0 for one in plan.placements)
    Replay(model, plan).run()
    return plan.arena_bytes


@pytest.mark.parametrize("element", ["i8", "f32"])
def test_random_networks_lose_nothing(element: str) -> None:
    cases = random_networks(element, 80, seed=5)
    sizes = [replay(read_tflite(case.model)) for case in cases]
    assert len(set(sizes)) > 30


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_networks_lose_nothing(path: Path) -> None:
    replay(read_tflite(path.read_bytes()))


def computed(*shape: int, element: str = "u8") -> Tensor:
    return Tensor("", element, shape, (), (), 0, None, is_variable=False)


def chain(*steps: tuple[Op, Tensor], first: Tensor) -> Model:
    tensors = (first, *(tensor for _, tensor in steps))
    ops = tuple(op for op, _ in steps)
    return Model(tensors, ops, (0,), (len(tensors) - 1,), "", 0)


def conv(index: int, stride: int = 1, filter_h: int = 3) -> Op:
    options = {"padding": 0, "stride_h": stride, "stride_w": stride, "filter_h": filter_h}
    return Op("MAX_POOL_2D", (index,), (index + 1,), options)


def distance(op: Op, given: Tensor, result: Tensor) -> int:
    return share(chain((op, result), first=given)).distances[(1, 0)]


def test_a_window_of_three_rows_trails_by_two() -> None:
    image = computed(1, 10, 4, 8)
    assert distance(conv(0), image, image) == 2 * 32


def test_a_window_of_one_row_trails_by_one() -> None:
    image = computed(1, 10, 4, 8)
    assert distance(conv(0, filter_h=1), image, image) == 32


def test_a_stride_leaves_rows_behind() -> None:
    assert distance(conv(0, stride=2), computed(1, 10, 4, 8), computed(1, 5, 2, 8)) == 16


def test_an_output_that_grows_trails_by_what_it_grows() -> None:
    narrow, wide = computed(1, 10, 4, 8), computed(1, 10, 4, 16)
    assert distance(conv(0, filter_h=1), narrow, wide) == 10 * 64 - 9 * 32


def test_an_image_of_one_row_is_kept_apart() -> None:
    image = computed(1, 1, 40, 8)
    assert distance(conv(0, filter_h=1), image, image) == align(320)


@pytest.mark.parametrize("batches", [2, 3])
def test_batches_are_kept_apart(batches: int) -> None:
    image = computed(batches, 10, 4, 8)
    assert distance(conv(0), image, image) == image.size_bytes


def test_elements_that_widen_trail_by_what_they_grow() -> None:
    op = Op("DEQUANTIZE", (0,), (1,), {})
    assert distance(op, computed(1, 64), computed(1, 64, element="f32")) == 192


def test_a_type_is_not_read_through_another_one() -> None:
    op = Op("QUANTIZE", (0,), (1,), {})
    given, result = computed(1, 64, element="i16"), computed(1, 64, element="i32")
    assert distance(op, given, result) == 256


def test_a_reshape_is_its_input() -> None:
    steps = (
        (Op("RESHAPE", (0,), (1,), {}), computed(40)),
        (Op("RELU", (1,), (2,), {}), computed(40)),
    )
    plan = plan_arena(chain(*steps, first=computed(2, 20)))
    assert plan.arena_bytes == 48
    assert len({one.offset for one in plan.placements}) == 1


def test_what_lives_on_is_not_written_over() -> None:
    tensors = tuple(computed(64) for _ in range(3))
    ops = (Op("RELU", (0,), (1,), {}), Op("ADD", (0, 1), (2,), {}))
    assert plan_arena(Model(tensors, ops, (0,), (2,), "", 0)).arena_bytes == 128


def test_an_output_of_the_model_is_not_written_over() -> None:
    tensors = tuple(computed(64) for _ in range(3))
    ops = (Op("RELU", (0,), (1,), {}), Op("RELU", (1,), (2,), {}))
    assert plan_arena(Model(tensors, ops, (0,), (1, 2), "", 0)).arena_bytes == 128


def test_an_input_written_before_the_first_op_is_kept_apart() -> None:
    """RELU's result lies in the concatenation, whose other part is written before RELU runs."""
    tensors = (computed(16), computed(16), computed(16), computed(32))
    ops = (
        Op("RELU", (0,), (2,), {}),
        Op("CONCATENATION", (2, 1), (3,), {"axis": 0, "activation": 0}),
    )
    model = Model(tensors, ops, (0, 1), (3,), "", 0)
    assert replay(model) == 48


def test_a_tensor_twice_in_a_concatenation_is_copied_once() -> None:
    tensors = (computed(16), computed(16), computed(32))
    ops = (
        Op("RELU", (0,), (1,), {}),
        Op("CONCATENATION", (1, 1), (2,), {"axis": 0, "activation": 0}),
    )
    assert replay(Model(tensors, ops, (0,), (2,), "", 0)) == 32


def test_an_inner_axis_is_copied() -> None:
    tensors = (computed(2, 8), computed(2, 8), computed(2, 16))
    op = Op("CONCATENATION", (0, 1), (2,), {"axis": 1, "activation": 0})
    assert replay(Model(tensors, (op,), (0, 1), (2,), "", 0)) == 64
