"""What a model asks of a board: its operators, parameters, multiply-accumulates and arena."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runicd.model.arena import plan_arena
from runicd.model.packed import packed_bytes
from runicd.model.read_tflite import ABSENT, Model, Op
from runicd.model.schema import DATA_PLACES, KERNEL_TYPES
from runicd.model.table import NARROW_POINTER_BYTES, table_bytes

_RECURRENT = frozenset({"SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM"})
# Operators whose constants enter arithmetic.
_WEIGHTED = frozenset(
    {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"}
    | {"ADD", "MUL", "SUB", "PRELU"}
    | _RECURRENT
)


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The figures that `inspect` shows and that a board admits by.

    `ops` are spelt as the firmware's `nn.ops()` does, sorted and unique; `macs` are
    multiply-accumulates of one inference; `table_bytes` is what `nn` keeps besides the arena
    where pointers have 64 bits, `narrow_table_bytes` where they have 32; `packed_bytes` is what
    packed weights take, on cores that gain by them.
    """

    ops: tuple[str, ...]
    parameters: int
    macs: int
    arena_bytes: int
    table_bytes: int
    narrow_table_bytes: int
    packed_bytes: int
    file_bytes: int


def model_facts(model: Model) -> ModelFacts:
    """The facts of `model`. Raises ModelError for a type without a fixed size."""
    return ModelFacts(
        ops=tuple(sorted({kernel_name(model, op) for op in model.ops})),
        parameters=_parameters(model),
        macs=sum(op_macs(model, op) for op in model.ops),
        arena_bytes=plan_arena(model).arena_bytes,
        table_bytes=table_bytes(model),
        narrow_table_bytes=table_bytes(model, NARROW_POINTER_BYTES),
        packed_bytes=packed_bytes(model),
        file_bytes=model.file_bytes,
    )


def kernel_name(model: Model, op: Op) -> str:
    """The kernel that runs `op`, for example "CONV_2D:int8".

    The type is that of the first input that is data, by which the firmware looks a kernel up, or
    int4 where the weights are.
    """
    data, weights = (_element(model, op, place) for place in (DATA_PLACES.get(op.name, 0), 1))
    element = weights if weights == "i4" else data
    return f"{op.name}:{KERNEL_TYPES.get(element, element)}"


def _element(model: Model, op: Op, place: int) -> str:
    is_known = place < len(op.inputs) and op.inputs[place] != ABSENT
    return model.tensors[op.inputs[place]].element if is_known else "none"


def op_macs(model: Model, op: Op) -> int:
    """Multiply-accumulates of one run of `op`; 0 for operators that multiply no matrices."""
    if op.name not in _WEIGHTED - {"ADD", "MUL", "SUB", "PRELU"} or len(op.inputs) < 2:
        return 0
    output = model.tensors[op.outputs[0]]
    given = [model.tensors[index].shape if index != ABSENT else () for index in op.inputs]
    if op.name == "DEPTHWISE_CONV_2D":
        return output.elements * math.prod(given[1][1:3])
    if op.name == "BATCH_MATMUL":
        depth = given[0][-2:-1] if op.options["adj_x"] else given[0][-1:]
        return output.elements * math.prod(depth)
    if op.name == "TRANSPOSE_CONV" and len(given) > 2:
        return math.prod(given[2][:3]) * math.prod(given[1])
    if op.name in _RECURRENT:
        # Every weight is used once in each step of each sequence.
        weights = given[1:3] if op.name == "SVDF" else given[1:9]
        return math.prod(given[0][:-1]) * sum(math.prod(one) for one in weights)
    return output.elements * math.prod(given[1][1:])


def _parameters(model: Model) -> int:
    """Elements of the constants that enter arithmetic: weights and biases, not shapes or axes."""
    used = {
        index
        for op in model.ops
        if op.name in _WEIGHTED
        for index in op.inputs[1 if op.name in DATA_PLACES else 0 :]
    }
    return sum(
        model.tensors[index].elements
        for index in used
        if index != ABSENT and model.tensors[index].is_constant
    )
