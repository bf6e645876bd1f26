"""Uploads that end at every length: nothing is installed, little is sent again, the Rune is whole.

RUNICD_TRUNCATIONS_EVERY=1 takes every length; otherwise one of some, and those at sections' ends.
"""

import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from runicos.contract import errors
from tests.device.runes import sections, stock
from tests.device.sim_board import BoardError, Client, SimBoard

SINE = stock("sine")
EVERY = int(os.environ.get("RUNICD_TRUNCATIONS_EVERY", "61"))
KILLED_EVERY = 20 * EVERY
CHUNK_BYTES = 1020


def section_ends() -> list[int]:
    ends = [8]
    for _, _, section in sections(SINE):
        ends.append(ends[-1] + len(section))
    assert ends.pop() == len(SINE)
    return ends


def lengths(every: int) -> list[int]:
    """Return the lengths to cut at: where sections end, and one of so many others."""
    return sorted({0, 1, *section_ends(), *range(every // 2, len(SINE), every)})


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    with SimBoard(tmp_path_factory.mktemp("flash")) as board:
        yield board


def finish(client: Client, length: int) -> None:
    """Go on with an upload that was cut off there; the Rune is whole and called then."""
    assert client.request("ps") == []
    first = client.upload("sine", SINE)
    assert length - CHUNK_BYTES <= first <= length
    client.request("start", name="sine", period_ms=0)
    client.request("call", name="sine")
    (row,) = client.request("ps")
    assert (row["state"], row["sha256"]) == ("waiting", sha256(SINE).digest())
    client.request("rm", name="sine")


def test_a_link_that_is_lost_at_any_length_costs_a_chunk_at_most(board: SimBoard) -> None:
    for length in lengths(EVERY):
        with board.tcp() as client:
            client.upload("sine", SINE, stop_at=length)
        with board.tcp() as client:
            finish(client, length)


def test_a_board_that_is_killed_at_any_length_goes_on_there(tmp_path: Path) -> None:
    for length in [1, *lengths(KILLED_EVERY)[2:], len(SINE)]:
        with SimBoard(tmp_path) as board, board.tcp() as client:
            client.upload("sine", SINE, stop_at=length)
        with SimBoard(tmp_path) as board, board.tcp() as client:
            finish(client, length)


def test_a_file_that_ends_within_a_section_is_no_rune(board: SimBoard) -> None:
    """One that ends with a section is another file, which only a signature tells from this one."""
    with board.tcp() as client:
        for length in lengths(EVERY):
            if length in section_ends():
                continue
            with pytest.raises(BoardError) as refused:
                client.upload("sine", SINE[:length])
            assert refused.value.code != errors.INTERNAL
        assert client.request("ps") == []


def test_a_signed_file_that_is_cut_at_any_length_is_refused(board: SimBoard) -> None:
    with board.tcp() as client:
        for length in lengths(EVERY):
            with pytest.raises(BoardError) as refused:
                client.upload("sine", SINE[:length], as_it_is=True)
            assert refused.value.code in (errors.NOT_SIGNED, errors.NOT_WASM), length
        assert client.request("ps") == []


def test_a_file_cut_before_its_signature_is_refused_as_unsigned(board: SimBoard) -> None:
    assert sections(SINE)[-1][1] == "runic.signature"
    with board.tcp() as client:
        with pytest.raises(BoardError) as refused:
            client.upload("sine", SINE[: section_ends()[-1]], as_it_is=True)
        assert (refused.value.code, refused.value.arguments) == (errors.NOT_SIGNED, ["sine"])
        assert client.request("ps") == []


def test_a_file_that_is_committed_too_early_is_not_installed(board: SimBoard) -> None:
    with board.tcp() as client:
        for length in lengths(EVERY):
            client.upload("sine", SINE, stop_at=length)
            begun = client.request(
                "begin", name="sine", size=len(SINE), sha256=sha256(SINE).digest()
            )
            assert begun["offset"] == length
            code, arguments = client.error("commit", upload=begun["upload"])
            assert (code, arguments) == (errors.UPLOAD_INCOMPLETE, [length, len(SINE)])
            client.request("abort", upload=begun["upload"])
        assert client.request("ps") == []
