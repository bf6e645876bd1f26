"""saga.c: what it counts is what numpy counts, and its bytes are what the host reads."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

from runicd import saga
from runicos.contract import element
from tests.board import ROOT

SOURCES = ROOT / "native_modules"
TYPES = {"i8": np.int8, "u8": np.uint8, "i16": np.int16, "u16": np.uint16, "f32": np.float32}
CC = ("cc", "-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")


class Tensor(ctypes.Structure):
    """A runic_tensor_t."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("capacity_bytes", ctypes.c_uint32),
        ("type", ctypes.c_uint8),
        ("rank", ctypes.c_uint8),
        ("dims", ctypes.c_uint32 * 6),
    )


class Scale(ctypes.Structure):
    """A saga_scale_t."""

    _fields_ = (("zero_point", ctypes.c_int32), ("factor", ctypes.c_int32))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    built = tmp_path_factory.mktemp("saga") / "saga.so"
    subprocess.run(
        [*CC, f"-I{SOURCES / 'include'}", SOURCES / "rune" / "saga.c", "-o", built],
        check=True,
    )
    loaded = ctypes.CDLL(str(built))
    loaded.saga_bytes.restype = ctypes.c_size_t
    return loaded


class Counted:
    """A saga_t in memory of the test's own."""

    def __init__(self, library: ctypes.CDLL, stages: int, classes: int, kind: str | None) -> None:
        self.library = library
        self.memory = ctypes.create_string_buffer(library.saga_bytes(stages, classes))
        code = 255 if kind is None else element.NAMES.index(kind)
        library.saga_init(self.memory, stages, classes, code)

    def read(self) -> saga.Saga:
        return saga.read(self.memory.raw)


def tensor(values: np.ndarray, *dims: int) -> Tensor:
    """A tensor of the array's elements; the array must outlive it."""
    name = next(name for name, kind in TYPES.items() if kind == values.dtype)
    made = Tensor(values.ctypes.data, values.nbytes, element.NAMES.index(name), len(dims))
    for axis, dim in enumerate(dims):
        made.dims[axis] = dim
    return made


def test_every_time_falls_into_the_bucket_that_has_it(library: ctypes.CDLL) -> None:
    times = {*range(5000), *(1 << shift for shift in range(32)), (1 << 26) - 1, (1 << 32) - 1}
    for elapsed_us in times:
        low, high = saga.bounds_us(library.saga_bucket(ctypes.c_uint32(elapsed_us)))
        assert low <= elapsed_us < high or (high == 1 << 26 <= elapsed_us)
    assert [saga.bounds_us(at)[1] for at in range(99)] == [
        saga.bounds_us(at)[0] for at in range(1, 100)
    ]


def test_percentiles_are_an_eighth_off_at_most(library: ctypes.CDLL) -> None:
    counted = Counted(library, 2, 0, None)
    times = np.random.default_rng(1).lognormal(7, 1.5, 3000).astype(int)
    for elapsed_us in times:
        library.saga_count_call(counted.memory, int(elapsed_us))
        library.saga_count_stage(counted.memory, 1, int(elapsed_us) // 2)
    found = counted.read()
    assert (found.calls, found.latency.total, found.stages[0].total) == (3000, 3000, 0)
    for percent in (1, 50, 95, 99, 100):
        exact = np.percentile(times, percent, method="inverted_cdf")
        whole = found.latency.percentile_us(percent, int(max(times)))
        half = found.stages[1].percentile_us(percent, int(max(times)) // 2)
        assert whole == pytest.approx(exact, rel=1 / 8)
        assert half == pytest.approx(exact / 2, rel=1 / 8)


def test_a_full_count_halves_all_so_that_shares_stay(library: ctypes.CDLL) -> None:
    counted = Counted(library, 0, 0, None)
    for _ in range(40_000):
        library.saga_count_call(counted.memory, 10)
        library.saga_count_call(counted.memory, 10)
        library.saga_count_call(counted.memory, 100)
    low, high = (row[2] for row in counted.read().latency.filled())
    assert 32_000 < low < 65_536
    assert low / high == pytest.approx(2, rel=0.001)


def test_a_stage_that_is_not_there_is_not_counted(library: ctypes.CDLL) -> None:
    counted = Counted(library, 1, 2, None)
    before = counted.memory.raw
    library.saga_count_stage(counted.memory, 1, 5)
    assert counted.memory.raw == before


@pytest.mark.parametrize("kind", TYPES)
def test_the_largest_element_is_the_class(library: ctypes.CDLL, kind: str) -> None:
    counted = Counted(library, 1, 10, None)
    generator = np.random.default_rng(2)
    scale = Scale(0, 0 if kind == "f32" else 1)
    expected = np.zeros(10, int)
    for _ in range(300):
        row = (generator.standard_normal(10) * 300).astype(TYPES[kind])
        expected[int(np.argmax(row))] += 1
        made = tensor(row, 1, 10)
        assert library.saga_classes(ctypes.byref(made)) == 10
        library.saga_count_result(counted.memory, ctypes.byref(made), ctypes.byref(scale), False)
    assert list(counted.read().classes) == list(expected)


def test_classes_beyond_the_last_are_counted_in_it(library: ctypes.CDLL) -> None:
    row = np.zeros(1000, np.uint8)
    row[700] = 9
    made = tensor(row, 1000)
    assert library.saga_classes(ctypes.byref(made)) == 64
    counted = Counted(library, 0, 64, None)
    library.saga_count_result(
        counted.memory, ctypes.byref(made), ctypes.byref(Scale(0, 256)), False
    )
    assert counted.read().classes == (*(0,) * 63, 1)


@pytest.mark.parametrize(
    ("values", "dims"),
    [
        (np.zeros(1, np.int8), (1, 1)),
        (np.zeros(12, np.int8), (3, 4)),
        (np.zeros(2000, np.int8), (1, 2000)),
        (np.zeros(4, np.float32), ()),
    ],
)
def test_what_is_no_row_of_numbers_has_no_classes(
    library: ctypes.CDLL, values: np.ndarray, dims: tuple[int, ...]
) -> None:
    assert library.saga_classes(ctypes.byref(tensor(values, *dims))) == 0


@pytest.mark.parametrize(
    ("values", "scale", "eighth"),
    [
        (np.array([-128, 127], np.int8), Scale(-128, 256), 7),
        (np.array([-128, -97], np.int8), Scale(-128, 256), 0),
        (np.array([-128, -96], np.int8), Scale(-128, 256), 1),
        (np.array([0, 128], np.uint8), Scale(0, 256), 4),
        (np.array([0, 30000], np.int16), Scale(0, 2), 7),
        (np.array([0.1, 0.6], np.float32), Scale(0, 0), 4),
        (np.array([0.9999, 0], np.float32), Scale(0, 0), 7),
        (np.array([17.5, 0], np.float32), Scale(0, 0), 7),
        (np.array([-3, -2], np.float32), Scale(0, 0), 0),
        (np.array([np.inf, 1e-30], np.float32), Scale(0, 0), 7),
        (np.array([1e-30, 1e-40], np.float32), Scale(0, 0), 0),
    ],
)
def test_the_largest_share_is_the_confidence(
    library: ctypes.CDLL, values: np.ndarray, scale: Scale, eighth: int
) -> None:
    counted = Counted(library, 0, 2, None)
    library.saga_count_result(
        counted.memory, ctypes.byref(tensor(values, 1, 2)), ctypes.byref(scale), False
    )
    assert counted.read().confidences == tuple(int(at == eighth) for at in range(8))


@pytest.mark.parametrize("kind", TYPES)
def test_mean_and_deviation_are_those_of_the_elements(library: ctypes.CDLL, kind: str) -> None:
    counted = Counted(library, 1, 0, kind)
    values = (np.random.default_rng(3).standard_normal(4000) * 20 + 50).astype(TYPES[kind])
    sums = ctypes.byref(counted.memory, 8)
    library.saga_add_inputs(sums, ctypes.byref(tensor(values, 4000)), 1, 0)
    found = counted.read()
    assert (found.input_type, found.baseline) == (kind, None)
    assert found.inputs is not None
    assert found.inputs.count == 4000
    assert found.inputs.mean == pytest.approx(values.mean(dtype=float), abs=1e-3)
    assert found.inputs.deviation == pytest.approx(values.std(dtype=float), abs=1e-3)


def test_every_element_has_its_turn(library: ctypes.CDLL) -> None:
    counted = Counted(library, 1, 0, "u8")
    values = np.arange(100, dtype=np.uint8)
    for turn in range(13):
        library.saga_add_inputs(
            ctypes.byref(counted.memory, 8), ctypes.byref(tensor(values, 100)), 13, turn
        )
    found = counted.read().inputs
    assert found is not None
    assert (found.count, found.mean, found.windows) == (100, 49.5, 13)


def test_sums_do_not_run_over(library: ctypes.CDLL) -> None:
    counted = Counted(library, 1, 0, "f32")
    values = np.full(100_000, -30_000, np.float32)
    for _ in range(20):
        library.saga_add_inputs(
            ctypes.byref(counted.memory, 8), ctypes.byref(tensor(values, 100_000)), 1, 0
        )
    found = counted.read().inputs
    assert found is not None
    assert found.mean == pytest.approx(-30_000, rel=1e-4)
    assert found.deviation < 300


def test_a_float_that_is_no_number_counts_as_nothing(library: ctypes.CDLL) -> None:
    counted = Counted(library, 1, 0, "f32")
    values = np.array([np.nan, -np.nan, 2.0], np.float32)
    library.saga_add_inputs(ctypes.byref(counted.memory, 8), ctypes.byref(tensor(values, 3)), 1, 0)
    found = counted.read().inputs
    assert found is not None
    assert found.mean == pytest.approx(2 / 3)


def test_golden_vectors_are_counted_apart_and_forgotten(library: ctypes.CDLL) -> None:
    counted = Counted(library, 2, 3, "u8")
    row = tensor(np.array([0, 0, 200], np.uint8), 1, 3)
    for is_golden in (False, True, True):
        library.saga_count_result(
            counted.memory, ctypes.byref(row), ctypes.byref(Scale(0, 256)), is_golden
        )
    library.saga_add_inputs(ctypes.byref(counted.memory, 32), ctypes.byref(row), 1, 0)
    found = counted.read()
    assert (found.classes, found.golden_classes) == ((0, 0, 1), (0, 0, 2))
    assert (found.confidences[6], found.golden_confidences[6]) == (1, 2)
    assert found.baseline is not None
    assert (found.baseline.count, found.baseline.windows) == (3, 1)
    library.saga_forget_baseline(counted.memory)
    found = counted.read()
    assert (found.classes, found.golden_classes) == ((0, 0, 1), (0, 0, 0))
    assert (sum(found.confidences), sum(found.golden_confidences)) == (1, 0)
    assert found.baseline is None


def test_the_head_has_no_gaps(library: ctypes.CDLL, tmp_path: Path) -> None:
    assert library.saga_bytes(0, 0) == 8 + 2 * 24 + 2 * 16 + 200
