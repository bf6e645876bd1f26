"""The bytes of a board's counts: read, or refused with a word."""

import struct

import pytest

from runicd import saga
from runicd.errors import LinkError


def counts(*, form: int = 2, stages: int = 1, classes: int = 3, kind: int = 6) -> bytes:
    head = struct.pack("<BBBBI", form, stages, classes, kind, 5)
    inputs = struct.pack("<QqII", 65_536 * 20, 65_536 * 8, 4, 2)
    baseline = struct.pack("<QqII", 65_536 * 5, 65_536 * 4, 4, 1)
    words = [0] * (16 + 100 * (1 + stages) + 2 * classes)
    words[8] = 1
    words[16 + 5] = 5
    words[-1] = 1
    return head + inputs + baseline + struct.pack(f"<{len(words)}H", *words)


def test_counts_are_read() -> None:
    found = saga.read(counts())
    assert found.latency.filled() == [(5, 6, 5)]
    assert found.latency.percentile_us(99, 5) == 5
    assert found.stages[0].percentile_us(50, 0) is None
    assert found.inputs == saga.Inputs(4, 2.0, 1.0, 2)
    assert found.baseline == saga.Inputs(4, 1.0, 0.5, 1)
    assert (found.classes, found.golden_classes) == ((0, 0, 0), (0, 0, 1))
    assert (found.confidences, found.golden_confidences) == ((0,) * 8, (1, *(0,) * 7))


def test_no_percentile_is_above_the_longest_run() -> None:
    bucket = next(at for at in range(saga.BUCKETS) if saga.bounds_us(at) == (128, 160))
    one = saga.Histogram(tuple(int(at == bucket) for at in range(saga.BUCKETS)))
    assert one.percentile_us(50, 133) == 133
    assert 128 <= (one.percentile_us(50, 159) or 0) < 159


def test_without_golden_vectors_there_is_no_baseline() -> None:
    data = bytearray(counts())
    data[32:56] = bytes(24)
    assert saga.read(bytes(data)).baseline is None


def test_every_cut_is_refused() -> None:
    whole = counts()
    for length in range(len(whole)):
        with pytest.raises(LinkError, match="cannot be read"):
            saga.read(whole[:length])
    with pytest.raises(LinkError, match="cannot be read"):
        saga.read(whole + b"\0")


@pytest.mark.parametrize("wrong", [{"form": 1}, {"classes": 65}, {"kind": 77}])
def test_a_head_that_says_something_else_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(LinkError, match="cannot be read"):
        saga.read(counts(**wrong))
