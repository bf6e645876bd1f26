"""Which release comes first: semantic versioning's own examples, and what is no version."""

import itertools

import pytest

from runicos.contract.release_order import is_before, is_version

# Each comes before all that follow it.
CHAIN = (
    "nightly",
    "0.0.1",
    "0.9.10",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-11",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2",
    "1.10.0-x-y.7",
    "1.10.0",
    "2",
    "10.0.0",
    "99999999999999999999.0.0",
)
NONE = (
    "",
    "x",
    "v1.0.0",
    "1.",
    ".1",
    "1..2",
    "1.2.3.4",
    "1.0.0-",
    "1.0.0-a..b",
    "1.0.0-ä",
    "1.0.0-a_b",
    "-1",
    "+1",
    "1 .0",
    "٣.0.0",
    "1.0.0-" + "a" * 59,
)


def test_every_release_of_the_chain_comes_before_those_that_follow() -> None:
    for first, second in itertools.combinations(CHAIN, 2):
        assert is_before(first, second), (first, second)
        assert not is_before(second, first), (second, first)


@pytest.mark.parametrize("release", CHAIN)
def test_no_release_comes_before_itself(release: str) -> None:
    assert not is_before(release, release)


@pytest.mark.parametrize(
    ("one", "same"),
    [("1", "1.0.0"), ("1.2", "1.2.0"), ("1.0.0+7", "1.0.0"), ("01.0.0", "1"), ("1.0+a-b", "1.0")],
)
def test_releases_of_one_place(one: str, same: str) -> None:
    assert is_version(one)
    assert not is_before(one, same)
    assert not is_before(same, one)


@pytest.mark.parametrize("text", NONE, ids=range(len(NONE)))
def test_what_is_no_version_comes_before_every_version(text: str) -> None:
    assert not is_version(text)
    assert is_before(text, "0.0.0-0")
    assert not is_before("0.0.0-0", text)
    assert not is_before(text, "nightly")
    assert not is_before("nightly", text)


def test_the_longest_version_has_64_letters() -> None:
    assert is_version("1.0.0-" + "a" * 58)
