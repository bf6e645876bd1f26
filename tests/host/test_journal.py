"""Boards' journals: frames are read with bounds, and following one leaves no gap unsaid."""

import struct
import zlib
from itertools import islice
from typing import Any

import pytest

from runicd import journal
from runicd.client import Client
from runicd.errors import LinkError
from runicd.journal import Frame, Missed
from runicd.links.memory import MemoryLink
from runicd.types import Record
from runicos import log
from tests.host.peer import Peer, event


def frame(
    number: int, text: bytes = b"x", *, kind: int = 2, level: int = 2, boot: int = 1
) -> bytes:
    head = struct.pack("<HBBIIHB", 19 + 4 + len(text), kind, level, number, 10 * number, boot, 4)
    body = head + b"sine" + text
    return zlib.crc32(body).to_bytes(4, "little") + body


def numbers(items: list[Frame | Missed]) -> list[int]:
    return [item.number if isinstance(item, Frame) else -item.count for item in items]


def test_kinds_are_those_of_the_board() -> None:
    names = ("BOOT", "NOTE", "STATE", "FAILURE", "DENIAL", "WENT_BACK", "RESTART", "COUNTS")
    assert [journal.KINDS[getattr(log, name)] for name in names] == list(journal.KINDS[1:])
    levels = ("ERROR", "WARNING", "INFO", "DEBUG")
    assert [journal.LEVELS[getattr(log, name)] for name in levels] == list(journal.LEVELS)


def test_frames_are_read_one_behind_the_other() -> None:
    found = journal.read_frames(frame(7, b"hot \xc3\xbc") + frame(8, b"\xff\x00", boot=2))
    assert found == [
        Frame(7, 1, 70, 2, 2, "sine", b"hot \xc3\xbc"),
        Frame(8, 2, 80, 2, 2, "sine", b"\xff\x00"),
    ]
    assert journal.record_of(found[0]) == Record(7, "info", "sine", 70, "hot ü", 1)
    assert journal.record_of(found[1]) == Record(8, "info", "sine", 80, "??", 2)
    assert journal.read_frames(b"") == []


def test_counts_are_told_in_words_and_what_is_unknown_is_passed_over() -> None:
    counts = struct.pack("<9I", 1234, 2, 5678, 99, 7, 54_321, 3, 123, 11)
    (told,) = journal.read_frames(frame(1, counts, kind=8, level=255))
    record = journal.record_of(told)
    assert record is not None
    assert record.text == (
        "1,234 calls in 5,678 ms, 2 failed, 3 restarts, 99 us at most, load 12.3 %, "
        "11 results dropped, 54,321 bytes of flash written"
    )
    ones = struct.pack("<9I", 1, 0, 5, 1, 1, 0, 1, 0, 1)
    (told,) = journal.read_frames(frame(1, ones, kind=8, level=255))
    assert journal.record_of(told).text == (  # type: ignore[union-attr]
        "1 call in 5 ms, 0 failed, 1 restart, 1 us at most, load 0.0 %, "
        "1 result dropped, 0 bytes of flash written"
    )
    for kind, payload in ((8, counts[:-1]), (200, b"later")):
        assert (
            journal.record_of(journal.read_frames(frame(1, payload, kind=kind, level=255))[0])
            is None
        )


GOOD = frame(1)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (GOOD[:-1], "a frame of 24 bytes"),
        (GOOD + GOOD[:10], "requires a buffer"),
        (GOOD[:4] + b"\x00\x00" + GOOD[6:], "a frame of 0 bytes"),
        (GOOD[:4] + b"\xff\xff" + GOOD[6:], "a frame of 65535 bytes"),
        (GOOD[:18] + b"\x06" + GOOD[19:], "a frame of 24 bytes"),
        (GOOD[:-1] + b"y", "frame 1 is damaged"),
        (frame(1, bytes(300)), "a frame of 323 bytes"),
        ("text", "no bytes"),
    ],
)
def test_other_bytes_end_in_one_clear_line(data: Any, why: str) -> None:
    with pytest.raises(LinkError, match=why) as caught:
        journal.read_frames(data, "there")
    assert str(caught.value).startswith("there: the board's journal cannot be read")


class Board(Peer):
    """A peer with a journal, of which an answer carries three frames at most."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[int] = []
        self.boot, self.id, self.kept = 1, b"1", True
        self.answers["saga"] = self._saga

    def _saga(self, given: dict[str, Any]) -> dict[str, Any]:
        later = [frame(number, boot=self.boot) for number in self.held if number > given["after"]]
        oldest, newest = (self.held[0], self.held[-1]) if self.held else (1, 0)
        told = {"boot": self.boot, "oldest": oldest, "newest": newest}
        told |= {"id": self.id, "kept": self.kept}
        return told | {"frames": b"".join(later[:3])}


def test_all_is_listed_page_by_page() -> None:
    board = Board()
    board.held = list(range(5, 16))
    with Client(lambda: MemoryLink(board)) as client:
        assert numbers(list(journal.listed(client))) == list(range(5, 16))
        assert numbers(list(journal.listed(client, after=13))) == [14, 15]
        # What had given way meanwhile is counted.
        assert numbers(list(journal.listed(client, after=2))) == [-2, *range(5, 16)]


def test_a_journal_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_FRAMES_MAX", 10)
    board = Board()
    answer = {"boot": 1, "oldest": 1, "newest": 9}
    board.answers["saga"] = lambda given: answer | {"frames": frame(given["after"] + 1)}
    with Client(lambda: MemoryLink(board)) as client, pytest.raises(LinkError, match="no end"):
        list(journal.listed(client))


def test_following_leaves_no_gap_unsaid() -> None:
    board, links = Board(), []

    def connect() -> MemoryLink:
        links.append(MemoryLink(board))
        return links[-1]

    def said(number: int) -> None:
        links[-1].push(event(journal.TOPIC, frame(number)))

    board.held = [1, 2]
    with Client(connect) as client:
        items = journal.follow(client, None, 10.0)
        assert numbers(list(islice(items, 2))) == [1, 2]
        # Three were written, of which one came by itself; one comes twice.
        board.held = [1, 2, 3, 4, 5]
        said(5)
        assert numbers(list(islice(items, 3))) == [3, 4, 5]
        said(4)
        said(6)
        assert numbers(list(islice(items, 1))) == [6]
        # More were written than the board holds.
        board.held = [20, 21, 22]
        said(22)
        assert numbers(list(islice(items, 4))) == [-13, 20, 21, 22]
        # The link is lost for a while; then the power, and with it the journal.
        board.held = [21, 22, 23]
        links[-1].cut()
        assert numbers(list(islice(items, 1))) == [23]
        board.held, board.id, board.kept = [1, 2], b"2", False
        links[-1].cut()
        assert numbers(list(islice(items, 2))) == [1, 2]
        said(3)
        assert numbers(list(islice(items, 1))) == [3]
        # Once more: its first frames are the very same.
        board.held, board.id = [1, 2, 3, 4], b"3"
        links[-1].cut()
        assert numbers(list(islice(items, 4))) == [1, 2, 3, 4]
        said(5)
        assert numbers(list(islice(items, 1))) == [5]
        # It is reset, which the journal outlives.
        board.held, board.id, board.kept = [4, 5, 6], b"4", True
        links[-1].cut()
        assert numbers(list(islice(items, 1))) == [6]
    assert len(links) == 5


def test_of_one_rune_only_its_own_are_followed() -> None:
    board = Board()
    board.held = [4, 9]
    link = MemoryLink(board)
    with Client(lambda: link) as client:
        items = journal.follow(client, "sine", 0.0)
        assert numbers(list(islice(items, 2))) == [4, 9]
        link.push(event(journal.TOPIC, frame(30)))
        assert numbers(list(islice(items, 1))) == [30]
    asked = [arguments.get("name") for verb, arguments in board.requests if verb == "saga"]
    assert set(asked) == {"sine"}
    assert ("subscribe", {"topics": ["saga"], "name": "sine"}) in board.requests


def test_a_board_that_refuses_links_while_it_resets_is_waited_for() -> None:
    board, links, refused = Board(), [], [True, True]

    def connect() -> MemoryLink:
        if links and refused:
            refused.pop()
            raise LinkError("cannot connect (Connection refused)", where="there")
        links.append(MemoryLink(board))
        return links[-1]

    board.held = [1]
    with Client(connect) as client:
        items = journal.follow(client, None, 10.0)
        assert numbers(list(islice(items, 1))) == [1]
        # The list goes on, over a link that is lost: the first that is made anew is refused.
        board.held = [1, 2]
        links[-1].cut()
        assert numbers(list(islice(items, 1))) == [2]
    assert refused == []


def test_a_board_that_talks_nonsense_is_not_followed_for_ever() -> None:
    board = Board()
    board.answers["saga"] = {"frames": b"nonsense", "boot": 1, "oldest": 1, "newest": 1}
    with (
        Client(lambda: MemoryLink(board)) as client,
        pytest.raises(LinkError, match="journal cannot be read"),
    ):
        next(journal.follow(client, None, 10.0))
    assert [verb for verb, _ in board.requests].count("saga") <= 10


def test_a_board_that_sends_no_frame_is_one_clear_line() -> None:
    board = Board()
    link = MemoryLink(board)
    with Client(lambda: link) as client:
        items = journal.follow(client, None, 0.0)
        link.push(event(journal.TOPIC, [1, 2]))
        with pytest.raises(LinkError, match="journal cannot be read"):
            next(items)
