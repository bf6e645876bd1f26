"""nn on the board: files cut short, garbled, or asking for what is not there; never a crash."""

import struct
from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from runicd.model.read_tflite import Op, Tensor
from runicd.model.write_tflite import _write
from tests.board import run_ok
from tests.host.model_samples import float_network, int8_network

# Prints "ok" or the error of each model in turn; any other exception ends it.
LOAD_SCRIPT = """
import nn, sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    try:
        nn.Model(data).invoke()
        print("ok")
    except nn.ModelError as error:
        assert isinstance(error, ValueError)
        print(error)
"""

# Loads every prefix of a file, then garbled copies of it, and says how many loaded.
GARBLE_SCRIPT = """
import gc, nn, random, sys
random.seed(int(sys.argv[2]))
with open(sys.argv[1], "rb") as file:
    data = file.read()
refused = loaded = 0
def attempt(candidate):
    global refused, loaded
    try:
        nn.Model(candidate).invoke()
        loaded += 1
    except nn.ModelError as error:
        assert str(error)
        refused += 1
    except MemoryError:
        refused += 1
for length in range(len(data)):
    attempt(data[:length])
assert loaded == 0, loaded
for _ in range(int(sys.argv[3])):
    mutant = bytearray(data)
    for _ in range(random.randint(1, 4)):
        mutant[random.randrange(len(mutant))] = random.getrandbits(8)
    attempt(mutant)
print(refused, loaded)
"""

BOARD_HEAP = "2m"


def load(folder: Path, *models: bytes) -> list[str]:
    """What the board says of each model: "ok" or the error's text."""
    paths = []
    for number, model in enumerate(models):
        paths.append(folder / f"{number}.tflite")
        paths[-1].write_bytes(model)
    return run_ok(LOAD_SCRIPT, *paths, heap=BOARD_HEAP).splitlines()


@pytest.mark.parametrize("network", [int8_network, float_network])
def test_cut_short_and_garbled(network: Callable[[], bytes], tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(network())
    printed = run_ok(GARBLE_SCRIPT, tmp_path / "model", "11", "3000", heap=BOARD_HEAP)
    refused, loaded = map(int, printed.split())
    assert refused + loaded == len(network()) + 3000
    assert refused > len(network()) + 300
    assert loaded > 300  # garbled weights make no bad file


def dense_parts() -> tuple[list[Tensor], list[Op]]:
    """The tensors and the op of a good int8 FULLY_CONNECTED model."""
    options = {"activation": 0, "keep_num_dims": 0}
    bias = np.array([1, 2, 3], "i4").tobytes()
    tensors = [
        Tensor("x", "i8", (1, 4), (0.5,), (0,), 0, None, False),
        Tensor("w", "i8", (3, 4), (0.5,), (0,), 0, bytes(12), False),
        Tensor("b", "i32", (3,), (0.25,), (0,), 0, bias, False),
        Tensor("y", "i8", (1, 3), (0.5,), (0,), 0, None, False),
    ]
    return tensors, [Op("FULLY_CONNECTED", (0, 1, 2), (3,), options)]


def replaced(tensor: Tensor, **changes: object) -> Tensor:
    fields = {name: getattr(tensor, name) for name in Tensor.__slots__}
    return Tensor(**{**fields, **changes})  # type: ignore[arg-type]


def with_tensor(index: int, **changes: object) -> bytes:
    """The good model with something else in one tensor."""
    tensors, ops = dense_parts()
    tensors[index] = replaced(tensors[index], **changes)
    return _write("", tensors, ops, [0], [3])


def with_op(name: str = "FULLY_CONNECTED", inputs: tuple[int, ...] = (0, 1, 2),
            outputs: tuple[int, ...] = (3,), **options: int) -> bytes:  # fmt: skip
    """The good model with something else in its op."""
    tensors, ops = dense_parts()
    settings = {**(ops[0].options if name == "FULLY_CONNECTED" else {}), **options}
    return _write("", tensors, [Op(name, inputs, outputs, settings)], [0], [3])


def with_ends(inputs: list[int], outputs: list[int]) -> bytes:
    """The good model with other inputs and outputs."""
    return _write("", *dense_parts(), inputs, outputs)


NAN, INFINITY = float("nan"), float("inf")
HUGE = 1 << 30
BAD_TENSORS = {
    "scale_zero": (with_tensor(0, scales=(0.0,)), "tensor 0: a scale is not a finite number"),
    "scale_nan": (with_tensor(1, scales=(NAN,)), "tensor 1: a scale is not a finite number"),
    "scale_infinite": (with_tensor(3, scales=(INFINITY,)), "tensor 3: a scale is not a finite"),
    "scale_negative": (with_tensor(1, scales=(-1.0,)), "tensor 1: a scale is not a finite"),
    "scale_missing": (with_tensor(3, scales=(), zero_points=()), "has no scale"),
    "scales_wrong_count": (
        with_tensor(1, scales=(0.5, 0.5), zero_points=(0, 0)),
        "op 0 FULLY_CONNECTED: filter has neither one scale nor one per output channel",
    ),
    "scales_wrong_axis": (
        with_tensor(1, scales=(0.5,) * 3, zero_points=(0,) * 3, quantized_dimension=1),
        "filter's scales are not along its output channels",
    ),
    "scales_far_apart": (with_tensor(3, scales=(1e-30,)), "too far apart"),
    "zero_point_outside": (with_tensor(0, zero_points=(128,)), "zero point is outside"),
    "zero_point_of_bias": (with_tensor(2, zero_points=(1,)), "zero point is outside"),
    "zero_dimension": (with_tensor(0, shape=(1, 0)), "tensor 0: a dimension is 0"),
    "negative_dimension": (with_tensor(0, shape=(1, -4)), "tensor 0: a dimension is negative"),
    "shape_overflows_32": (with_tensor(0, shape=(HUGE, 4)), "more than 2^31"),
    "shape_overflows_64": (with_tensor(0, shape=(HUGE,) * 4), "more than 2^31"),
    "shape_product_wraps": (with_tensor(0, shape=(1 << 16,) * 4), "more than 2^31"),
    "rank_7": (with_tensor(0, shape=(1,) * 6 + (4,)), "more than 6 dimensions"),
    "weights_short": (with_tensor(1, data=bytes(11)), "tensor 1: data is shorter"),
    "bias_wrong_length": (with_tensor(2, shape=(2,)), "bias does not fit the outputs"),
    "bias_wrong_type": (with_tensor(2, element="i8", shape=(3,)), "bias does not fit"),
    "output_wrong_type": (with_tensor(3, element="u8"), "differ in type"),
    "output_wrong_shape": (with_tensor(3, shape=(1, 4)), "shapes of input, filter and output"),
    "input_wrong_shape": (with_tensor(0, shape=(1, 5)), "shapes of input, filter and output"),
    "filter_rank": (with_tensor(1, shape=(12,)), "filter must have 2 dimensions"),
    "filter_empty": (with_tensor(1, shape=(0, 4), data=b"x"), "filter must have 2 dimensions"),
    "text_input": (with_tensor(0, element="utf8", scales=(), zero_points=()), "string input"),
}
BAD_OPS = {
    "input_index": (with_op(inputs=(0, 9, 2)), "op 0 FULLY_CONNECTED: tensor index is outside"),
    "input_index_negative": (with_op(inputs=(0, -2, 2)), "tensor index is outside"),
    "output_index": (with_op(outputs=(4,)), "tensor index is outside"),
    "output_index_absent": (with_op(outputs=(-1,)), "tensor index is outside"),
    "filter_absent": (with_op(inputs=(0, -1, 2)), "an input is missing"),
    "no_outputs": (with_op(outputs=()), "tensor 3: model output is not written"),
    "many_inputs": (with_op(inputs=(0, 1, 2, 2)), "wrong number of inputs"),
    "writes_constant": (with_op(outputs=(1,)), "tensor 1: is written though it has a value"),
    "writes_input": (with_op(outputs=(0,)), "tensor 0: is written though it has a value"),
    "reads_own_output": (with_op(inputs=(3, 1, 2)), "tensor 3: is read before an op"),
    "activation": (with_op(activation=4), "fused activation is not supported"),
    "activation_unknown": (with_op(activation=77), "fused activation is not supported"),
    "model_input_index": (with_ends([7], [3]), "tensor index is outside"),
    "model_input_constant": (with_ends([1], [3]), "model input has data already"),
    "model_output_index": (with_ends([0], [-1]), "tensor index is outside"),
    "model_output_constant": (with_ends([0], [1]), "model output is not written"),
    "model_output_nobody": (with_ends([], [3]), "tensor 0: is read before an op"),
}


def edited(edit: Callable[[schema.ModelT], None], model: bytes = b"") -> bytes:
    """A model (the good one unless given) after any change that the format can hold."""
    parsed = schema.Model.GetRootAsModel(model or with_op(), 0)
    tree = schema.ModelT.InitFromObj(parsed)
    edit(tree)
    builder = flatbuffers.Builder(1024)
    builder.Finish(tree.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())


def setting(path: str, value: object) -> Callable[[schema.ModelT], None]:
    """The edit that sets one field, named by a dotted path with list indices."""

    def edit(tree: object) -> None:
        *parents, last = path.split(".")
        for name in parents:
            tree = tree[int(name)] if name.isdigit() else getattr(tree, name)  # type: ignore[index]
        setattr(tree, last, value)

    return edit


def set_code(code: int) -> bytes:
    """The good model with another operator code."""

    def edit(tree: schema.ModelT) -> None:
        tree.operatorCodes[0].builtinCode = code
        tree.operatorCodes[0].deprecatedBuiltinCode = min(code, 127)

    return edited(edit)


OP, TENSOR = "subgraphs.0.operators.0.", "subgraphs.0.tensors."
EDITS = {
    "version": (setting("version", 2), "schema version is not 3"),
    "no_subgraph": (setting("subgraphs", []), "truncated or garbled"),
    "no_inputs": (setting(OP + "inputs", []), "FULLY_CONNECTED: unknown input is not supported"),
    "first_input_absent": (setting(OP + "inputs", [-1, 1]), "unknown input is not supported"),
    "code_index": (setting(OP + "opcodeIndex", 5), "op 0 UNKNOWN: int8 input is not supported"),
    "no_codes": (setting("operatorCodes", []), "op 0 UNKNOWN: int8 input is not supported"),
    "options_of_another_op": (setting(OP + "builtinOptionsType", 11), "options belong to another"),
    "buffer_index": (setting(TENSOR + "1.buffer", 77), "tensor 1: buffer index is past the list"),
    "variable_constant": (setting(TENSOR + "1.isVariable", True), "variable has constant data"),
    "shuffled": (setting(OP + "builtinOptions.weightsFormat", 1), "shuffled weights"),
    "data_outside": (setting("buffers.1.offset", 4096), "data lies outside the flatbuffer"),
    "data_missing": (setting("buffers.1.data", None), "tensor 1: is read before an op"),
}


def with_ops(*ops: tuple[int, int], shape: tuple[int, ...] = (1, 4)) -> bytes:
    """RELUs from one tensor to another; tensor 0 is the model's input, the last one its output."""
    count = 1 + max(index for op in ops for index in op)
    tensors = [Tensor("t", "i8", shape, (0.5,), (0,), 0, None, False) for _ in range(count)]
    made = [Op("RELU", (source,), (target,), {}) for source, target in ops]
    return _write("", tensors, made, [0], [count - 1])


BAD_GRAPHS = {
    "cycle_of_two": (with_ops((2, 1), (1, 2), (0, 3)), "op 0 RELU: tensor 2: is read before"),
    "cycle_from_a_loop": (with_ops((0, 1), (1, 0), (0, 2)), "op 1 RELU: tensor 0: is written"),
    "written_twice": (with_ops((0, 1), (0, 1)), "op 1 RELU: tensor 1: is written though it has"),
    "wrong_order": (with_ops((1, 2), (0, 1)), "op 0 RELU: tensor 1: is read before an op has"),
    "never_written": (with_ops((0, 1), (2, 3)), "op 1 RELU: tensor 2: is read before an op has"),
    "arena_overflows": (
        with_ops((0, 1), (1, 2), shape=(1, (1 << 30) - 1, 2)),
        "arena would pass 2^31 bytes",
    ),
}

CASES = {
    **BAD_TENSORS,
    **BAD_GRAPHS,
    **BAD_OPS,
    **{name: (edited(edit), reason) for name, (edit, reason) in EDITS.items()},
}


def test_unsupported_op_says_what_is_supported(tmp_path: Path) -> None:
    lstm, custom, newer = load(tmp_path, set_code(16), set_code(32), set_code(5000))
    for printed, name in ((lstm, "LSTM"), (custom, "CUSTOM"), (newer, "UNKNOWN")):
        start = f"op 0 {name}: int8 input is not supported; supported: ABS, ADD, "
        assert printed.startswith(start)
        assert printed.endswith(", UNPACK")


def test_unsupported_type_says_which_types_the_op_has(tmp_path: Path) -> None:
    (printed,) = load(tmp_path, with_tensor(0, element="i64", zero_points=(0,)))
    start = "op 0 FULLY_CONNECTED: int64 input is not supported; supported: float32, int16, int"
    assert printed.startswith(start)


def test_not_a_model(tmp_path: Path) -> None:
    printed = load(tmp_path, b"", b"\0" * 7, b"\0" * 8, b"RIFFxxxxWAVE" * 9, with_op()[:40])
    assert printed[:2] == ["file is truncated or garbled"] * 2
    assert printed[2:4] == ["not a .tflite file: no TFL3 at byte 4"] * 2
    assert printed[4] == "file is truncated or garbled"


def test_offsets_that_loop_back(tmp_path: Path) -> None:
    # Every 4-byte word in turn points at the file's own start, at itself, backwards, and past.
    good = with_op()
    models = [
        good[:at] + struct.pack("<I", value & 0xFFFFFFFF) + good[at + 4 :]
        for at in range(8, len(good) - 3, 4)
        for value in (0, -at, 0xFFFFFFF0, 0x7FFFFFFF, len(good) - at)
    ]
    printed = load(tmp_path, *models)
    assert len(printed) == len(models)
    assert sum(line != "ok" for line in printed) > len(models) // 3


def test_the_model_those_are_made_from_is_good(tmp_path: Path) -> None:
    assert load(tmp_path, with_ops((0, 1), (0, 2), (1, 3))) == ["ok"]
    without_bias = with_op(inputs=(0, 1))
    absent_bias = with_op(inputs=(0, 1, -1))
    assert load(tmp_path, with_op(), without_bias, absent_bias) == ["ok"] * 3
