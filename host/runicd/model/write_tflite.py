"""Writes `.tflite` files without TensorFlow: describe the network with `Graph`, take its bytes.

    graph = Graph("double")
    x = graph.input("x", "f32", (1, 4))
    w = graph.constant("w", numpy.eye(4, dtype="f4") * 2)
    graph.output(graph.op("FULLY_CONNECTED", [x, w]))
    data = graph.to_bytes()

A tensor is named by the index that the calls return. The same calls give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import flatbuffers
import numpy as np
from numpy.typing import NDArray

from runicd.errors import ModelError
from runicd.model.read_tflite import ABSENT, Op, Tensor
from runicd.model.schema import (
    ACTIVATIONS,
    DATA_PLACES,
    ELEMENTS,
    FILE_IDENTIFIER,
    NARROW_OPERATOR_LIMIT,
    OPERATORS,
    OPTIONS,
    PADDING,
    Field,
)
from runicd.model.shapes import result_shape

_DTYPES = {
    "f32": "<f4",
    "i8": "<i1",
    "u8": "<u1",
    "i16": "<i2",
    "i32": "<i4",
    "i64": "<i8",
    "bool": "?",
}
_SCHEMA_VERSION = 3
_QUANTISED = ("i8", "u8", "i16")
# Operators whose result is not of the first input's element type.
_RESULT_ELEMENTS = {
    "DEQUANTIZE": "f32",
    **dict.fromkeys(
        ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"), "bool"
    ),
    "ARG_MAX": "i32",
    "ARG_MIN": "i32",
}
_ALIGNMENT_BYTES = 16
# Operators whose int8 or int16 result has a scale that the operator itself fixes.
_FIXED_RESULT = {
    "SOFTMAX": (1 / 256, -128),
    "LOGISTIC": (1 / 256, -128),
    "TANH": (1 / 128, 0),
    "L2_NORMALIZATION": (1 / 128, 0),
}
_FIXED_RESULT_16 = dict.fromkeys(("SOFTMAX", "LOGISTIC", "TANH"), (1 / 32768, 0))
# The version that a TensorFlow Lite runtime wants to see; RunicOS does not look at it.
_INT8_VERSIONS = {
    "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 4, "MAX_POOL_2D": 2, "PAD": 2,
    "AVERAGE_POOL_2D": 2, "SOFTMAX": 2, "ADD": 2, "MUL": 2, "RELU": 2, "RELU6": 2, "LOGISTIC": 2,
    "TANH": 2, "CONCATENATION": 2, "MEAN": 2, "DEQUANTIZE": 2, "SUB": 2, "MAXIMUM": 2,
    "MINIMUM": 2, "LEAKY_RELU": 2, "EQUAL": 2, "NOT_EQUAL": 2, "GREATER": 2, "GREATER_EQUAL": 2,
    "LESS": 2, "LESS_EQUAL": 2, "SPLIT": 2, "SPLIT_V": 2, "TRANSPOSE": 2, "GATHER": 2, "PACK": 2,
    "UNPACK": 2, "STRIDED_SLICE": 2, "SLICE": 2, "SPACE_TO_DEPTH": 2, "RESIZE_BILINEAR": 2,
    "RESIZE_NEAREST_NEIGHBOR": 2, "ARG_MAX": 2, "ARG_MIN": 2, "SUM": 2, "REDUCE_MAX": 2,
    "L2_NORMALIZATION": 2, "TRANSPOSE_CONV": 3,
}  # fmt: skip


class Graph:
    """A network under construction."""

    def __init__(self, description: str = "") -> None:
        self._description = description
        self._tensors: list[Tensor] = []
        self._ops: list[Op] = []
        self._inputs: list[int] = []
        self._outputs: list[int] = []

    def tensor(
        self,
        name: str,
        element: str,
        shape: Sequence[int],
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        *,
        axis: int = 0,
        data: bytes | None = None,
        is_variable: bool = False,
    ) -> int:
        """Add a tensor; a sequence of scales quantises it along `axis`.

        A variable is what an operator keeps from one run to the next.
        """
        scales = _sequence(scale) if scale is not None else ()
        points = tuple(int(point) for point in _sequence(zero_point)) if scales else ()
        if len(points) == 1:
            points *= len(scales)
        exact = tuple(float(np.float32(one)) for one in scales)
        dims = tuple(int(size) for size in shape)
        self._tensors.append(Tensor(name, element, dims, exact, points, axis, data, is_variable))
        return len(self._tensors) - 1

    def input(
        self,
        name: str,
        element: str,
        shape: Sequence[int],
        scale: float | None = None,
        zero_point: int = 0,
    ) -> int:
        """Add an input of the network."""
        self._inputs.append(self.tensor(name, element, shape, scale, zero_point))
        return self._inputs[-1]

    def constant(
        self,
        name: str,
        values: NDArray[Any],
        scale: float | Sequence[float] | None = None,
        zero_point: int | Sequence[int] = 0,
        *,
        axis: int = 0,
        element: str | None = None,
    ) -> int:
        """Add a constant; its element type is that of the array.

        With `element` "i4", an array of int8 from -8 to 7 is written as two numbers in a byte.
        """
        dtypes = {np.dtype(dtype): element for element, dtype in _DTYPES.items()}
        if values.dtype.newbyteorder("<") not in dtypes:
            raise ModelError(
                f'constant "{name}" has the type {values.dtype}, which a model cannot hold'
            )
        if element == "i4":
            data = _nibbles(name, values)
        else:
            element = dtypes[values.dtype.newbyteorder("<")]
            data = np.ascontiguousarray(values, _DTYPES[element]).tobytes()
        return self.tensor(name, element, values.shape, scale, zero_point, axis=axis, data=data)

    def output(self, *tensors: int) -> None:
        """Name the network's outputs."""
        self._outputs.extend(tensors)

    def op(
        self,
        name: str,
        inputs: Sequence[int],
        scale: float | None = None,
        zero_point: int = 0,
        *,
        element: str | None = None,
        shape: Sequence[int] | None = None,
        **options: float | str,
    ) -> int:
        """Add operator `name` and return its result.

        The result's element type is that of the first input that is data unless given, its shape
        follows from the inputs unless given (SQUEEZE drops every 1). Without `scale`, an int8 or
        int16 result takes the scale that the operator fixes or else that input's. Options are
        those of `schema.OPTIONS`; `padding` and `activation` may be spelt ("SAME", "RELU6").
        Raises ModelError for an unknown operator or option and for inputs that do not fit.
        """
        settings = _settings(name, options)
        if not inputs or not all(ABSENT <= index < len(self._tensors) for index in inputs):
            have = len(self._tensors)
            raise ModelError(f"{name} reads {list(inputs)}; there are {have} tensors")
        first = self._tensors[inputs[min(DATA_PLACES.get(name, 0), len(inputs) - 1)]]
        dims = shape if shape is not None else self._result_shape(name, inputs, settings)
        kind = element or _RESULT_ELEMENTS.get(name, first.element)
        if scale is None and kind in _QUANTISED and first.scales:
            fixed = _FIXED_RESULT_16 if kind == "i16" else _FIXED_RESULT
            scale, zero_point = fixed.get(name, (first.scale, first.zero_point))
        result = self.tensor(f"{name.lower()}_{len(self._ops)}", kind, dims, scale, zero_point)
        self._ops.append(Op(name, tuple(inputs), (result,), settings))
        return result

    def _result_shape(
        self, name: str, inputs: Sequence[int], settings: dict[str, int | float]
    ) -> tuple[int, ...]:
        present = [self._tensors[index] for index in inputs if index != ABSENT]
        values = [_values(tensor) for tensor in present]
        return result_shape(name, [tensor.shape for tensor in present], settings, values)

    def to_bytes(self) -> bytes:
        """The `.tflite` file."""
        return _write(self._description, self._tensors, self._ops, self._inputs, self._outputs)


def _sequence(value: Any) -> tuple[Any, ...]:
    return tuple(np.atleast_1d(value).tolist())


def _nibbles(name: str, values: NDArray[Any]) -> bytes:
    """Two numbers in a byte, the first in its lower half."""
    if values.dtype != np.int8 or values.min(initial=0) < -8 or values.max(initial=0) > 7:
        raise ModelError(f'constant "{name}" is not an array of int8 from -8 to 7')
    flat = np.append(values.reshape(-1), np.zeros(values.size % 2, np.int8)).view(np.uint8) & 15
    return bytes(flat[::2] | flat[1::2] << 4)


def _values(tensor: Tensor) -> NDArray[Any] | None:
    if tensor.data is None or tensor.element not in _DTYPES:
        return None
    return np.frombuffer(tensor.data, _DTYPES[tensor.element]).reshape(tensor.shape)


def _settings(name: str, options: dict[str, int | float | str]) -> dict[str, int | float]:
    if name not in OPTIONS:
        raise ModelError(f"{name} cannot be written; what can: {', '.join(sorted(OPTIONS))}")
    fields = OPTIONS[name].fields
    unknown = sorted(set(options) - set(fields))
    if unknown:
        raise ModelError(
            f"{name} has no option {unknown[0]}; it has: {', '.join(fields) or 'none'}"
        )
    settings = {key: field.default for key, field in fields.items()}
    settings.update({key: 1 for key in fields if key.startswith("stride_")})
    settings.update({"beta": 1.0} if "beta" in fields else {})
    settings.update({"depth_multiplier": 1} if "depth_multiplier" in fields else {})
    settings.update({key: _code(key, value) for key, value in options.items()})
    return settings


def _code(key: str, value: float | str) -> int | float:
    if not isinstance(value, str):
        return value
    names = {"padding": PADDING, "activation": ACTIVATIONS}.get(key, ())
    if value not in names:
        raise ModelError(f'"{value}" is no value for the option {key}')
    return names.index(value)


# The writer proper. A flatbuffer is written from its leaves to its root.


def _write(
    description: str,
    tensors: Sequence[Tensor],
    ops: Sequence[Op],
    inputs: Sequence[int],
    outputs: Sequence[int],
) -> bytes:
    builder = flatbuffers.Builder(1024)
    constants = [tensor.data for tensor in tensors if tensor.data]
    buffers = _tables(builder, [_buffer(builder, data) for data in [b"", *constants]])
    codes = sorted({_operator_code(tensors, op) for op in ops})
    graph = _graph(builder, tensors, ops, inputs, outputs, codes)
    graphs = _tables(builder, [graph])
    operators = _tables(builder, [_operator(builder, *code) for code in codes])
    text = builder.CreateString(description)
    builder.StartObject(5)
    builder.PrependUint32Slot(0, _SCHEMA_VERSION, 0)
    for position, part in ((1, operators), (2, graphs), (3, text), (4, buffers)):
        builder.PrependUOffsetTRelativeSlot(position, part, 0)
    builder.Finish(builder.EndObject(), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def _operator_code(tensors: Sequence[Tensor], op: Op) -> tuple[int, int]:
    data = op.inputs[min(DATA_PLACES.get(op.name, 0), len(op.inputs) - 1)]
    is_int8 = tensors[data].element == "i8"
    return OPERATORS.index(op.name), _INT8_VERSIONS.get(op.name, 1) if is_int8 else 1


def _operator(builder: flatbuffers.Builder, code: int, version: int) -> int:
    builder.StartObject(4)
    builder.PrependInt8Slot(0, min(code, NARROW_OPERATOR_LIMIT), 0)
    builder.PrependInt32Slot(2, version, 1)
    builder.PrependInt32Slot(3, code, 0)
    return int(builder.EndObject())


def _buffer(builder: flatbuffers.Builder, data: bytes) -> int:
    content = _bytes(builder, data) if data else 0
    builder.StartObject(1)
    if content:
        builder.PrependUOffsetTRelativeSlot(0, content, 0)
    return int(builder.EndObject())


def _bytes(builder: flatbuffers.Builder, data: bytes) -> int:
    """Write a byte vector whose content is aligned so that kernels can read it in place."""
    builder.StartVector(1, len(data), _ALIGNMENT_BYTES)
    head = builder.head = builder.Head() - len(data)
    builder.Bytes[head : head + len(data)] = data
    return int(builder.EndVector())


def _graph(
    builder: flatbuffers.Builder,
    tensors: Sequence[Tensor],
    ops: Sequence[Op],
    inputs: Sequence[int],
    outputs: Sequence[int],
    codes: Sequence[tuple[int, int]],
) -> int:
    numbers, used = [], 0
    for tensor in tensors:
        used += 1 if tensor.data else 0
        numbers.append(used if tensor.data else 0)
    written = [_tensor(builder, *pair) for pair in zip(tensors, numbers, strict=True)]
    parts = [
        _tables(builder, written),
        _vector(builder, inputs, "<i"),
        _vector(builder, outputs, "<i"),
        _tables(
            builder,
            [_op(builder, op, codes.index(_operator_code(tensors, op))) for op in ops],
        ),
    ]
    builder.StartObject(5)
    for position, part in enumerate(parts):
        builder.PrependUOffsetTRelativeSlot(position, part, 0)
    return int(builder.EndObject())


def _tensor(builder: flatbuffers.Builder, tensor: Tensor, buffer: int) -> int:
    name = builder.CreateString(tensor.name)
    shape = _vector(builder, tensor.shape, "<i")
    quantisation = _quantisation(builder, tensor) if tensor.scales else 0
    builder.StartObject(8)
    builder.PrependUOffsetTRelativeSlot(0, shape, 0)
    builder.PrependInt8Slot(1, ELEMENTS.index(tensor.element), 0)
    builder.PrependUint32Slot(2, buffer, 0)
    builder.PrependUOffsetTRelativeSlot(3, name, 0)
    if quantisation:
        builder.PrependUOffsetTRelativeSlot(4, quantisation, 0)
    builder.PrependBoolSlot(5, tensor.is_variable, 0)
    return int(builder.EndObject())


def _quantisation(builder: flatbuffers.Builder, tensor: Tensor) -> int:
    scales = _vector(builder, tensor.scales, "<f")
    zero_points = _vector(builder, tensor.zero_points, "<q")
    builder.StartObject(7)
    builder.PrependUOffsetTRelativeSlot(2, scales, 0)
    builder.PrependUOffsetTRelativeSlot(3, zero_points, 0)
    builder.PrependInt32Slot(6, tensor.quantized_dimension, 0)
    return int(builder.EndObject())


def _op(builder: flatbuffers.Builder, op: Op, code: int) -> int:
    inputs = _vector(builder, op.inputs, "<i")
    outputs = _vector(builder, op.outputs, "<i")
    spec = OPTIONS[op.name]
    options = _options(builder, spec.fields, op) if spec.union_code else 0
    builder.StartObject(5)
    builder.PrependUint32Slot(0, code, 0)
    builder.PrependUOffsetTRelativeSlot(1, inputs, 0)
    builder.PrependUOffsetTRelativeSlot(2, outputs, 0)
    if options:
        builder.PrependUint8Slot(3, spec.union_code, 0)
        builder.PrependUOffsetTRelativeSlot(4, options, 0)
    return int(builder.EndObject())


def _options(builder: flatbuffers.Builder, fields: dict[str, Field], op: Op) -> int:
    put: dict[str, Callable[[int, Any, Any], None]] = {
        "i8": builder.PrependInt8Slot,
        "i32": builder.PrependInt32Slot,
        "bool": builder.PrependBoolSlot,
        "f32": builder.PrependFloat32Slot,
    }
    builder.StartObject(1 + max((field.position for field in fields.values()), default=0))
    for key, field in fields.items():
        put[field.kind](field.position, op.options[key], field.default)
    return int(builder.EndObject())


def _vector(builder: flatbuffers.Builder, numbers: Sequence[int | float], layout: str) -> int:
    size_bytes = struct.calcsize(layout)
    builder.StartVector(size_bytes, len(numbers), size_bytes)
    packed = struct.pack(f"<{len(numbers)}{layout[-1]}", *numbers)
    head = builder.head = builder.Head() - len(packed)
    builder.Bytes[head : head + len(packed)] = packed
    return int(builder.EndVector())


def _tables(builder: flatbuffers.Builder, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())
