"""A trained `torch.nn.Sequential` as layers that can be quantised and written.

Needs the `[train]` extra. Torch's images are [batch, channels, height, width]; ours are
[batch, height, width, channels], so weights are turned and a flattened image is reordered.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from runicd.errors import ModelError
from runicd.model.layers import (
    Convolution,
    Dense,
    Depthwise,
    Floats,
    Layer,
    Pool,
    Reshape,
    Softmax,
    forward,
    pad_amounts,
)


def layers_from_torch(module: nn.Sequential, example: torch.Tensor) -> list[Layer]:
    """The layers of `module` in evaluation mode.

    `example` [1, ...] is one input as torch sees it. A ZeroPad2d must come before a convolution
    and pad as SAME does (the odd zero after); batch normalisation is folded into the layer before
    it, and so are ReLU and ReLU6. Raises ModelError for any other module or padding.
    """
    return _Reader(example).read(module)


class _Reader:
    def __init__(self, example: torch.Tensor) -> None:
        self._value = example
        self._pad: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._flattened: tuple[int, int, int] | None = None
        self._layers: list[Layer] = []

    def read(self, module: nn.Sequential) -> list[Layer]:
        module.eval()
        for index, part in enumerate(module):
            try:
                self._read_part(part)
            except ModelError as error:
                raise ModelError(f"module {index} ({type(part).__name__}): {error}") from error
            with torch.no_grad():
                self._value = part(self._value)
        return self._layers

    def _read_part(self, part: nn.Module) -> None:
        match part:
            case nn.ZeroPad2d():
                self._pad = part.padding
            case nn.Conv2d():
                self._layers.append(self._convolution(part))
            case nn.BatchNorm1d() | nn.BatchNorm2d():
                self._layers[-1] = _fold(self._last_weighted(), part)
            case nn.ReLU() | nn.ReLU6():
                name = "RELU6" if isinstance(part, nn.ReLU6) else "RELU"
                self._layers[-1] = replace(self._last_weighted(), activation=name)
            case nn.MaxPool2d() | nn.AvgPool2d():
                self._layers.append(_pool(part))
            case nn.Flatten():
                self._flattened = self._image_shape()
                self._layers.append(Reshape((self._value[0].numel(),)))
            case nn.Linear():
                self._layers.append(self._dense(part))
            case nn.Softmax():
                self._layers.append(Softmax())
            case nn.Dropout():
                pass
            case _:
                raise ModelError("cannot be written")

    def _image_shape(self) -> tuple[int, int, int] | None:
        if self._value.dim() != 4:
            return None
        channels, height, width = self._value.shape[1:]
        return channels, height, width

    def _last_weighted(self) -> Convolution | Depthwise | Dense:
        last = self._layers[-1] if self._layers else None
        if not isinstance(last, (Convolution, Depthwise, Dense)) or last.activation != "NONE":
            raise ModelError("must follow a convolution or a dense layer")
        return last

    def _convolution(self, part: nn.Conv2d) -> Convolution | Depthwise:
        weights = _array(part.weight)
        bias = np.zeros(len(weights), np.float32) if part.bias is None else _array(part.bias)
        stride = (part.stride[0], part.stride[1])
        padding = self._padding(part)
        if part.groups == 1:
            return Convolution(weights.transpose(0, 2, 3, 1), bias, stride, padding)
        if part.groups == part.in_channels == part.out_channels:
            return Depthwise(weights.transpose(1, 2, 3, 0), bias, stride, padding)
        raise ModelError(f"{part.groups} groups cannot be written")

    def _padding(self, part: nn.Conv2d) -> str:
        left, right, top, bottom = self._pad
        self._pad = (0, 0, 0, 0)
        if isinstance(part.padding, str) or part.dilation != (1, 1):
            raise ModelError("a padding given by name and dilation cannot be written")
        size = (self._value.shape[2] - top - bottom, self._value.shape[3] - left - right)
        rows = (top + part.padding[0], bottom + part.padding[0])
        columns = (left + part.padding[1], right + part.padding[1])
        if rows == columns == (0, 0):
            return "VALID"
        same = [
            pad_amounts(size[axis], part.kernel_size[axis], part.stride[axis], "SAME")
            for axis in (0, 1)
        ]
        if [rows, columns] != same:
            msg = (
                f"it pads {rows} rows and {columns} columns, "
                f"but SAME would pad {same[0]} and {same[1]}"
            )
            raise ModelError(msg)
        return "SAME"

    def _dense(self, part: nn.Linear) -> Dense:
        weights = _array(part.weight)
        bias = np.zeros(len(weights), np.float32) if part.bias is None else _array(part.bias)
        if self._flattened is not None:
            by_channel = weights.reshape(len(weights), *self._flattened)
            weights = by_channel.transpose(0, 2, 3, 1).reshape(len(weights), -1)
            self._flattened = None
        return Dense(np.ascontiguousarray(weights), bias)


def _array(tensor: torch.Tensor) -> Floats:
    return np.asarray(tensor.detach().numpy(), np.float32)


def _pool(part: nn.MaxPool2d | nn.AvgPool2d) -> Pool:
    height, width = np.broadcast_to(part.kernel_size, 2).tolist()
    stride = np.broadcast_to(part.stride, 2).tolist()
    if np.any(part.padding) or part.ceil_mode:
        raise ModelError("a padded pool cannot be written")
    kind = "MAX" if isinstance(part, nn.MaxPool2d) else "AVERAGE"
    return Pool(kind, (height, width), (stride[0], stride[1]))


def _fold(
    layer: Convolution | Depthwise | Dense, norm: nn.BatchNorm1d | nn.BatchNorm2d
) -> Convolution | Depthwise | Dense:
    """The layer with the normalisation of its channels multiplied into its weights."""
    if norm.running_mean is None or norm.running_var is None:
        raise ModelError("batch normalisation without running statistics cannot be folded")
    factor = _array(norm.weight / torch.sqrt(norm.running_var + norm.eps))
    bias = (layer.bias - _array(norm.running_mean)) * factor + _array(norm.bias)
    axis = 3 if isinstance(layer, Depthwise) else 0
    spread = [1] * layer.weights.ndim
    spread[axis] = -1
    return replace(layer, weights=layer.weights * factor.reshape(spread), bias=bias)


def check_same(module: nn.Sequential, layers: list[Layer], example: torch.Tensor) -> float:
    """The largest difference between what torch and the layers compute of `example`."""
    module.eval()
    with torch.no_grad():
        wanted = module(example).numpy()
    values = example.numpy()
    values = values.transpose(0, 2, 3, 1) if values.ndim == 4 else values
    for layer in layers:
        values = forward(layer, np.ascontiguousarray(values))
    return float(np.abs(values - wanted).max())
