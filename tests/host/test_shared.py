"""What boards share is neither sent nor stored: which models are offered, what is left to send."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicd.cast.delta import Place, Stretch
from runicd.cast.shared import Model, models_of, ranges, shared_bytes, without
from runicd.errors import LinkError
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from tests.device.runes import RUNES

MODELS = [Model(160, 5000, b"a" * 32), Model(8000, 4096, b"b" * 32)]


@pytest.fixture(scope="module")
def speech() -> bytes:
    return build(RUNES / "microspeech", unsigned=True).data


def test_a_rune_s_models_are_offered(speech: bytes) -> None:
    (model,) = models_of(read_rune(speech))
    tflite = (RUNES / "microspeech" / "microspeech.tflite").read_bytes()
    assert speech[model.offset :][: model.length] == tflite
    assert model.offset % 16 == 0


def test_a_model_before_code_is_not_offered(speech: bytes) -> None:
    """A board loads the code in one piece, from before what lies elsewhere."""
    found = read_rune(speech)
    (section,) = [one for one in found.module.sections if one.name == "runic.model"]
    model = speech[section.offset : section.end]
    first = speech[:8] + model + speech[8 : section.offset] + speech[section.end :]
    assert models_of(found) != []
    assert models_of(read_rune(first)) == []


@st.composite
def ranges_of(draw: st.DrawFn, size: int) -> list[tuple[int, int]]:
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=8, unique=True)))
    return [(at, end - at) for at, end in zip(cuts[::2], cuts[1::2], strict=False)]


def bytes_of(stretch: Stretch) -> range:
    return range(stretch.offset, stretch.offset + stretch.length)


@given(st.data(), st.lists(st.integers(1, 300), min_size=1, max_size=10))
def test_what_is_left_is_every_other_byte_from_where_it_was(
    data: st.DataObject, lengths: Sequence[int]
) -> None:
    stretches, at = [], 0
    for number, length in enumerate(lengths):
        source = Place("a", 1000 * number) if number % 2 else None
        stretches.append(Stretch(at, length, source))
        at += length
    shared = data.draw(ranges_of(at))
    gone = {byte for offset, length in shared for byte in range(offset, offset + length)}
    before = {byte: one for one in stretches for byte in bytes_of(one)}
    left = list(without(stretches, shared))
    seen = [byte for one in left for byte in bytes_of(one)]
    assert seen == sorted(set(range(at)) - gone)
    for one in left:
        whole = before[one.offset]
        assert (one.source is None) == (whole.source is None)
        if one.source is not None and whole.source is not None:
            assert one.source.offset - whole.source.offset == one.offset - whole.offset


@pytest.mark.parametrize(
    "shared", [[], [[160, 5000]], [[8000, 4096]], [[160, 5000], [8000, 4096]]]
)
def test_a_board_may_share_any_of_what_it_is_offered(shared: list[list[int]]) -> None:
    assert ranges({"shared": shared}, MODELS, "board") == [tuple(one) for one in shared]


def test_what_a_board_shares_is_told_by_what_it_was_offered() -> None:
    (found,) = ranges({"shared": [[160.0, 5000.0]]}, MODELS, "board")
    assert [type(number) for number in found] == [int, int]


@pytest.mark.parametrize(
    "shared",
    [[[160, 4999]], [[0, 5000]], [[8000, 4096], [160, 5000]], [[160, 5000]] * 2, [7], [[]], ["x"]],
)
def test_a_board_that_shares_something_else_is_one_line(shared: list[object]) -> None:
    with pytest.raises(LinkError, match="shares what it was not offered"):
        ranges({"shared": shared}, MODELS, "board")


def test_what_flash_need_not_hold_again_is_counted_in_whole_sixteens() -> None:
    assert shared_bytes(MODELS, {"models": [b"a" * 32, 7, None]}) == 4992
    assert shared_bytes(MODELS, {"models": []}) == 0
    small = [Model(16 * at, 4095 + at, b"c" * 32) for at in range(6)]
    assert shared_bytes(small, {"models": [b"c" * 32]}) == 4 * 4096
