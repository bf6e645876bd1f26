"""Random networks of convolutions, pools and additions, with metadata that runs some in strips."""

import numpy as np

from runicd.model.read_tflite import Strips, read_tflite
from runicd.model.strips import keep_rows, with_strips
from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Case
from tests.native.nn_cases import (
    Chance,
    add_float_weights,
    add_input,
    add_weights,
    output_scale,
    pick_values,
    pick_window,
    pick_zero_point,
)

MOST_OPS = 7
TRIES = 40


class Layers:
    """An image network that grows by one op at a time."""

    def __init__(self, chance: Chance, element: str) -> None:
        self.chance, self.element = chance, element
        self.graph = Graph("strips")
        sides = (int(one) for one in chance.integers(5, 26, 2))
        shape = (1, *sides, int(chance.integers(1, 7)))
        self.values = pick_values(chance, element, shape)
        self.last = add_input(self.graph, chance, element, shape)

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self.graph._tensors[tensor].shape

    def grow(self) -> None:
        """Add an op, or a branch of two that are added."""
        kind = self.chance.choice(["conv", "conv", "depthwise", "depthwise", "pool", "branch"])
        if kind == "branch":
            self.last = self.branch()
        else:
            options, window = pick_window(self.chance, dilated=kind != "pool")
            self.last = self.windowed(str(kind), self.last, options, window)

    def branch(self) -> int:
        """A block as ResNet's: two layers, or one, beside none, or a layer of its own."""
        x, channels = self.last, int(self.chance.integers(1, 7))
        same: dict[str, object] = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
        stride = {"stride_h": int(self.chance.integers(1, 3))} | {"stride_w": 1}
        long = self.windowed("conv", x, {**same, **stride}, (3, 3), channels)
        if self.chance.integers(2):
            long = self.windowed("conv", long, same, (3, 2), channels)
        short = x
        if stride["stride_h"] > 1 or self.shape(x)[3] != channels:
            short = self.windowed("conv", x, {**same, **stride}, (1, 1), channels)
        pair = [long, short] if self.chance.integers(2) else [short, long]
        return self.graph.op("ADD", pair, *self.quant(), activation="RELU")

    def quant(self) -> tuple[float | None, int]:
        return (0.7, pick_zero_point(self.chance)) if self.element == "i8" else (None, 0)

    def windowed(
        self,
        kind: str,
        x: int,
        options: dict[str, object],
        window: tuple[int, int],
        channels: int = 0,
    ) -> int:
        """A layer of whatever window still fits into what it reads."""
        options = dict(options)
        for side, axis in ((1, "h"), (2, "w")):
            reach = (window[side - 1] - 1) * int(options.get(f"dilation_{axis}", 1)) + 1  # type: ignore[call-overload]
            if reach > self.shape(x)[side]:
                options["padding"] = "SAME"
        if kind == "pool":
            name = str(self.chance.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
            options |= {"filter_h": window[0], "filter_w": window[1], "activation": "NONE"}
            return self.graph.op(name, [x], **options)  # type: ignore[arg-type]
        depth = self.shape(x)[3]
        if kind == "depthwise":
            return self.weighted("DEPTHWISE_CONV_2D", x, (1, *window, depth), 3, options)
        filters = channels or int(self.chance.integers(1, 9))
        return self.weighted("CONV_2D", x, (filters, *window, depth), 0, options)

    def weighted(
        self, name: str, x: int, shape: tuple[int, ...], axis: int, options: dict[str, object]
    ) -> int:
        result: tuple[float | None, int] = (None, 0)
        if self.element == "f32":
            tensors = add_float_weights(self.graph, self.chance, shape, shape[axis])
        else:
            tensors, typical = add_weights(
                self.graph, self.chance, x, shape, axis, per_channel=True
            )
            result = (output_scale(self.chance, typical), pick_zero_point(self.chance))
        return self.graph.op(name, [x, *tensors], *result, **options)  # type: ignore[arg-type]


def network(chance: Chance, element: str) -> Case:
    """A network without metadata; now and then one of its inner tensors is an output, too."""
    layers = Layers(chance, element)
    while len(layers.graph._ops) < int(chance.integers(3, MOST_OPS + 1)):
        layers.grow()
    layers.graph.output(layers.last)
    return Case("strips", layers.graph.to_bytes(), (layers.values,))


def in_strips(chance: Chance, case: Case) -> Case | None:
    """The same with metadata that holds; None where none was found."""
    model = read_tflite(case.model)
    for _ in range(TRIES):
        first = int(chance.integers(len(model.ops) - 1))
        end = int(chance.integers(first + 2, len(model.ops) + 1))
        strips = Strips(first, end, int(chance.integers(1, 7)))
        if keep_rows(model, strips) is not None:
            label = f"{[op.name for op in model.ops]} {strips}"
            return Case(label, with_strips(case.model, strips), case.inputs)
    return None


def cases(element: str, count: int, seed: int) -> list[Case]:
    """So many networks in strips."""
    chance, found = np.random.default_rng(seed), []
    while len(found) < count:
        case = in_strips(chance, network(chance, element))
        if case is not None:
            found.append(case)
    return found
