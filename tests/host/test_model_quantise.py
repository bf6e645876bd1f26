"""Quantisation: the int8 file computes what the float network does, within its scale."""

from __future__ import annotations

import numpy as np
import pytest

from runicd.errors import ModelError
from runicd.model.facts import model_facts
from runicd.model.layers import (
    Convolution,
    Dense,
    Depthwise,
    Layer,
    Pool,
    Reshape,
    Softmax,
    float_tflite,
    pad_amounts,
    run,
    weight_count,
)
from runicd.model.quantise import Scale, quantise, scale_for, to_int8
from runicd.model.read_tflite import read_tflite
from tests.host.model_samples import run_reference

CHANCE = np.random.default_rng(11)


def floats(*shape: int) -> np.ndarray:
    return CHANCE.normal(size=shape).astype("f4")


def network() -> list[Layer]:
    return [
        Convolution(floats(6, 3, 3, 2) / 4, floats(6) / 4, (2, 2), "SAME", "RELU"),
        Depthwise(floats(1, 3, 3, 6) / 3, floats(6) / 3, (1, 1), "SAME", "RELU6"),
        Convolution(floats(8, 1, 1, 6) / 2, floats(8) / 4, (1, 1), "VALID", "RELU"),
        Pool("MAX", (2, 2), (2, 2)),
        Pool("AVERAGE", (2, 2), (1, 1)),
        Reshape((8,)),
        Dense(floats(5, 8) / 2, floats(5) / 4),
    ]


EXAMPLES = floats(64, 8, 8, 2)


def test_float_file_computes_what_the_layers_do() -> None:
    layers = [*network(), Softmax()]
    model = float_tflite(layers, (8, 8, 2))
    for example in EXAMPLES[:8]:
        (result,) = run_reference(model, example[None])
        np.testing.assert_allclose(result, run(layers, example[None]), rtol=1e-4, atol=1e-6)


def test_int8_agrees_with_float() -> None:
    layers = network()
    data = quantise(layers, EXAMPLES)
    model = read_tflite(data)
    source, result = model.tensors[model.inputs[0]], model.tensors[model.outputs[0]]
    wanted = run(layers, EXAMPLES)
    errors = []
    for example, expected in zip(EXAMPLES, wanted, strict=True):
        given = to_int8(example[None], Scale(source.scale, source.zero_point))
        (computed,) = run_reference(data, given)
        errors.append((computed.astype("f4") - result.zero_point) * result.scale - expected)
    spread = float(wanted.max() - wanted.min())
    assert np.abs(errors).max() < 0.05 * spread
    assert np.sqrt(np.mean(np.square(errors))) < 0.012 * spread


def test_convolutions_have_a_scale_for_each_filter_and_dense_layers_one() -> None:
    model = read_tflite(quantise(network(), EXAMPLES))
    weights = [model.tensors[op.inputs[1]] for op in model.ops if len(op.inputs) == 3]
    assert [(len(w.scales), w.quantized_dimension) for w in weights] == [
        (6, 0),
        (6, 3),
        (8, 0),
        (1, 0),
    ]
    assert all(point == 0 for w in weights for point in w.zero_points)
    for op in model.ops:
        if len(op.inputs) == 3:
            source, weight, bias = (model.tensors[index] for index in op.inputs)
            products = [source.scale * scale for scale in weight.scales]
            assert bias.element == "i32"
            assert bias.scales == pytest.approx(products, rel=1e-6)


def test_facts_of_the_int8_network() -> None:
    facts = model_facts(read_tflite(quantise(network(), EXAMPLES)))
    assert "DEPTHWISE_CONV_2D:int8" in facts.ops
    assert facts.parameters == weight_count(network())


def test_same_input_gives_the_same_bytes() -> None:
    layers = network()
    assert quantise(layers, EXAMPLES) == quantise(layers, EXAMPLES)


@pytest.mark.parametrize(
    ("low", "high", "scale", "zero_point"),
    [
        (0.0, 1.0, 1 / 255, -128),
        (-1.0, 0.0, 1 / 255, 127),
        (-1.0, 1.0, 2 / 255, 0),
        (3.0, 5.1, 5.1 / 255, -128),
        (0.0, 0.0, 1.0, 0),
    ],
)
def test_scale_for(low: float, high: float, scale: float, zero_point: int) -> None:
    found = scale_for(low, high)
    assert found.scale == pytest.approx(scale, rel=1e-6)
    assert abs(found.zero_point - zero_point) <= 1
    assert to_int8(np.zeros(1, "f4"), found)[0] == found.zero_point


def test_to_int8_rounds_and_saturates() -> None:
    values = np.array([-100, -0.75, -0.25, 0, 0.25, 0.75, 100], "f4")
    assert to_int8(values, Scale(0.5, 3)).tolist() == [-128, 1, 2, 3, 4, 5, 127]


def test_a_given_input_scale_is_kept() -> None:
    layers: list[Layer] = [Dense(floats(2, 3), floats(2))]
    model = read_tflite(quantise(layers, floats(4, 3), "", Scale(1 / 255, -128)))
    source = model.tensors[model.inputs[0]]
    assert (source.scale, source.zero_point) == (float(np.float32(1 / 255)), -128)


def test_a_filter_of_zeros_is_no_division_by_zero() -> None:
    layer = Convolution(np.zeros((2, 1, 1, 1), "f4"), np.array([1, 0], "f4"))
    (result,) = run_reference(quantise([layer], floats(2, 2, 2, 1)), np.zeros((1, 2, 2, 1), "i1"))
    assert result.shape == (1, 2, 2, 2)
    assert (result[..., 0] == 127).all()


@pytest.mark.parametrize(
    ("size", "window", "stride", "pads"),
    [
        (49, 5, 2, (2, 2)),
        (40, 5, 2, (1, 2)),
        (8, 3, 1, (1, 1)),
        (8, 3, 2, (0, 1)),
        (5, 1, 2, (0, 0)),
    ],
)
def test_same_padding_puts_the_odd_zero_after(
    size: int, window: int, stride: int, pads: tuple[int, int]
) -> None:
    assert pad_amounts(size, window, stride, "SAME") == pads


def test_layers_that_do_not_fit_together() -> None:
    with pytest.raises(ModelError, match=r"layer 1 \(Dense\) does not take the shape \[2\]"):
        quantise([Dense(floats(2, 3), floats(2)), Dense(floats(2, 3), floats(2))], floats(4, 3))


def test_a_bias_beyond_32_bits() -> None:
    layer = Dense(np.full((1, 1), 1e-9, "f4"), np.full(1, 1e9, "f4"))
    with pytest.raises(ModelError, match="does not fit into 32 bits"):
        quantise([layer], np.full((1, 1), 1e-6, "f4"))
