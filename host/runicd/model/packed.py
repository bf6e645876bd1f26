"""The bytes that `nn` takes for packed weights where a core multiplies pairs: Cortex-M4, M7, M33.

Other cores gain nothing by packing and take none. Packed are the layers that a fast kernel runs,
and of these the channels whose outputs can vary: that is settled as the firmware settles it
(native_modules/nn: nn_settle.c, kernels/fast/choose.c and packed.c), for the rounding tflm-double.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from runicd.model.arena import scratch_bytes
from runicd.model.read_tflite import ABSENT, Model, Op, Tensor
from runicd.model.schema import ACTIVATIONS

_GROUP = 4  # channels that are packed together
_RECORD_BYTES = 16
_WEIGHT_BYTES = 2
_ALIGNMENT_BYTES = 8
_INT8_MIN, _INT8_MAX = -128, 127
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_MOST_BOUNDED = 2**30
_MIN_SHIFT = -31
_MANY = 2000.0  # steps that reach beyond either end
_REAL_RANGES = {"RELU": (0.0, math.inf), "RELU_N1_TO_1": (-1.0, 1.0), "RELU6": (0.0, 6.0)}


def packed_bytes(model: Model) -> int:
    """Return what `nn.Model(…, pack=True).packed_bytes` says on such a core."""
    return sum(_layer_bytes(model, op) for op in model.ops if op.name == "CONV_2D")


@dataclass(frozen=True, slots=True)
class _Channel:
    """How a sum becomes an output: its scale, and the offset and clamp of its layer."""

    multiplier: int
    shift: int
    offset: int
    clamp: tuple[int, int]

    def output(self, total: int) -> int:
        high = (total * self.multiplier + 2**30) >> 31
        mask = (1 << -self.shift) - 1
        value = (high >> -self.shift) + ((high & mask) > (mask >> 1) + (high < 0))
        return min(max(value + self.offset, self.clamp[0]), self.clamp[1])

    def is_bounded(self, largest: int) -> bool:
        """Whether a fast kernel's steps overflow nowhere, for sums up to `largest`."""
        if self.shift > -1 or largest >= _MOST_BOUNDED:
            return False
        half = abs(2 * self.offset + 1) << (-self.shift - 1)
        return (largest * self.multiplier >> 31) + 2 + half <= _INT32_MAX

    def varies(self, low: int, high: int) -> bool | None:
        """Whether the output can vary for sums within bounds; None: no fast kernel takes it."""
        if self.shift > 0 or low < _INT32_MIN or high > _INT32_MAX:
            return None
        if self.output(low) == self.output(high):
            return False
        return True if self.is_bounded(max(high, -low)) else None


def _layer_bytes(model: Model, op: Op) -> int:
    given = [None if index == ABSENT else model.tensors[index] for index in op.inputs]
    image, filters, bias = (*given, None, None, None)[:3]
    if image is None or filters is None or filters.data is None or filters.element != "i8":
        return 0
    if not scratch_bytes(model, op) or len(op.outputs) != 1:
        return 0
    products = math.prod(filters.shape[1:])
    biases = _biases(bias, filters.shape[0])
    channels = _channels(
        image, filters, model.tensors[op.outputs[0]], int(op.options["activation"])
    )
    if biases is None or channels is None:
        return 0
    varying = 0
    for place, (channel, start) in enumerate(zip(channels, biases, strict=True)):
        varies = _varies(channel, start, filters.data[place * products :][:products], image)
        if varies is None:
            return 0
        varying += varies
    groups = -(-varying // _GROUP)
    row_bytes = -(-products // 4) * 4 * _WEIGHT_BYTES + _RECORD_BYTES
    return -(-groups * _GROUP * row_bytes // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES


def _varies(channel: _Channel, bias: int, weights: bytes, image: Tensor) -> bool | None:
    """By the number of weights, which is good enough for nearly all channels, or by each."""
    least, most = _INT8_MIN - image.zero_point, _INT8_MAX - image.zero_point
    largest = len(weights) * -_INT8_MIN * max(-least, most)
    varies = channel.varies(bias - largest, bias + largest)
    if varies is not None:
        return varies
    signed = memoryview(weights).cast("b")
    low = bias + sum(weight * (most if weight < 0 else least) for weight in signed)
    high = bias + sum(weight * (least if weight < 0 else most) for weight in signed)
    return channel.varies(low, high)


def _biases(bias: Tensor | None, channels: int) -> tuple[int, ...] | None:
    """Return each channel's bias; None where it is computed."""
    if bias is None:
        return (0,) * channels
    if bias.data is None or bias.element != "i32" or bias.elements != channels:
        return None
    return struct.unpack(f"<{channels}i", bias.data)


def _channels(
    image: Tensor, filters: Tensor, output: Tensor, activation: int
) -> list[_Channel] | None:
    """Return a layer's channels; None for scales that the firmware refuses."""
    count = filters.shape[0]
    if len(filters.scales) not in (1, count) or not image.scale or not output.scale:
        return None
    scales = filters.scales if len(filters.scales) == count else filters.scales * count
    name = ACTIVATIONS[activation] if activation in range(len(ACTIVATIONS)) else "NONE"
    ends = _REAL_RANGES.get(name, (-math.inf, math.inf))
    clamp = (_bound(ends[0], output), _bound(ends[1], output))
    reals = [image.scale * scale / output.scale for scale in scales]
    return [_Channel(*_multiplier(real), output.zero_point, clamp) for real in reals]


def _multiplier(real: float) -> tuple[int, int]:
    fraction, shift = math.frexp(real)
    fixed = math.floor(fraction * 2**31 + 0.5)
    if fixed == 2**31:
        fixed, shift = 2**30, shift + 1
    return (fixed, shift) if shift >= _MIN_SHIFT else (0, 0)


def _bound(real: float, output: Tensor) -> int:
    """An end of a fused activation as the output has it, divided in float32."""
    if math.isinf(real):
        return _INT8_MAX if real > 0 else _INT8_MIN
    (steps,) = struct.unpack("<f", struct.pack("<f", min(abs(real) / output.scale, _MANY)))
    rounded = math.copysign(math.floor(steps + 0.5), real)
    return min(max(output.zero_point + int(rounded), _INT8_MIN), _INT8_MAX)
