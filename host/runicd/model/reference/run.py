"""Runs a model op by op in numpy: `int8` results are those of the board, bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from runicd.errors import ModelError
from runicd.model.read_tflite import ABSENT, Model, Op, Tensor
from runicd.model.reference import (
    elementwise,
    functions,
    matrices,
    moves,
    pairs,
    recurrent,
    reductions,
    resize,
    windows,
)
from runicd.model.reference.rounding import ROUNDINGS
from runicd.model.reference.tensors import DTYPES, Array, Call
from runicos.contract.checked_manifest import TFLM_DOUBLE

KERNELS: dict[str, Callable[[Call], Array | list[Array]]] = {
    "ABS": functions.absolute,
    "ADD": elementwise.add,
    "ARG_MAX": reductions.place_of(np.argmax),
    "ARG_MIN": reductions.place_of(np.argmin),
    "AVERAGE_POOL_2D": windows.average_pool,
    "BATCH_MATMUL": matrices.batch_matmul,
    "CAST": functions.cast,
    "CONCATENATION": moves.concatenation,
    "CONV_2D": windows.conv,
    "DEPTHWISE_CONV_2D": windows.depthwise,
    "DEPTH_TO_SPACE": moves.depth_to_space,
    "DEQUANTIZE": elementwise.dequantize,
    "ELU": functions.elu,
    "EQUAL": pairs.comparison(np.equal),
    "EXP": functions.of_float(np.exp),
    "EXPAND_DIMS": moves.reshape,
    "FULLY_CONNECTED": windows.dense,
    "GATHER": moves.gather,
    "GREATER": pairs.comparison(np.greater),
    "GREATER_EQUAL": pairs.comparison(np.greater_equal),
    "HARD_SWISH": functions.hard_swish,
    "L2_NORMALIZATION": matrices.l2_normalize,
    "LEAKY_RELU": functions.leaky_relu,
    "LESS": pairs.comparison(np.less),
    "LESS_EQUAL": pairs.comparison(np.less_equal),
    "LOG": functions.of_float(np.log),
    "LOGISTIC": elementwise.logistic,
    "MAXIMUM": pairs.maximum,
    "MAX_POOL_2D": windows.max_pool,
    "MEAN": reductions.mean,
    "MINIMUM": pairs.minimum,
    "MUL": elementwise.multiply,
    "NEG": functions.of_float(np.negative),
    "NOT_EQUAL": pairs.comparison(np.not_equal),
    "PACK": moves.pack,
    "PAD": moves.pad,
    "PADV2": moves.pad,
    "PRELU": pairs.prelu,
    "QUANTIZE": elementwise.quantize,
    "REDUCE_MAX": reductions.largest,
    "RELU": elementwise.relu,
    "RELU6": elementwise.relu6,
    "RESHAPE": moves.reshape,
    "RESIZE_BILINEAR": resize.bilinear,
    "RESIZE_NEAREST_NEIGHBOR": resize.nearest,
    "RSQRT": functions.reciprocal_root,
    "SLICE": moves.cut,
    "SOFTMAX": elementwise.softmax,
    "SPACE_TO_DEPTH": moves.space_to_depth,
    "SPLIT": moves.split,
    "SPLIT_V": moves.split_v,
    "SQRT": functions.of_float(np.sqrt),
    "SQUEEZE": moves.reshape,
    "STRIDED_SLICE": moves.strided_slice,
    "SUB": pairs.subtract,
    "SUM": reductions.total,
    "SVDF": recurrent.svdf,
    "TANH": elementwise.tanh,
    "TRANSPOSE": moves.transpose,
    "TRANSPOSE_CONV": matrices.transpose_conv,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": recurrent.lstm,
    "UNPACK": moves.unpack,
}
"""The operators that there is a reference for."""


def run(
    model: Model,
    inputs: Sequence[Array],
    rounding: str = TFLM_DOUBLE,
    state: Mapping[int, Array] | None = None,
) -> list[Array]:
    """Return the outputs of `model` for these inputs; shapes and dtypes are those of its tensors.

    `state` is what `initial_state` gave and earlier runs changed; each run starts anew without.
    Raises ModelError for an operator or element type without a reference, or inputs that do not
    fit.
    """
    values = run_all(model, inputs, rounding, state)
    return [values[index] for index in model.outputs]


def run_all(
    model: Model,
    inputs: Sequence[Array],
    rounding: str = TFLM_DOUBLE,
    state: Mapping[int, Array] | None = None,
) -> dict[int, Array]:
    """Return the value of every tensor by its index, constants included; else as `run`."""
    if rounding not in ROUNDINGS:
        raise ModelError(f"there is no rounding {rounding!r}, choose from {', '.join(ROUNDINGS)}")
    values = {i: _constant(one) for i, one in enumerate(model.tensors) if one.is_constant}
    values.update(initial_state(model) if state is None else state)
    if len(inputs) != len(model.inputs):
        raise ModelError(f"{len(inputs)} inputs given, {len(model.inputs)} wanted")
    for index, given in zip(model.inputs, inputs, strict=True):
        values[index] = _checked(model.tensors[index], given)
    for number, op in enumerate(model.ops):
        values.update(zip(op.outputs, _run_op(model, op, number, values, rounding), strict=True))
    return values


def initial_state(model: Model) -> dict[int, Array]:
    """Return the variables of a model that has not run, by index; runs write them in place."""
    variables = {i: one for i, one in enumerate(model.tensors) if one.is_variable}
    return {
        i: np.full(one.shape, one.zero_point if one.element == "i8" else 0, _dtype(one))
        for i, one in variables.items()
    }


def _run_op(
    model: Model, op: Op, number: int, values: dict[int, Array], rounding: str
) -> Sequence[Array]:
    if op.name not in KERNELS:
        raise ModelError(f"op {number} ({op.name}) has no reference")
    places = [None if index == ABSENT else index for index in op.inputs]
    call = Call(
        inputs=[None if place is None else model.tensors[place] for place in places],
        values=[None if place is None else values[place] for place in places],
        outputs=[model.tensors[index] for index in op.outputs],
        options=op.options,
        rounding=rounding,
    )
    made = KERNELS[op.name](call)
    results = made if isinstance(made, list) else [made]
    if len(results) != len(op.outputs):
        raise ModelError(f"op {number} ({op.name}) gives {len(results)} outputs")
    for result, output in zip(results, call.outputs, strict=True):
        if result.shape != output.shape or result.dtype != _dtype(output):
            what = f"gives {result.dtype} {list(result.shape)}, the file says {output.element}"
            raise ModelError(f"op {number} ({op.name}) {what} {list(output.shape)}")
    return results


def _dtype(tensor: Tensor) -> np.dtype[np.generic]:
    if tensor.element not in DTYPES:
        raise ModelError(
            f'tensor "{tensor.name}" is of type {tensor.element}, without a reference'
        )
    return np.dtype(DTYPES[tensor.element])


def _constant(tensor: Tensor) -> Array:
    if tensor.element == "i4":
        return _unpacked(tensor)
    return np.frombuffer(tensor.data or b"", _dtype(tensor)).reshape(tensor.shape)


def _unpacked(tensor: Tensor) -> Array:
    """Return weights of int4, of which two lie in a byte, as int8."""
    packed = np.frombuffer(tensor.data or b"", np.uint8)
    halves = np.stack((packed & 15, packed >> 4), axis=1).reshape(-1)[: tensor.elements]
    return np.asarray((halves.astype(np.int8) ^ 8) - 8).reshape(tensor.shape)


def _checked(tensor: Tensor, given: Array) -> Array:
    if given.shape != tensor.shape or given.dtype != _dtype(tensor):
        what = f"{given.dtype} {list(given.shape)} given"
        raise ModelError(
            f'input "{tensor.name}": {what}, {tensor.element} {list(tensor.shape)} wanted'
        )
    return given
