"""The bytes that the firmware's `nn` module keeps for a model besides its arena.

That is one table of tensors, ops and references to tensors, and one block of what every op
resolved when the model was loaded; native_modules/nn (nn_model.c, nn_prepare.c, op_*.c) has the
same sums. Counted as on a board with 64-bit pointers: on a 32-bit board no structure is larger, so
what is counted here is enough there.
"""

from __future__ import annotations

from runicd.model.read_tflite import ABSENT, Model, Op, Tensor
from runicd.model.schema import DATA_PLACES

_ALIGNMENT_BYTES = 8
_TENSOR_BYTES = 56  # nn_tensor_t
_OP_BYTES = 40  # nn_op_t
_POINTER_BYTES = 8
_MULTIPLIER_BYTES = 4
_SHIFT_BYTES = 1
_LOOKUP_BYTES = 16 + 256  # lookup_t and its table
_PAIR_BYTES = 120  # pair_t
_MOVE_BYTES = 56  # move_op_t
# The fixed state of an op, whatever the type of its input; ops that are not here keep none.
_STATE_BYTES = {
    "ADD": 124,
    "ARG_MAX": 16,
    "ARG_MIN": 16,
    "AVERAGE_POOL_2D": 84,
    "BATCH_MATMUL": 120,
    "CAST": 8,
    "CONCATENATION": 12,
    "CONV_2D": 136,
    "DEPTHWISE_CONV_2D": 136,
    "DEPTH_TO_SPACE": _MOVE_BYTES,
    "DEQUANTIZE": 24,
    "EQUAL": _PAIR_BYTES,
    "FULLY_CONNECTED": 72,
    "GATHER": 20,
    "GREATER": _PAIR_BYTES,
    "GREATER_EQUAL": _PAIR_BYTES,
    "L2_NORMALIZATION": 8,
    "LEAKY_RELU": 4,
    "LESS": _PAIR_BYTES,
    "LESS_EQUAL": _PAIR_BYTES,
    "MAXIMUM": _PAIR_BYTES,
    "MAX_POOL_2D": 84,
    "MEAN": 120,
    "MINIMUM": _PAIR_BYTES,
    "MUL": 124,
    "NOT_EQUAL": _PAIR_BYTES,
    "PACK": 8,
    "PAD": 80,
    "PADV2": 80,
    "PRELU": _PAIR_BYTES,
    "REDUCE_MAX": 120,
    "RESIZE_BILINEAR": 36,
    "RESIZE_NEAREST_NEIGHBOR": 36,
    "SLICE": _MOVE_BYTES,
    "SOFTMAX": 24,
    "SPACE_TO_DEPTH": _MOVE_BYTES,
    "SPLIT": 8,
    "SPLIT_V": 8,
    "STRIDED_SLICE": _MOVE_BYTES,
    "SUB": 124,
    "SUM": 120,
    "SVDF": 60,
    "TRANSPOSE": _MOVE_BYTES,
    "TRANSPOSE_CONV": 104,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": 136,
    "UNPACK": 8,
}
_LOOKUPS = frozenset(
    {"ABS", "ELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "QUANTIZE", "RELU", "RELU6", "RSQRT"}
    | {"TANH"}
)
_QUANTIZE_BYTES = 24  # from float32; from bytes it is a lookup


def table_bytes(model: Model) -> int:
    """The bytes of both blocks of `model`: the firmware's `nn.Model(…).table_bytes`."""
    references = len(model.inputs) + len(model.outputs)
    references += sum(len(op.inputs) + len(op.outputs) for op in model.ops)
    lists = _align(len(model.tensors) * _TENSOR_BYTES) + _align(len(model.ops) * _OP_BYTES)
    return lists + references * _POINTER_BYTES + sum(_op_bytes(model, op) for op in model.ops)


def _align(size_bytes: int) -> int:
    return -(-size_bytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def _op_bytes(model: Model, op: Op) -> int:
    data = _tensor(model, op.inputs, DATA_PLACES.get(op.name, 0))
    is_float = data is not None and data.element == "f32"
    if op.name in _LOOKUPS and not is_float:
        return _LOOKUP_BYTES
    if op.name == "QUANTIZE":
        return _QUANTIZE_BYTES
    channels = 0 if is_float else _scaled_channels(model, op)
    scales = _align(channels * _MULTIPLIER_BYTES) + _align(channels * _SHIFT_BYTES)
    return _align(_STATE_BYTES.get(op.name, 0)) + scales


def _tensor(model: Model, indices: tuple[int, ...], place: int) -> Tensor | None:
    is_given = place < len(indices) and indices[place] != ABSENT
    return model.tensors[indices[place]] if is_given else None


def _scaled_channels(model: Model, op: Op) -> int:
    """How many output channels of an int8 op get a scale of their own."""
    if op.name in {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}:
        output = _tensor(model, op.outputs, 0)
        return output.shape[-1] if output is not None and output.shape else 0
    weights = _tensor(model, op.inputs, 1)
    if op.name == "FULLY_CONNECTED" and weights is not None and len(weights.scales) > 1:
        return weights.shape[0]
    return 0
