"""Every path of the int8 kernels, on every core, against the reference in numpy: no differences.

How many outputs are compared on each core is small here, so that all tests stay quick;
`make check-kernels OUTPUTS=10000000` compares as many as you like, and says how many it were.
"""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.kernel_runs import CORES, build, run
from runicd.model.read_tflite import read_tflite
from runicd.model.reference.run import run as run_reference
from tests.native.nn_layers import Layer, layers, model

pytestmark = pytest.mark.own_programs

LEAST_OUTPUTS = int(os.environ.get("RUNIC_KERNEL_OUTPUTS", "60000"))
MOST_LAYERS = 60
# Starting a core's program takes longer than most layers: a campaign gives it many at a time.
LEAST_LAYERS = 1 if LEAST_OUTPUTS < 1_000_000 else 40
# Every core with weights in place, and with packed ones where that is another path.
PATHS = [(core, False) for core in CORES] + [(core, True) for core in ("m4", "m7", "m55")]


def compare(drawn: Sequence[Layer]) -> int:
    """Run each layer on every core and in numpy; return how many outputs a core had: all equal."""
    made = [model(layer) for layer in drawn]
    wanted = [run_reference(read_tflite(data), [values])[0] for data, values in made]
    jobs = [(data, values.tobytes()) for data, values in made]
    for core, pack in PATHS:
        for layer, right, output in zip(drawn, wanted, run(core, jobs, pack=pack), strict=True):
            wrong = np.frombuffer(output, "i1") != right.ravel()
            assert not wrong.any(), f"{wrong.sum()} of {wrong.size} differ on {core}: {layer}"
    return sum(right.size for right in wanted)


@pytest.mark.parametrize("core", CORES)
def test_the_program_for_each_core_is_built_before_its_time_counts(core: str) -> None:
    assert build(core).is_file()


def test_no_layer_differs_from_the_reference_on_any_core() -> None:
    compared = 0

    @settings(
        max_examples=100,
        deadline=None,
        derandomize="RUNIC_KERNEL_OUTPUTS" not in os.environ,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(layers(), min_size=LEAST_LAYERS, max_size=MOST_LAYERS))
    def campaign(drawn: list[Layer]) -> None:
        nonlocal compared
        if compared < LEAST_OUTPUTS:
            compared += compare(drawn)

    while compared < LEAST_OUTPUTS:
        campaign()
    print(f"{compared:,} outputs on each of {', '.join(CORES)}: 0 differences")


# Every output is the zero point, however large a sum is: that is known when the model is loaded.
CONSTANT = Layer(
    op="", batch=2, sides=(4, 5), channels=9, outputs=9, groups=1, window=(3, 3), stride=(1, 1),
    dilation=(1, 1), padding="SAME", activation="NONE", zero_points=(3, -7), ratio=-33.0,
    spread=0.5, bias="largest", values="extremes", seed=3,
)  # fmt: skip


@pytest.mark.parametrize("core", ["x86-asan", "scalar-asan", "m7", "m55"])
@pytest.mark.parametrize("op", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_sums_near_their_type_s_ends_overflow_nowhere(op: str, core: str) -> None:
    dense = op == "FULLY_CONNECTED"
    sides, window = ((1, 1), (1, 1)) if dense else ((4, 5), (3, 3))
    data, values = model(dataclasses.replace(CONSTANT, op=op, sides=sides, window=window))
    (wanted,) = run_reference(read_tflite(data), [values])
    assert set(wanted.ravel()) == {-7}
    (output,) = run(core, [(data, values.tobytes())])
    assert np.array_equal(np.frombuffer(output, "i1"), wanted.ravel())
