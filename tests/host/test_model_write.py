"""Writing `.tflite` files: TensorFlow Lite Micro loads them and computes what was meant."""

from __future__ import annotations

import numpy as np
import pytest
import tflite

from runicd.errors import ModelError
from runicd.model.read_tflite import read_tflite
from runicd.model.schema import OPERATORS, OPTIONS, Options
from runicd.model.write_tflite import Graph
from tests.host.model_samples import float_network, int8_network, run_reference

RAMP = np.linspace(-2, 2, 24, dtype="f4").reshape(1, 2, 3, 4)


def one_op(name: str, shape: tuple[int, ...], *constants: np.ndarray, **options: object) -> bytes:
    graph = Graph(name)
    x = graph.input("x", "f32", shape)
    others = [graph.constant(f"c{i}", values) for i, values in enumerate(constants)]
    graph.output(graph.op(name, [x, *others], **options))  # type: ignore[arg-type]
    return graph.to_bytes()


def axes(*numbers: int) -> np.ndarray:
    return np.array(numbers, "i4")


FLOAT_CASES = [
    ("RELU", (), {}, np.maximum(RAMP, 0)),
    ("RELU6", (), {}, np.clip(RAMP, 0, 6)),
    ("LOGISTIC", (), {}, 1 / (1 + np.exp(-RAMP))),
    ("TANH", (), {}, np.tanh(RAMP)),
    ("ADD", (np.full((4,), 3, "f4"),), {"activation": "RELU"}, np.maximum(RAMP + 3, 0)),
    ("MUL", (np.full((4,), 3, "f4"),), {}, RAMP * 3),
    ("RESHAPE", (axes(1, -1),), {}, RAMP.reshape(1, 24)),
    ("MEAN", (axes(1, 2),), {"keep_dims": 1}, RAMP.mean((1, 2), keepdims=True)),
    ("MEAN", (axes(1, 2),), {}, RAMP.mean((1, 2))),
    ("EXPAND_DIMS", (np.array(1, "i4").reshape(1),), {}, RAMP[:, None]),
    ("CONCATENATION", (RAMP,), {"axis": 3}, np.concatenate([RAMP, RAMP], 3)),
    ("MAX_POOL_2D", (), {"filter_h": 2, "filter_w": 2, "padding": "VALID"},
     np.maximum(RAMP[:, :1, :2], RAMP[:, 1:, 1:]).reshape(1, 1, 2, 4)),
    ("AVERAGE_POOL_2D", (), {"filter_h": 2, "filter_w": 3, "padding": "VALID"},
     RAMP.mean((1, 2), keepdims=True)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "constants", "options", "expected"),
    FLOAT_CASES,
    ids=[c[0] for c in FLOAT_CASES],
)
def test_float_op(
    name: str,
    constants: tuple[np.ndarray, ...],
    options: dict[str, object],
    expected: np.ndarray,
) -> None:
    model = one_op(name, RAMP.shape, *constants, **options)
    read = read_tflite(model)
    assert read.tensors[read.outputs[0]].shape == expected.shape
    (result,) = run_reference(model, RAMP)
    np.testing.assert_allclose(result.reshape(expected.shape), expected, rtol=1e-5, atol=1e-6)


def test_pad() -> None:
    amounts = np.array([[0, 0], [1, 0], [0, 2], [0, 0]], "i4")
    (result,) = run_reference(one_op("PAD", RAMP.shape, amounts), RAMP)
    np.testing.assert_array_equal(result, np.pad(RAMP, amounts))


def test_squeeze() -> None:
    model = one_op("SQUEEZE", (1, 2, 1, 3))
    values = np.arange(6, dtype="f4").reshape(1, 2, 1, 3)
    np.testing.assert_array_equal(run_reference(model, values)[0], values.reshape(2, 3))


def test_softmax() -> None:
    values = np.array([[1, 2, 3]], "f4")
    (result,) = run_reference(one_op("SOFTMAX", (1, 3)), values)
    np.testing.assert_allclose(result, np.exp(values) / np.exp(values).sum(), rtol=1e-5)


@pytest.mark.parametrize(("padding", "stride", "size"), [("SAME", 2, 3), ("VALID", 1, 3)])
def test_conv_2d(padding: str, stride: int, size: int) -> None:
    kernel = np.zeros((1, 3, 3, 1), "f4")
    kernel[0, 1, 1, 0] = 2
    image = np.arange(25, dtype="f4").reshape(1, 5, 5, 1)
    options = {"padding": padding, "stride_h": stride, "stride_w": stride}
    (result,) = run_reference(one_op("CONV_2D", image.shape, kernel, **options), image)
    expected = 2 * (image[:, ::2, ::2] if padding == "SAME" else image[:, 1:4, 1:4])
    assert result.shape == (1, size, size, 1)
    np.testing.assert_array_equal(result, expected)


def test_quantize_and_dequantize() -> None:
    graph = Graph()
    x = graph.input("x", "f32", (1, 4))
    small = graph.op("QUANTIZE", [x], 0.5, 10, element="i8")
    graph.output(graph.op("DEQUANTIZE", [small]))
    values = np.array([[-1, 0.2, 0.3, 100]], "f4")
    (result,) = run_reference(graph.to_bytes(), values)
    np.testing.assert_array_equal(result, [[-1, 0, 0.5, (127 - 10) * 0.5]])


def test_networks_run_in_the_reference() -> None:
    chance = np.random.default_rng(5)
    (scores,) = run_reference(float_network(), chance.normal(size=(1, 6, 6, 2)).astype("f4"))
    assert scores.sum() == pytest.approx(1, abs=1e-5)
    (scores,) = run_reference(int8_network(), chance.integers(-128, 128, (1, 5, 5, 1), "i1"))
    assert scores.astype(int).sum() + 2 * 128 == pytest.approx(256, abs=2)


def test_same_calls_give_the_same_bytes() -> None:
    assert float_network() == float_network()
    assert int8_network() == int8_network()


def test_constants_are_aligned_for_use_in_place() -> None:
    model = float_network()
    for tensor in read_tflite(model).tensors:
        if tensor.data is not None and len(tensor.data) > 64:
            assert model.index(tensor.data) % 16 == 0


def test_schema_matches_the_public_one() -> None:
    for code, name in enumerate(OPERATORS):
        assert getattr(tflite.BuiltinOperator, name) == code
    tables = {"CONV_2D": "Conv2DOptions", "MEAN": "ReducerOptions", "PAD": "PadOptions",
              "MAX_POOL_2D": "Pool2DOptions", "SQUEEZE": "SqueezeOptions"}  # fmt: skip
    for name, table in tables.items():
        options: Options = OPTIONS[name]
        assert options.union_code == getattr(tflite.BuiltinOptions, table)


def test_what_cannot_be_written() -> None:
    graph = Graph()
    x = graph.input("x", "f32", (1, 4))
    with pytest.raises(ModelError, match="LSTM cannot be written"):
        graph.op("LSTM", [x])
    with pytest.raises(ModelError, match="has no option stride"):
        graph.op("SOFTMAX", [x], stride=1)
    with pytest.raises(ModelError, match="no value for the option padding"):
        graph.op("MAX_POOL_2D", [x], padding="FULL")
    with pytest.raises(ModelError, match="does not take inputs of the shapes"):
        graph.op("CONV_2D", [x, graph.constant("w", np.zeros((1, 1), "f4"))])
    with pytest.raises(ModelError, match="broadcast"):
        graph.op("ADD", [x, graph.constant("w", np.zeros((3,), "f4"))])
    with pytest.raises(ModelError, match=r"RELU reads \[9\]; there are"):
        graph.op("RELU", [9])
    with pytest.raises(ModelError, match="cannot hold"):
        graph.constant("w", np.zeros(3, "complex64"))
