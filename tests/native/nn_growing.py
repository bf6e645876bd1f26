"""Random networks with branches, grown op by op."""

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Case
from tests.native.nn_cases import Chance, add_float_weights, add_weights, pick_values
from tests.native.nn_cases_shapes import add_list, more_results, result_like

MOST_SIDE = 24


class Growing:
    """A network that grows by one random op at a time, reading any of the tensors so far."""

    def __init__(self, chance: Chance, element: str) -> None:
        self.graph = Graph("random")
        self.chance = chance
        self.element = element
        self.made: list[int] = []
        self.inputs: list[int] = []
        for _ in range(int(chance.integers(1, 3))):
            shape = (1, *map(int, chance.integers(2, 9, 3)))
            quant = (0.05, int(chance.integers(-20, 20))) if element == "i8" else ()
            self.inputs.append(self.graph.input("x", element, shape, *quant))
        self.made.extend(self.inputs)

    def shape(self, tensor: int) -> tuple[int, ...]:
        return self.graph._tensors[tensor].shape

    def pick(self) -> int:
        """A tensor made so far, new ones more often."""
        recent = self.made[-4:] if self.chance.integers(2) else self.made
        return int(self.chance.choice(recent))

    def scaling(self, tensor: int) -> tuple[float, int]:
        return self.graph._tensors[tensor].scale, self.graph._tensors[tensor].zero_point

    def quant(self) -> tuple[float | None, int]:
        return (0.05, int(self.chance.integers(-20, 20))) if self.element == "i8" else (None, 0)

    def relu(self) -> int:
        return self.graph.op("RELU", [self.pick()], *self.quant())

    def add(self) -> int:
        one = self.pick()
        same = [tensor for tensor in self.made if self.shape(tensor) == self.shape(one)]
        return self.graph.op("ADD", [one, int(self.chance.choice(same))], *self.quant())

    def pool(self) -> int:
        name = str(self.chance.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
        return self.graph.op(name, [self.pick()], filter_h=2, filter_w=3, padding="SAME")

    def pad(self) -> int:
        """Of both sides, or of the height alone, so that the input is a piece of the output."""
        amounts = np.zeros((4, 2), "i4")
        if self.chance.integers(2):
            amounts[1:3] = self.chance.integers(0, 2, (2, 2))
        else:
            amounts[1] = self.chance.integers(0, 5, 2)
        return self.graph.op("PAD", [self.pick(), self.graph.constant("p", amounts)])

    def piece(self) -> tuple[int, list[int], list[int]]:
        """A tensor, and where a piece of it starts and ends: most of them cut along the height."""
        x = self.pick()
        begins, ends = [0] * 4, list(self.shape(x))
        for axis in [1] if self.chance.integers(3) else [1, 2, 3]:
            begins[axis] = int(self.chance.integers(0, ends[axis]))
            ends[axis] = int(self.chance.integers(begins[axis] + 1, ends[axis] + 1))
        return x, begins, ends

    def cut(self) -> int:
        x, begins, ends = self.piece()
        sizes = [end - begin for begin, end in zip(begins, ends, strict=True)]
        lists = [add_list(self.graph, *begins), add_list(self.graph, *sizes)]
        return self.graph.op("SLICE", [x, *lists])

    def stride(self) -> int:
        x, begins, ends = self.piece()
        steps = [1, *(int(self.chance.choice([1, 1, 2])) for _ in range(3))]
        if self.chance.integers(4) == 0:
            steps[2], begins[2], ends[2] = -1, self.shape(x)[2] - 1, -self.shape(x)[2] - 1
        lists = [add_list(self.graph, *numbers) for numbers in (begins, ends, steps)]
        return self.graph.op("STRIDED_SLICE", [x, *lists])

    def split(self) -> int:
        """Two pieces, along the height or the channels; both can be read later on."""
        x = self.pick()
        axis = int(self.chance.choice([1, 1, 3]))
        shape = list(self.shape(x))
        if shape[axis] == 1:
            return self.relu()
        least = int(self.chance.integers(1, shape[axis]))
        sizes = (least, shape[axis] - least)
        parts = [(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]
        tensors = [x, add_list(self.graph, *sizes), add_list(self.graph, axis)]
        self.graph.op("SPLIT_V", tensors, shape=parts[0], num_splits=2)
        self.made.append(more_results(self.graph, parts[1:])[1])
        return self.made[-1] - 1

    def halve(self) -> int:
        """SPLIT into halves of the height."""
        x = self.pick()
        batch, height, *rest = self.shape(x)
        if height % 2:
            return self.relu()
        half = (batch, height // 2, *rest)
        tensors = [add_list(self.graph, 1), x]
        first = self.graph.op(
            "SPLIT", tensors, shape=half, num_splits=2, **result_like(self.graph, x)
        )
        self.made.append(more_results(self.graph, [half])[1])
        return first

    def unpack(self) -> int:
        """The last row of all."""
        x = self.pick()
        _, height, width, channels = self.shape(x)
        row = (1, width, channels)
        self.graph.op("UNPACK", [x], shape=row, axis=1, num=height)
        last = more_results(self.graph, [row] * (height - 1))[-1]
        return self.graph.op("RESHAPE", [last, add_list(self.graph, 1, 1, width, channels)])

    def pack(self) -> int:
        one = self.pick()
        same = [
            tensor for tensor in self.made
            if (self.shape(tensor), self.scaling(tensor)) == (self.shape(one), self.scaling(one))
        ]  # fmt: skip
        _, height, width, channels = self.shape(one)
        if 2 * height > MOST_SIDE:
            return self.relu()
        axis = int(self.chance.integers(2))
        packed = self.graph.op("PACK", [one, int(self.chance.choice(same))], axis=axis,
                               values_count=2)  # fmt: skip
        return self.graph.op(
            "RESHAPE", [packed, add_list(self.graph, 1, 2 * height, width, channels)]
        )

    def turn(self) -> int:
        """TRANSPOSE, which moves nothing where the sides that it turns are 1."""
        x = self.pick()
        return self.graph.op("TRANSPOSE", [x, add_list(self.graph, 0, 2, 1, 3)])

    def normalize(self) -> int:
        return self.graph.op("L2_NORMALIZATION", [self.pick()])

    def reshape(self) -> int:
        x = self.pick()
        batch, height, width, channels = self.shape(x)
        to = self.graph.constant("to", np.array([batch, width, height, channels], "i4"))
        return self.graph.op("RESHAPE", [x, to])

    def concatenate(self) -> int:
        one = self.pick()
        axis = int(self.chance.choice([1, 1, 1, 2, 3]))

        def fits(tensor: int) -> bool:
            if self.scaling(tensor) != self.scaling(one):
                return False
            pairs = zip(self.shape(tensor), self.shape(one), strict=True)
            return all(a == b for place, (a, b) in enumerate(pairs) if place != axis)

        beside = [tensor for tensor in self.made if fits(tensor)]
        picked = [one, *(int(self.chance.choice(beside)) for _ in range(self.chance.integers(3)))]
        if sum(self.shape(tensor)[axis] for tensor in picked) > MOST_SIDE:
            return self.relu()
        order = [int(tensor) for tensor in self.chance.permutation(picked)]
        quant = self.scaling(one) if self.element == "i8" else (None, 0)
        return self.graph.op("CONCATENATION", order, *quant, axis=axis)

    def window(self) -> dict[str, int | str]:
        """Options, with rows that lie as they like: strides, dilations, no padding."""
        return {
            "padding": "SAME",
            "stride_w": int(self.chance.integers(1, 3)),
            "stride_h": int(self.chance.choice([1, 1, 2])),
            "dilation_h": int(self.chance.choice([1, 1, 2])),
        }

    def weighted(self, op: str, x: int, shape: tuple[int, ...], axis: int, **more: int) -> int:
        result: tuple[float | None, int] = (None, 0)
        if self.element == "f32":
            tensors = add_float_weights(self.graph, self.chance, shape, shape[axis])
        else:
            tensors, typical = add_weights(
                self.graph, self.chance, x, shape, axis, per_channel=True
            )
            result = (typical / 60, int(self.chance.integers(-20, 20)))
        options = self.window()
        if min(self.shape(x)[1] - 1, self.shape(x)[2]) > 1 and self.chance.integers(3) == 0:
            options |= {"padding": "VALID", "dilation_h": 1}
        return self.graph.op(op, [x, *tensors], *result, **options, **more)

    def conv(self) -> int:
        x = self.pick()
        size = (int(self.chance.integers(1, 4)), int(self.chance.integers(1, 3)))
        shape = (int(self.chance.integers(1, 9)), *size, self.shape(x)[3])
        return self.weighted("CONV_2D", x, shape, 0)

    def depthwise(self) -> int:
        x = self.pick()
        multiplier = int(self.chance.choice([1, 1, 1, 2])) if self.shape(x)[3] < 9 else 1
        shape = (1, 3, 2, self.shape(x)[3] * multiplier)
        return self.weighted("DEPTHWISE_CONV_2D", x, shape, 3, depth_multiplier=multiplier)

    def grow(self) -> None:
        steps = (
            self.relu, self.add, self.pool, self.pad, self.conv, self.depthwise, self.reshape,
            self.concatenate, self.cut, self.stride, self.split, self.halve, self.unpack,
            self.pack, self.turn, self.normalize,
        )  # fmt: skip
        self.made.append(steps[int(self.chance.integers(len(steps)))]())

    def case(self, label: str) -> Case:
        """The network so far; some tensors inside are outputs as well."""
        extra = [int(one) for one in self.chance.permutation(self.made[len(self.inputs) : -1])[:2]]
        self.graph.output(self.made[-1], *extra)
        values = tuple(
            pick_values(self.chance, self.element, self.shape(tensor)) for tensor in self.inputs
        )
        return Case(label, self.graph.to_bytes(), values, 1 + len(extra))


def random_networks(element: str, count: int, seed: int = 31) -> list[Case]:
    """So many networks of random ops, most of which can share memory with what they read."""
    chance = np.random.default_rng(seed)
    cases = []
    for number in range(count):
        network = Growing(chance, element)
        for _ in range(int(chance.integers(2, 25))):
            network.grow()
        cases.append(network.case(f"network {number}"))
    return cases
