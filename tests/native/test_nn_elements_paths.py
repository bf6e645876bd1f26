"""ADD and MUL of int8 on every core, against the reference in numpy: no differences.

Sizes on both sides of what vectors hold, zero points and scales to their ends, values that
saturate, one input twice, inputs that are broadcast. `RUNIC_KERNEL_OUTPUTS` says how many outputs
are compared, as for layers with weights.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.kernel_runs import CORES, run
from runicd.model.read_tflite import read_tflite
from runicd.model.reference.run import run as run_reference
from runicd.model.write_tflite import Graph
from tests.native.nn_layers import ACTIVATIONS

pytestmark = pytest.mark.own_programs

LEAST_OUTPUTS = int(os.environ.get("RUNIC_KERNEL_OUTPUTS", "60000")) // 4
SHAPES = ((7,), (1, 3, 5, 7), (2, 300), (1, 16, 16, 8), (1, 1), (4, 1, 33))

Int8s = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Pair:
    """One ADD or MUL. Scales are base-2 logarithms; `second` is the shape of the second input.

    A scale of the second input above 0 makes it the larger one. Without a second shape the first
    input is both.
    """

    op: str
    shape: tuple[int, ...]
    second: tuple[int, ...] | None
    zero_points: tuple[int, int, int]
    second_scale: float
    output_scale: float
    activation: str
    values: str
    seed: int


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Draw an op that all boards take: its scales neither overflow nor vanish."""
    op = draw(st.sampled_from(("ADD", "ADD", "MUL")))
    shape = draw(st.integers(1, 64).map(lambda size: (size,)) | st.sampled_from(SHAPES))
    repeated = tuple(side if draw(st.booleans()) else 1 for side in shape)
    second_scale = draw(st.sampled_from((0.0, 0.0, -1.0)) | st.floats(-25, 25))
    larger = max(0.0, second_scale) if op == "ADD" else second_scale
    # Whole powers of two make halves, which are rounded; the rest is all that is taken.
    least, most = (-18.5, 11) if op == "ADD" else (-20, 29)
    output_scale = draw(st.sampled_from((-1.0, 0.0, 1.0, 3.0)) | st.floats(least, most))
    return Pair(
        op=op,
        shape=shape,
        second=draw(st.sampled_from((shape, shape, shape, repeated, None))),
        zero_points=draw(
            st.tuples(*[st.sampled_from((0, -128, 127)) | st.integers(-128, 127)] * 3)
        ),
        second_scale=second_scale,
        output_scale=larger + output_scale,
        activation=draw(st.sampled_from(ACTIVATIONS)),
        values=draw(st.sampled_from(("any", "any", "ends"))),
        seed=draw(st.integers(0, 2**16)),
    )


def _values(pair: Pair, chance: np.random.Generator, shape: tuple[int, ...]) -> Int8s:
    if pair.values == "ends":
        return chance.choice(np.array([-128, 127], "i1"), shape)
    return chance.integers(-128, 128, shape).astype("i1")


def _model(pair: Pair) -> tuple[bytes, list[Int8s]]:
    """Return a pair's `.tflite` file and its inputs."""
    chance = np.random.default_rng(pair.seed)
    graph = Graph(pair.op)
    shapes = [pair.shape] if pair.second is None else [pair.shape, pair.second]
    scales = [1.0] if pair.second is None else [1.0, 2.0**pair.second_scale]
    given_ = [
        graph.input(name, "i8", shape, scale, zero_point)
        for name, shape, scale, zero_point in zip(
            "xy", shapes, scales, pair.zero_points, strict=False
        )
    ]
    both = (given_ * 2)[:2]
    result = graph.op(pair.op, both, 2.0**pair.output_scale, pair.zero_points[2],
                      activation=pair.activation)  # fmt: skip
    graph.output(result)
    return graph.to_bytes(), [_values(pair, chance, shape) for shape in shapes]


def compare(core: str, drawn: Sequence[Pair]) -> int:
    """Run each on a core and in numpy; return how many outputs there were: all equal."""
    made = [_model(pair) for pair in drawn]
    wanted = [run_reference(read_tflite(data), values)[0] for data, values in made]
    jobs = [(data, b"".join(each.tobytes() for each in values)) for data, values in made]
    for pair, right, output in zip(drawn, wanted, run(core, jobs), strict=True):
        wrong = np.frombuffer(output, "i1") != right.ravel()
        assert not wrong.any(), f"{wrong.sum()} of {wrong.size} differ on {core}: {pair}"
    return sum(right.size for right in wanted)


@pytest.mark.parametrize("core", CORES)
def test_no_sum_or_product_differs_from_the_reference(core: str) -> None:
    compared = 0

    @settings(
        max_examples=100,
        deadline=None,
        derandomize="RUNIC_KERNEL_OUTPUTS" not in os.environ,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(pairs(), min_size=20, max_size=60))
    def campaign(drawn: list[Pair]) -> None:
        nonlocal compared
        if compared < LEAST_OUTPUTS:
            compared += compare(core, drawn)

    while compared < LEAST_OUTPUTS:
        campaign()
    print(f"{compared:,} sums and products on {core}: 0 differences")


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("op", ["ADD", "MUL"])
@pytest.mark.parametrize("scales", [(-1.3, 3.0), (0.0, 1.0), (1.0, 2.0)])
def test_every_pair_of_bytes_is_as_in_the_reference(
    op: str, scales: tuple[float, float], core: str
) -> None:
    pair = Pair(op, (256, 256), (256, 256), (-1, 12, 3), *scales, "NONE", "any", 0)
    data, _ = _model(pair)
    first = np.repeat(np.arange(-128, 128), 256).astype("i1")
    second = np.tile(np.arange(-128, 128), 256).astype("i1")
    wanted = run_reference(read_tflite(data), [first.reshape(256, 256), second.reshape(256, 256)])[
        0
    ]
    (output,) = run(core, [(data, first.tobytes() + second.tobytes())])
    assert np.array_equal(np.frombuffer(output, "i1"), wanted.ravel())
