"""Token buckets in C against what a rate promises; the kernel alone, on this machine."""

import ctypes
import random
import subprocess

import pytest

from tests.board import ROOT

SOURCES = ROOT / "native_modules" / "rune"


SHIM = """
#include "quota.h"
bool charge(quota_t *quota, quota_bucket_t *bucket, uint32_t amount, uint32_t now_ms) {
    return quota_charge(quota, bucket, amount)
        || quota_fill_and_take(quota, bucket, amount, now_ms);
}
"""


class Level(ctypes.Structure):
    _fields_ = (("left", ctypes.c_uint32), ("mark", ctypes.c_uint32))


class Bucket(ctypes.Structure):
    _fields_ = (
        ("levels", Level * 2),
        ("per_s", ctypes.c_uint32),
        ("unit", ctypes.c_uint32),
        ("full_ms", ctypes.c_uint32),
    )


class Quota(ctypes.Structure):
    _fields_ = (
        ("denials", ctypes.c_uint32 * 3),
        ("calls", ctypes.c_uint32),
        ("requested", ctypes.c_bool),
        ("log", Bucket),
    )


class Taker:
    """A container's quota and one bucket of it; without a rate it is as memory is at first."""

    def __init__(self, library: ctypes.CDLL, per_s: int, unit: int, now_ms: int = 0) -> None:
        self.library, self.quota, self.bucket = library, Quota(), Bucket()
        if per_s:
            library.quota_start(ctypes.byref(self.bucket), per_s, unit, now_ms)

    def take(self, amount: int, now_ms: int) -> bool:
        """What a call does for an amount."""
        return bool(
            self.library.charge(
                ctypes.byref(self.quota),
                ctypes.byref(self.bucket),
                ctypes.c_uint32(amount),
                ctypes.c_uint32(now_ms & 0xFFFFFFFF),
            )
        )


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("quota")
    shim, built = folder / "shim.c", folder / "quota.so"
    sizes = f'_Static_assert(sizeof(quota_t) == {ctypes.sizeof(Quota)}, "as in the test");\n'
    shim.write_text(SHIM + sizes)
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", built]
    sources = [f"-I{SOURCES}", SOURCES / "quota.c", shim]
    subprocess.run([str(word) for word in (*command, *sources)], check=True)
    loaded = ctypes.CDLL(str(built))
    loaded.charge.restype = ctypes.c_bool
    return loaded


@pytest.mark.parametrize("seed", range(20))
def test_no_more_passes_than_two_buckets_and_the_rate(library: ctypes.CDLL, seed: int) -> None:
    rand = random.Random(seed)
    per_s, unit = rand.randint(1, 5000), rand.randint(0, 2000)
    begin_ms = rand.choice([0, 0xFFFFF000])
    taker = Taker(library, per_s, unit, begin_ms)
    taken: list[tuple[int, int]] = []
    now_ms = begin_ms
    for _ in range(2000):
        now_ms += rand.choice([0, 0, 1, 7, 100, 3000])
        amount = rand.randint(1, max(1, per_s // 3))
        if taker.take(amount, now_ms):
            taken.append((now_ms, amount))
    for start in range(0, len(taken), 97):
        total = 0
        for at_ms, amount in taken[start:]:
            total += amount
            elapsed_ms = at_ms - taken[start][0]
            assert total <= 2 * (per_s + unit) + per_s * elapsed_ms // 1000 + 1


@pytest.mark.parametrize("period_ms", [1, 3, 7, 20, 300, 999, 1000, 1001, 60_000])
@pytest.mark.parametrize("unit", [1, 57, 100_000])
def test_calls_by_a_period_are_never_denied(
    library: ctypes.CDLL, period_ms: int, unit: int
) -> None:
    """What the builder states for a period is enough, however late some calls are."""
    rand = random.Random(period_ms)
    taker = Taker(library, -(-1000 // period_ms) * unit, unit)
    for number in range(3000):
        late_ms = rand.choice([0, 0, period_ms - 1, rand.randrange(period_ms)])
        assert taker.take(unit, number * period_ms + late_ms), number


@pytest.mark.parametrize("period_ms", [1, 9, 250, 5000])
def test_a_paced_bucket_holds_for_its_period(library: ctypes.CDLL, period_ms: int) -> None:
    taker = Taker(library, 1, 40)
    library.quota_pace(ctypes.byref(taker.bucket), period_ms)
    assert all(taker.take(40, number * period_ms) for number in range(2000))


def test_pacing_never_lowers_and_never_overflows(library: ctypes.CDLL) -> None:
    taker = Taker(library, 5000, 1)
    library.quota_pace(ctypes.byref(taker.bucket), 1000)
    assert taker.bucket.per_s == 5000
    largest = Taker(library, 1, 0x7FFFFFFF)
    library.quota_pace(ctypes.byref(largest.bucket), 1)
    assert largest.bucket.per_s == 0x7FFFFFFF
    assert largest.take(0x7FFFFFFF, 0xFFFFFFFF)


def test_each_requested_call_begins_full_and_no_call_goes_on_for_ever(
    library: ctypes.CDLL,
) -> None:
    taker = Taker(library, 3, 2)
    taker.quota.requested = True
    for call in range(10_000):
        taker.quota.calls = call
        assert taker.take(5, 0)
    taker.quota.calls = 10_000
    assert [taker.take(1, 0) for _ in range(6)] == [True] * 5 + [False]


def test_what_is_asked_for_takes_nothing_from_the_period(library: ctypes.CDLL) -> None:
    taker = Taker(library, 4, 1)
    taker.quota.requested = True
    assert taker.take(5, 0)
    taker.quota.requested = False
    assert [taker.take(1, 0) for _ in range(6)] == [True] * 5 + [False]


def test_a_slow_rate_loses_nothing_to_rounding(library: ctypes.CDLL) -> None:
    """One a second, asked every 100 ms for ten minutes: 600, and what was there at first."""
    taker = Taker(library, 1, 1)
    passed = sum(taker.take(1, at_ms) for at_ms in range(0, 600_000, 100))
    assert 600 <= passed <= 602


def test_without_a_rate_everything_passes(library: ctypes.CDLL) -> None:
    taker = Taker(library, 0, 0)
    assert all(taker.take(1 << 31, 0) for _ in range(10))
