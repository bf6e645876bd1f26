"""Random networks with branches: results equal to the reference, arena to the host's plan."""

from pathlib import Path

import numpy as np
import pytest

from runicd.model.arena import plan_arena
from runicd.model.read_tflite import read_tflite
from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.native.nn_batch import Case, compare
from tests.native.nn_cases import Chance, add_float_weights, add_weights, pick_values

NETWORKS_EACH = 60
HEAP = "4m"

ARENA_SCRIPT = """
import nn, sys
for number in range(int(sys.argv[2])):
    with open("%s/%d.tflite" % (sys.argv[1], number), "rb") as file:
        print(nn.arena_size(file.read()))
"""


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
        amounts = np.zeros((4, 2), "i4")
        amounts[1:3] = self.chance.integers(0, 2, (2, 2))
        return self.graph.op("PAD", [self.pick(), self.graph.constant("p", amounts)])

    def conv(self) -> int:
        x = self.pick()
        channels = self.shape(x)[3]
        shape = (int(self.chance.integers(1, 9)), 3, 2, channels)
        result: tuple[float | None, int] = (None, 0)
        if self.element == "f32":
            tensors = add_float_weights(self.graph, self.chance, shape, shape[0])
        else:
            tensors, typical = add_weights(self.graph, self.chance, x, shape, 0, per_channel=True)
            result = (typical / 60, int(self.chance.integers(-20, 20)))
        options = {"padding": "SAME", "stride_w": int(self.chance.integers(1, 3))}
        return self.graph.op("CONV_2D", [x, *tensors], *result, **options)  # type: ignore[arg-type]

    def grow(self) -> None:
        steps = (self.relu, self.add, self.pool, self.pad, self.conv)
        self.made.append(steps[int(self.chance.integers(len(steps)))]())

    def case(self, label: str) -> Case:
        """The network so far; some tensors inside are outputs as well."""
        extra = [int(one) for one in self.chance.permutation(self.made[len(self.inputs) : -1])[:2]]
        self.graph.output(self.made[-1], *extra)
        values = tuple(
            pick_values(self.chance, self.element, self.shape(tensor)) for tensor in self.inputs
        )
        return Case(label, self.graph.to_bytes(), values, 1 + len(extra))


def random_networks(element: str) -> list[Case]:
    chance = np.random.default_rng(31)
    cases = []
    for number in range(NETWORKS_EACH):
        network = Growing(chance, element)
        for _ in range(int(chance.integers(2, 25))):
            network.grow()
        cases.append(network.case(f"network {number}"))
    return cases


@pytest.mark.parametrize("element", ["i8", "f32"])
def test_network_and_arena(element: str, tmp_path: Path) -> None:
    cases = random_networks(element)
    assert compare(cases, tmp_path, HEAP) > NETWORKS_EACH * 10
    printed = run_ok(ARENA_SCRIPT, tmp_path, str(len(cases)), heap=HEAP).split()
    expected = [plan_arena(read_tflite(case.model)).arena_bytes for case in cases]
    assert list(map(int, printed)) == expected
    assert len(set(expected)) > NETWORKS_EACH // 2
