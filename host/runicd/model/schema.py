"""The `.tflite` format as data: what its numbers mean and where its fields sit.

Field positions count from 0 in the order of the public schema (identifier `TFL3`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

FILE_IDENTIFIER: Final = b"TFL3"
# The metadata that holds a plan of the arena: version, subgraph, number of tensors, offsets.
PLAN_NAME: Final = b"OfflineMemoryAllocation"
# The metadata that says which ops run strip by strip: version, first op, end, rows.
STRIPS_NAME: Final = b"RunicStrips"
STRIPS_VERSION: Final = 1

# Index = the format's type code; the names are those of a Rune's element types where it has one.
_ELEMENTS = "f32 f16 i32 u8 i64 utf8 bool i16 c64 i8 f64 c128 u64 resource variant u32 u16 i4 bf16"
ELEMENTS: Final = tuple(_ELEMENTS.split())
ELEMENT_BYTES: Final = {
    "f32": 4, "f16": 2, "i32": 4, "u8": 1, "i64": 8, "bool": 1, "i16": 2, "c64": 8, "i8": 1,
    "f64": 8, "c128": 16, "u64": 8, "u32": 4, "u16": 2, "bf16": 2,
}  # fmt: skip
# As the firmware's nn.ops() spells a kernel's type: "CONV_2D:int8".
KERNEL_TYPES: Final = {
    "f32": "float32", "i8": "int8", "u8": "uint8", "i16": "int16", "i32": "int32", "i64": "int64",
    "u16": "uint16", "u32": "uint32", "f64": "float64", "f16": "float16", "bool": "bool",
    "i4": "int4",
}  # fmt: skip

# Index = the format's operator code.
_OPERATORS = """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
    EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
    LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
    RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS
    SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
    BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE
    UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT
    LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG
    PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE
    EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD
    REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV
    REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU
    SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE
    RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM
    BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D
    IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL
    CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS
    RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU
"""
OPERATORS: Final = tuple(_OPERATORS.split())
# An operator code above this one is written in the wide field, with this in the narrow one.
NARROW_OPERATOR_LIMIT: Final = 127


class Field(NamedTuple):
    """One scalar option: its position in the options table, its type and its default."""

    position: int
    kind: str  # "i8", "i32", "bool" or "f32"
    default: int | float = 0


class Options(NamedTuple):
    """The options table of an operator: its number in the union of tables, and its fields."""

    union_code: int
    fields: dict[str, Field]


def _conv_fields(after: dict[str, Field], first_dilation: int) -> dict[str, Field]:
    strides = {"stride_w": Field(1, "i32"), "stride_h": Field(2, "i32")}
    dilation = {
        "dilation_w": Field(first_dilation, "i32", 1),
        "dilation_h": Field(first_dilation + 1, "i32", 1),
    }
    return {"padding": Field(0, "i8"), **strides, **after, **dilation}


_POOL = Options(
    5,
    {
        "padding": Field(0, "i8"),
        "stride_w": Field(1, "i32"),
        "stride_h": Field(2, "i32"),
        "filter_w": Field(3, "i32"),
        "filter_h": Field(4, "i32"),
        "activation": Field(5, "i8"),
    },
)
_NONE = Options(0, {})
_ACTIVATION = {"activation": Field(0, "i8")}
_AXES = Options(27, {"keep_dims": Field(0, "bool")})
_EXTREME = Options(39, {})
_BLOCK = {"block_size": Field(0, "i32")}
_SPLITS = {"num_splits": Field(0, "i32")}

# The operators that write_tflite can write; every other one is read without its options.
OPTIONS: Final[dict[str, Options]] = {
    "ABS": Options(78, {}),
    "ADD": Options(11, _ACTIVATION),
    "ARG_MAX": Options(40, {"output_type": Field(0, "i8")}),
    "ARG_MIN": Options(57, {"output_type": Field(0, "i8")}),
    "AVERAGE_POOL_2D": _POOL,
    "BATCH_MATMUL": Options(101, {"adj_x": Field(0, "bool"), "adj_y": Field(1, "bool")}),
    "CAST": Options(37, {"from_type": Field(0, "i8"), "to_type": Field(1, "i8")}),
    "CONCATENATION": Options(10, {"axis": Field(0, "i32"), "activation": Field(1, "i8")}),
    "CONV_2D": Options(1, _conv_fields({"activation": Field(3, "i8")}, 4)),
    "DEPTHWISE_CONV_2D": Options(
        2,
        _conv_fields({"depth_multiplier": Field(3, "i32"), "activation": Field(4, "i8")}, 5),
    ),
    "DEPTH_TO_SPACE": Options(94, _BLOCK),
    "DEQUANTIZE": Options(38, {}),
    "ELU": _NONE,
    "EQUAL": Options(53, {}),
    "EXP": Options(33, {}),
    "EXPAND_DIMS": Options(52, {}),
    "FULLY_CONNECTED": Options(
        8, {"activation": Field(0, "i8"), "keep_num_dims": Field(2, "bool")}
    ),
    "GATHER": Options(23, {"axis": Field(0, "i32"), "batch_dims": Field(1, "i32")}),
    "GREATER": Options(44, {}),
    "GREATER_EQUAL": Options(45, {}),
    "HARD_SWISH": Options(91, {}),
    "L2_NORMALIZATION": Options(12, _ACTIVATION),
    "LEAKY_RELU": Options(75, {"alpha": Field(0, "f32", 0.0)}),
    "LESS": Options(41, {}),
    "LESS_EQUAL": Options(46, {}),
    "LOG": _NONE,
    "LOGISTIC": _NONE,
    "MAXIMUM": _EXTREME,
    "MAX_POOL_2D": _POOL,
    "MEAN": _AXES,
    "MINIMUM": _EXTREME,
    "MUL": Options(21, _ACTIVATION),
    "NEG": Options(42, {}),
    "NOT_EQUAL": Options(54, {}),
    "PACK": Options(59, {"values_count": Field(0, "i32"), "axis": Field(1, "i32")}),
    "PAD": Options(22, {}),
    "PADV2": Options(43, {}),
    "PRELU": _NONE,
    "QUANTIZE": Options(89, {}),
    "REDUCE_MAX": _AXES,
    "RELU": _NONE,
    "RELU6": _NONE,
    "RESHAPE": Options(17, {}),
    "RESIZE_BILINEAR": Options(
        15, {"align_corners": Field(2, "bool"), "half_pixel_centers": Field(3, "bool")}
    ),
    "RESIZE_NEAREST_NEIGHBOR": Options(
        74, {"align_corners": Field(0, "bool"), "half_pixel_centers": Field(1, "bool")}
    ),
    "RSQRT": _NONE,
    "SLICE": Options(48, {}),
    "SOFTMAX": Options(9, {"beta": Field(0, "f32", 0.0)}),
    "SPACE_TO_DEPTH": Options(19, _BLOCK),
    "SPLIT": Options(35, _SPLITS),
    "SPLIT_V": Options(79, _SPLITS),
    "SQRT": _NONE,
    "SQUEEZE": Options(30, {}),
    "STRIDED_SLICE": Options(
        32,
        {
            "begin_mask": Field(0, "i32"),
            "end_mask": Field(1, "i32"),
            "ellipsis_mask": Field(2, "i32"),
            "new_axis_mask": Field(3, "i32"),
            "shrink_axis_mask": Field(4, "i32"),
            "offset": Field(5, "bool"),
        },
    ),
    "SUB": Options(28, _ACTIVATION),
    "SUM": _AXES,
    "SVDF": Options(6, {"rank": Field(0, "i32"), "activation": Field(1, "i8")}),
    "TANH": _NONE,
    "TRANSPOSE": Options(26, {}),
    "TRANSPOSE_CONV": Options(
        49,
        {
            "padding": Field(0, "i8"),
            "stride_w": Field(1, "i32"),
            "stride_h": Field(2, "i32"),
            "activation": Field(3, "i8"),
        },
    ),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Options(
        71,
        {
            "activation": Field(0, "i8"),
            "cell_clip": Field(1, "f32", 0.0),
            "proj_clip": Field(2, "f32", 0.0),
            "time_major": Field(3, "bool"),
        },
    ),
    "UNPACK": Options(64, {"num": Field(0, "i32"), "axis": Field(1, "i32")}),
}
# Which input is data, where the first is not: kernels are chosen by its type.
DATA_PLACES: Final = {"SPLIT": 1, "TRANSPOSE_CONV": 2}
PADDING: Final = ("SAME", "VALID")
ACTIVATIONS: Final = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT")
