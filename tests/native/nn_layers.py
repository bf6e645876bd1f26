"""Hypothesis strategies for int8 layers with weights: every shape, stride and scale that counts.

A layer is drawn as the numbers that it is made of, so that a failing list of layers shrinks to
few small ones. Weights and inputs come from a seed; they shrink to zeros.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from runicd.model.write_tflite import Graph

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
CHANNELS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 24, 31, 32, 33, 48, 64, 65)
SIDES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 24)
WINDOWS = ((1, 1), (3, 3), (1, 1), (3, 3), (2, 2), (5, 5), (3, 1), (1, 4), (10, 4), (4, 3))


@dataclass(frozen=True, slots=True)
class Layer:
    """One CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED and its input's quantisation.

    `ratio` is the base-2 logarithm of input scale * weight scale / output scale, by which sums are
    multiplied: from what makes every sum 0 to what saturates all of them. `spread` is how many
    powers of two the channels' scales differ by; None gives all one scale.
    """

    op: str
    batch: int
    sides: tuple[int, int]
    channels: int
    outputs: int
    groups: int
    window: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: str
    activation: str
    zero_points: tuple[int, int]
    ratio: float
    spread: float | None
    bias: str
    values: str
    seed: int

    def size(self) -> tuple[int, int]:
        """Return the input's height and width: what the dilated window needs, and more."""
        spans = zip(self.window, self.dilation, self.sides, strict=True)
        return tuple((length - 1) * step + side for length, step, side in spans)  # type: ignore[return-value]


def _zero_point() -> st.SearchStrategy[int]:
    return st.sampled_from((0, -128, 127)) | st.integers(-128, 127)


def _pair(strategy: st.SearchStrategy[int]) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(strategy, strategy)


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """Draw a layer; two in three have the windows, strides and dilations that networks have."""
    op = draw(st.sampled_from(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")))
    dense, usual = op == "FULLY_CONNECTED", draw(st.integers(0, 2)) > 0
    any_window = _pair(st.integers(1, 5))
    return Layer(
        op=op,
        batch=draw(st.integers(1, 5 if dense else 2)),
        sides=(1, 1) if dense else draw(_pair(st.sampled_from(SIDES))),
        channels=draw(st.integers(1, 300) if dense else st.sampled_from(CHANNELS)),
        outputs=draw(st.integers(1, 40)) if op != "DEPTHWISE_CONV_2D" else 0,
        groups=draw(st.sampled_from((1, 1, 1, 2, 3))),
        window=(1, 1) if dense else draw(st.sampled_from(WINDOWS) if usual else any_window),
        stride=draw(st.sampled_from(((1, 1), (2, 2))) if usual else _pair(st.integers(1, 3))),
        dilation=(1, 1) if usual or dense else draw(_pair(st.sampled_from((1, 2, 3)))),
        padding=draw(st.sampled_from(("SAME", "VALID"))),
        activation=draw(st.sampled_from(ACTIVATIONS)),
        zero_points=draw(_pair(_zero_point())),
        ratio=draw(st.floats(-16, -2) | st.floats(-34, 4)),
        spread=draw(st.none() | st.sampled_from((0.0, 1.0, 6.0, 20.0))),
        bias=draw(st.sampled_from(("usual", "none", "huge"))),
        values=draw(st.sampled_from(("zeros", "any", "any", "any", "extremes"))),
        seed=draw(st.integers(0, 2**16)),
    )


Int8s = NDArray[np.int8]


def _values(layer: Layer, chance: np.random.Generator, shape: tuple[int, ...]) -> Int8s:
    if layer.values == "zeros":
        return np.zeros(shape, "i1")
    if layer.values == "extremes":
        return chance.choice(np.array([-128, 127], "i1"), shape)
    return chance.integers(-128, 128, shape).astype("i1")


def _bias(layer: Layer, chance: np.random.Generator, channels: int) -> NDArray[np.int32]:
    if layer.bias == "largest":
        return chance.choice([-(2**31) + 2**24, 2**31 - 2**24], channels).astype("i4")
    most = 2**30 if layer.bias == "huge" else 20_000
    return chance.integers(-most, most, channels).astype("i4")


def model(layer: Layer) -> tuple[bytes, Int8s]:
    """Return a layer's `.tflite` file and an input for it."""
    chance = np.random.default_rng(layer.seed)
    shape, filter_shape, axis, options = _FORMS[layer.op](layer)
    channels = filter_shape[axis]
    offsets = np.zeros(channels if layer.spread is not None else 1)
    offsets += 0 if layer.spread is None else chance.uniform(0, layer.spread, channels)
    scales = [float(np.float32(2.0 ** (layer.ratio - offset))) for offset in offsets]
    graph = Graph(layer.op)
    x = graph.input("x", "i8", shape, 1.0, layer.zero_points[0])
    weights = np.maximum(_values(layer, chance, filter_shape), -127)
    per_channel = scales if layer.spread is not None else scales[0]
    tensors = [x, graph.constant("w", weights, per_channel, axis=axis)]
    if layer.bias != "none":
        tensors.append(graph.constant("b", _bias(layer, chance, channels), per_channel))
    options |= {"activation": layer.activation}
    result = graph.op(layer.op, tensors, 1.0, layer.zero_points[1], **options)
    graph.output(result)
    return graph.to_bytes(), _values(layer, chance, shape)


Form = tuple[tuple[int, ...], tuple[int, ...], int, dict[str, float | str]]


def _window_options(layer: Layer) -> dict[str, float | str]:
    (stride_h, stride_w), (dilation_h, dilation_w) = layer.stride, layer.dilation
    strides = {"stride_h": stride_h, "stride_w": stride_w}
    dilations = {"dilation_h": dilation_h, "dilation_w": dilation_w}
    return {"padding": layer.padding, **strides, **dilations}


def _conv_form(layer: Layer) -> Form:
    shape = (layer.batch, *layer.size(), layer.channels * layer.groups)
    filter_shape = (layer.outputs * layer.groups, *layer.window, layer.channels)
    return shape, filter_shape, 0, _window_options(layer)


def _depthwise_form(layer: Layer) -> Form:
    shape = (layer.batch, *layer.size(), layer.channels)
    filter_shape = (1, *layer.window, layer.channels * layer.groups)
    options = _window_options(layer) | {"depth_multiplier": layer.groups}
    return shape, filter_shape, 3, options


def _dense_form(layer: Layer) -> Form:
    return (layer.batch, layer.channels), (layer.outputs, layer.channels), 0, {}


_FORMS: dict[str, Callable[[Layer], Form]] = {
    "CONV_2D": _conv_form,
    "DEPTHWISE_CONV_2D": _depthwise_form,
    "FULLY_CONNECTED": _dense_form,
}
