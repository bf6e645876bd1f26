"""The bytes that the firmware's `nn` module keeps for a model besides its arena.

That is one table of tensors, ops and references to tensors, and one block of what every op
resolved when the model was loaded; native_modules/nn (nn_model.c, nn_prepare.c, op_*.c) has the
same sums. Structures that hold pointers are smaller on boards with 32-bit pointers.
"""

from __future__ import annotations

from runicd.model.read_tflite import ABSENT, Model, Op, Tensor
from runicd.model.schema import DATA_PLACES
from runicd.model.strips import is_spec

WIDE_POINTER_BYTES, NARROW_POINTER_BYTES = 8, 4
_ALIGNMENT_BYTES = 8
_TENSOR_BYTES = 48  # nn_tensor_t
_OP_BYTES = {8: 40, 4: 24}  # nn_op_t
_MULTIPLIER_BYTES = 4
_SHIFT_BYTES = 1
_LOOKUP_BYTES = {8: 16, 4: 8}  # lookup_t
_LOOKUP_TABLE_BYTES = 256
_STRIPS_BYTES, _STRIP_OP_BYTES = 8, 20  # nn_strips_t, strip_op_t
_MOVE_BYTES = 56  # move_op_t
# Those whose state is a pair_t.
_PAIRS = (
    *("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL"),
    *("MAXIMUM", "MINIMUM", "PRELU"),
)
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
    "FULLY_CONNECTED": 72,
    "GATHER": 20,
    "L2_NORMALIZATION": 8,
    "LEAKY_RELU": 4,
    "MAX_POOL_2D": 84,
    "MEAN": 120,
    "MUL": 124,
    "PACK": 8,
    "PAD": 80,
    "PADV2": 80,
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
    **dict.fromkeys(_PAIRS, 120),
}
# Those that hold pointers, where these have 32 bits.
_NARROW_STATE_BYTES = _STATE_BYTES | {
    "CONV_2D": 112,
    "DEPTHWISE_CONV_2D": 112,
    "FULLY_CONNECTED": 52,
    "TRANSPOSE_CONV": 92,
    **dict.fromkeys(_PAIRS, 112),
}
_LOOKUPS = frozenset(
    {"ABS", "ELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "QUANTIZE", "RELU", "RELU6", "RSQRT"}
    | {"TANH"}
)
_QUANTIZE_BYTES = 24  # from float32; from bytes it is a lookup
# Those of int16 whose state is a function_op_t; QUANTIZE also where it makes int16 of int8.
_FUNCTIONS_16 = frozenset({"ABS", "LEAKY_RELU", "LOGISTIC", "QUANTIZE", "RELU", "RELU6", "TANH"})
_FUNCTION_16_BYTES = 40
_DENSE_4_BYTES = {8: 80, 4: 56}  # dense_4_t, of FULLY_CONNECTED with weights of int4


def table_bytes(model: Model, pointer_bytes: int = WIDE_POINTER_BYTES) -> int:
    """The bytes of both blocks of `model`: the firmware's `nn.Model(…).table_bytes`.

    `pointer_bytes` is what a pointer has on the board: 8 or 4.
    """
    references = len(model.inputs) + len(model.outputs)
    references += sum(len(op.inputs) + len(op.outputs) for op in model.ops)
    lists = _align(len(model.tensors) * _TENSOR_BYTES)
    lists += _align(len(model.ops) * _OP_BYTES[pointer_bytes])
    ops = sum(_op_bytes(model, op, pointer_bytes) for op in model.ops)
    return lists + references * pointer_bytes + ops + _strips_bytes(model)


def _strips_bytes(model: Model) -> int:
    if model.strips is None or not is_spec(model.strips, len(model.ops)):
        return 0
    return _STRIPS_BYTES + (model.strips.end - model.strips.first) * _STRIP_OP_BYTES


def _align(size_bytes: int) -> int:
    return -(-size_bytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def _op_bytes(model: Model, op: Op, pointer_bytes: int) -> int:
    data = _tensor(model, op.inputs, DATA_PLACES.get(op.name, 0))
    is_float = data is not None and data.element == "f32"
    if op.name in _FUNCTIONS_16 and not is_float and _touches_int16(model, op):
        return _FUNCTION_16_BYTES
    if op.name in _LOOKUPS and not is_float:
        return _LOOKUP_BYTES[pointer_bytes] + _LOOKUP_TABLE_BYTES
    if op.name == "QUANTIZE":
        return _QUANTIZE_BYTES
    if op.name == "FULLY_CONNECTED" and _has_int4(model, op):
        return _align(_DENSE_4_BYTES[pointer_bytes])
    channels = 0 if is_float else _scaled_channels(model, op)
    scales = _align(channels * _MULTIPLIER_BYTES) + _align(channels * _SHIFT_BYTES)
    is_narrow = pointer_bytes == NARROW_POINTER_BYTES
    states = _NARROW_STATE_BYTES if is_narrow else _STATE_BYTES
    return _align(states.get(op.name, 0)) + scales


def _has_int4(model: Model, op: Op) -> bool:
    weights = _tensor(model, op.inputs, 1)
    return weights is not None and weights.element == "i4"


def _touches_int16(model: Model, op: Op) -> bool:
    tensors = [model.tensors[index] for index in (*op.inputs, *op.outputs) if index != ABSENT]
    return any(tensor.element == "i16" for tensor in tensors)


def _tensor(model: Model, indices: tuple[int, ...], place: int) -> Tensor | None:
    is_given = place < len(indices) and indices[place] != ABSENT
    return model.tensors[indices[place]] if is_given else None


def _scaled_channels(model: Model, op: Op) -> int:
    """How many output channels of an op of integers get a scale of their own."""
    if op.name in {"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}:
        output = _tensor(model, op.outputs, 0)
        return output.shape[-1] if output is not None and output.shape else 0
    weights = _tensor(model, op.inputs, 1)
    if op.name == "FULLY_CONNECTED" and weights is not None and len(weights.scales) > 1:
        return weights.shape[0]
    return 0
