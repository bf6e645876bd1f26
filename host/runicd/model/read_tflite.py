"""Reads a `.tflite` file, which may be broken, into a `Model` whose parts fit together.

Light on purpose (no numpy, no flatbuffers package): `runicd build` reads every model with it.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from runicd.errors import ModelError
from runicd.model.flatbuffer import Buffer, Table
from runicd.model.schema import (
    ELEMENT_BYTES,
    ELEMENTS,
    FILE_IDENTIFIER,
    OPERATORS,
    OPTIONS,
    PLAN_NAME,
    STRIPS_NAME,
    STRIPS_VERSION,
)

_MAX_RANK = 8
_MAX_TENSOR_BYTES = 1 << 31
_STRIPS_LAYOUT = struct.Struct("<4I")  # version, first op, end, rows
ABSENT = -1  # an optional input that is not given, for example a missing bias


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor. `data` is the constant's bytes, or None for what is computed at run time.

    `scales` and `zero_points` are empty when the tensor is not quantised, hold one number for
    the whole tensor, or one for each index of dimension `quantized_dimension`.
    """

    name: str
    element: str
    shape: tuple[int, ...]
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    quantized_dimension: int
    data: bytes | None
    is_variable: bool

    @property
    def is_constant(self) -> bool:
        """Whether the file holds the tensor's value."""
        return self.data is not None

    @property
    def elements(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """The bytes that the elements take; ModelError for a type without a fixed size."""
        if self.element == "i4":
            return (self.elements + 1) // 2
        if self.element not in ELEMENT_BYTES:
            raise ModelError(
                f'tensor "{self.name}" is of type {self.element}, which has no fixed size'
            )
        return self.elements * ELEMENT_BYTES[self.element]

    @property
    def scale(self) -> float:
        """The scale of a tensor quantised as a whole; 0.0 when it is not."""
        return self.scales[0] if len(self.scales) == 1 else 0.0

    @property
    def zero_point(self) -> int:
        """The zero point of a tensor quantised as a whole; 0 when it is not."""
        return self.zero_points[0] if len(self.zero_points) == 1 else 0


@dataclass(frozen=True, slots=True)
class Op:
    """One operator: tensors by index (`ABSENT` for an optional one), options by name."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, int | float]


@dataclass(frozen=True, slots=True)
class Strips:
    """What the file wants to run strip by strip: ops `first` to `end`, not included.

    A strip makes `rows` rows of the last op's output.
    """

    first: int
    end: int
    rows: int


@dataclass(frozen=True, slots=True)
class Model:
    """One network: `ops` in the order in which they run; `inputs` and `outputs` by index.

    `memory_offsets` is the arena plan that the file brings along, as it stands there: an offset
    for each tensor. Empty when there is none that is whole. `strips` is as it stands in the file,
    too: `strips.keep_rows` says whether it holds.
    """

    tensors: tuple[Tensor, ...]
    ops: tuple[Op, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    description: str
    file_bytes: int
    memory_offsets: tuple[int, ...] = ()
    strips: Strips | None = None


def read_tflite(data: bytes) -> Model:
    """Read the bytes of a `.tflite` file.

    Raises ModelError, saying which tensor or op and what is wrong with it, when the file is
    truncated, garbled, or describes a network that could not run.
    """
    if data[4:8] != FILE_IDENTIFIER:
        raise ModelError('not a .tflite file (it does not carry "TFL3" at byte 4)')
    root = Buffer(data).root("the model")
    graphs = root.tables(2, "subgraph")
    if len(graphs) != 1:
        raise ModelError(
            f"it has {len(graphs)} subgraphs, and a model that runs on a board has one"
        )
    model = _read_graph(root, graphs[0], len(data))
    _check_references(model)
    return model


def _read_graph(root: Table, graph: Table, file_bytes: int) -> Model:
    buffers = [one.bytes(0, one.what) for one in root.tables(4, "buffer")]
    tensors = tuple(_read_tensor(one, buffers) for one in graph.tables(0, "tensor"))
    names = [_operator_name(one) for one in root.tables(1, "operator code")]
    return Model(
        tensors=tensors,
        ops=tuple(_read_op(one, names) for one in graph.tables(3, "op")),
        inputs=graph.numbers(1, "i32", "the list of inputs"),
        outputs=graph.numbers(2, "i32", "the list of outputs"),
        description=root.text(3, "the description"),
        file_bytes=file_bytes,
        memory_offsets=_memory_offsets(root, buffers, len(tensors)),
        strips=_strips(root, buffers),
    )


def _metadata(root: Table, buffers: list[bytes], wanted: bytes) -> bytes:
    """Return metadata by its name; what is broken counts as none, as on the board."""
    try:
        for one in root.tables(6, "metadata"):
            if one.bytes(0, "a name") == wanted:
                index = one.scalar(1, "u32")
                return buffers[index] if index < len(buffers) else b""
    except ModelError:
        return b""
    return b""


def _memory_offsets(root: Table, buffers: list[bytes], tensors: int) -> tuple[int, ...]:
    """Return the plan in the file's metadata, empty where it is for other tensors."""
    content = _metadata(root, buffers, PLAN_NAME)
    if len(content) < 4 * (3 + tensors):
        return ()
    _, _, count, *offsets = struct.unpack_from(f"<{3 + tensors}i", content)
    return tuple(offsets) if count == tensors else ()


def _strips(root: Table, buffers: list[bytes]) -> Strips | None:
    content = _metadata(root, buffers, STRIPS_NAME)
    if len(content) != _STRIPS_LAYOUT.size:
        return None
    version, *numbers = _STRIPS_LAYOUT.unpack(content)
    return Strips(*numbers) if version == STRIPS_VERSION else None


def _operator_name(code: Table) -> str:
    # Old files have the narrow field only, new ones both; the larger counts.
    number = max(code.scalar(0, "i8"), code.scalar(3, "i32"))
    if number < 0:
        raise ModelError(f"{code.what} is {number}, which is no operator")
    return OPERATORS[number] if number < len(OPERATORS) else f"OPERATOR_{number}"


def _read_op(table: Table, names: list[str]) -> Op:
    code = table.scalar(0, "u32")
    if code >= len(names):
        raise ModelError(
            f"{table.what} uses operator code {code}, but the file lists {len(names)}"
        )
    inputs = table.numbers(1, "i32", f"{table.what}'s inputs")
    outputs = table.numbers(2, "i32", f"{table.what}'s outputs")
    return Op(names[code], inputs, outputs, _read_options(table, names[code]))


def _read_options(op: Table, name: str) -> dict[str, int | float]:
    if name not in OPTIONS:
        return {}
    fields = OPTIONS[name].fields
    table = op.table(4, f"{op.what}'s options")
    if table is None:
        return {key: field.default for key, field in fields.items()}
    given_code = op.scalar(3, "u8")
    if given_code != OPTIONS[name].union_code:
        raise ModelError(
            f"{op.what} ({name}) carries another operator's options (table {given_code})"
        )
    return {
        key: table.scalar(field.position, field.kind, field.default)
        for key, field in fields.items()
    }


def _read_tensor(table: Table, buffers: list[bytes]) -> Tensor:
    name = table.text(3, f"{table.what}'s name")
    shape = table.numbers(0, "i32", f"{table.what}'s shape")
    if len(shape) > _MAX_RANK or any(size < 0 for size in shape):
        raise ModelError(
            f'{table.what} "{name}" has the impossible shape {list(shape)[: _MAX_RANK + 1]}'
        )
    scales, zero_points, dimension = _read_quantisation(table, name, shape)
    code = table.scalar(1, "i8")
    if not 0 <= code < len(ELEMENTS):
        raise ModelError(f'{table.what} "{name}" is of type {code}, which is no element type')
    tensor = Tensor(
        name=name,
        element=ELEMENTS[code],
        shape=shape,
        scales=scales,
        zero_points=zero_points,
        quantized_dimension=dimension,
        data=_constant(table, name, buffers),
        is_variable=bool(table.scalar(5, "bool")),
    )
    _check_size(table.what, tensor)
    return tensor


def _constant(table: Table, name: str, buffers: list[bytes]) -> bytes | None:
    index = table.scalar(2, "u32")
    if index == 0 and not buffers:
        return None
    if index >= len(buffers):
        raise ModelError(
            f'{table.what} "{name}" is in buffer {index}, but the file has {len(buffers)}'
        )
    return buffers[index] or None


def _check_size(what: str, tensor: Tensor) -> None:
    if tensor.element not in (*ELEMENT_BYTES, "i4"):
        return
    if tensor.size_bytes >= _MAX_TENSOR_BYTES:
        raise ModelError(f'{what} "{tensor.name}" would take {tensor.size_bytes} bytes')
    if tensor.data is not None and len(tensor.data) != tensor.size_bytes:
        msg = (
            f'{what} "{tensor.name}" has {len(tensor.data)} bytes of data, '
            f"but its shape needs {tensor.size_bytes}"
        )
        raise ModelError(msg)


def _read_quantisation(
    table: Table, name: str, shape: tuple[int, ...]
) -> tuple[tuple[float, ...], tuple[int, ...], int]:
    quantisation = table.table(4, f"{table.what}'s quantisation")
    if quantisation is None:
        return (), (), 0
    scales = quantisation.numbers(2, "f32", f"{table.what}'s scales")
    zero_points = quantisation.numbers(3, "i64", f"{table.what}'s zero points")
    dimension = quantisation.scalar(6, "i32")
    if any(not math.isfinite(scale) or scale < 0 for scale in scales):
        raise ModelError(f'{table.what} "{name}" has a scale that is not a positive number')
    if len(scales) > 1 and not (0 <= dimension < len(shape) and shape[dimension] == len(scales)):
        msg = (
            f'{table.what} "{name}" has {len(scales)} scales '
            f"for dimension {dimension} of the shape {list(shape)}"
        )
        raise ModelError(msg)
    return scales, zero_points, dimension


def _check_references(model: Model) -> None:
    """Check that every index names a tensor that has a value when it is read, and just one."""
    _check_indices("the list of inputs", model.inputs, model)
    _check_indices("the list of outputs", model.outputs, model)
    tensors = model.tensors
    known = {i for i, tensor in enumerate(tensors) if tensor.is_constant or tensor.is_variable}
    if known.intersection(model.inputs):
        raise ModelError("an input of the model is a constant or a variable")
    known.update(model.inputs)
    for index, op in enumerate(model.ops):
        where = f"op {index} ({op.name})"
        _check_indices(where, [i for i in op.inputs if i != ABSENT], model)
        _check_indices(where, op.outputs, model)
        _check_order(where, op, known, model)
        known.update(op.outputs)
    written = known.difference(i for i, tensor in enumerate(tensors) if tensor.is_constant)
    if not written.issuperset(model.outputs):
        raise ModelError("an output of the model is written by no op")


def _check_order(where: str, op: Op, known: set[int], model: Model) -> None:
    """`known` are the tensors that have a value before `op` runs."""
    unknown = [i for i in op.inputs if i != ABSENT and i not in known]
    if unknown:
        name = model.tensors[unknown[0]].name
        raise ModelError(
            f'{where} reads tensor {unknown[0]} "{name}" before anything has written it'
        )
    again = [i for i in op.outputs if i in known and not model.tensors[i].is_variable]
    if again:
        name = model.tensors[again[0]].name
        raise ModelError(f'{where} writes tensor {again[0]} "{name}", which has a value already')


def _check_indices(where: str, indices: tuple[int, ...] | list[int], model: Model) -> None:
    wrong = [i for i in indices if not 0 <= i < len(model.tensors)]
    if wrong:
        raise ModelError(f"{where} names tensor {wrong[0]}, but there are {len(model.tensors)}")
