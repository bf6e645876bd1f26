"""A model's operators one by one: what each reads, writes and multiplies."""

from __future__ import annotations

from dataclasses import dataclass

from runicd.model.facts import kernel_name, op_macs
from runicd.model.read_tflite import ABSENT, Model, Op, Tensor


@dataclass(frozen=True, slots=True)
class OpRow:
    """One operator.

    `inputs` and `outputs` are types of tensors that are computed ("i8[1, 10]"). `constants` are
    the elements, and `constant_bytes` the bytes, of those that the file holds.
    """

    number: int
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: int
    constant_bytes: int
    macs: int
    options: dict[str, int | float]


@dataclass(frozen=True, slots=True)
class TensorRow:
    """A tensor that a model reads or gives; scale 0.0 means that it is not quantised."""

    name: str
    type: str
    scale: float
    zero_point: int


def op_rows(model: Model) -> tuple[OpRow, ...]:
    """Return the operators in the order in which they run. Raises ModelError."""
    return tuple(_row(model, number, op) for number, op in enumerate(model.ops))


def _row(model: Model, number: int, op: Op) -> OpRow:
    given = [model.tensors[index] for index in op.inputs if index != ABSENT]
    constants = [tensor for tensor in given if tensor.is_constant]
    return OpRow(
        number,
        kernel_name(model, op),
        tuple(type_text(tensor) for tensor in given if not tensor.is_constant),
        tuple(type_text(model.tensors[index]) for index in op.outputs),
        sum(tensor.elements for tensor in constants),
        sum(tensor.size_bytes for tensor in constants),
        op_macs(model, op),
        dict(op.options),
    )


def ends(model: Model, indices: tuple[int, ...]) -> tuple[TensorRow, ...]:
    """Return the tensors by index as rows: those of `model.inputs` or `model.outputs`."""
    tensors = [model.tensors[index] for index in indices]
    return tuple(TensorRow(one.name, type_text(one), one.scale, one.zero_point) for one in tensors)


def type_text(tensor: Tensor) -> str:
    """Return a tensor's type as Runefiles write it: "i8[1, 49, 10, 1]"."""
    return f"{tensor.element}[{', '.join(map(str, tensor.shape))}]"
