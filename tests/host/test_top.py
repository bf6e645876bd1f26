"""Frames of `runicd top`, from boards' answers: loads, sparklines, 80 columns, lost boards."""

import struct
from typing import Any

import pytest

from runicd.cli_top import fitted, frame, spark, summary
from runicd.errors import LinkError, LinkTimeout
from runicd.watch import Watched


def row(**changed: Any) -> dict[str, Any]:
    figures = dict.fromkeys(
        ("calls", "failures", "last_us", "mean_us", "total_us", "ram_bytes", "restarts"), 0
    )
    return {"name": "sine", "state": "running", "last_error": None} | figures | changed


def health(uptime_ms: int, *rows: dict[str, Any], **changed: Any) -> dict[str, Any]:
    heap = {"used": 25_000, "free": 75_000, "most": 30_000, "wasm3": 5}
    return {"board": "hall", "uptime_ms": uptime_ms, "heap": heap, "runes": list(rows)} | changed


class Answering:
    """Stands where a Client does: gives one answer after another, or raises it."""

    where = "here"

    def __init__(self, *answers: Any, counts: bytes | None = None) -> None:
        self.answers = list(answers)
        self.counts = counts
        self.asked: list[str] = []

    def request(self, verb: str, given: Any = None, **_: Any) -> Any:
        self.asked.append(verb)
        if verb == "stats":
            return {"saga": self.counts}
        assert verb == "health"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Nothing is open."""


def watched(*answers: Any, counts: bytes | None = None) -> Watched:
    board = Watched("unix-1", lambda: pytest.fail("no new link is wanted"))
    board._client = Answering(*answers, counts=counts)  # type: ignore[assignment]
    for _ in answers:
        board.look()
    return board


def test_load_is_the_time_in_calls_between_two_looks() -> None:
    board = watched(
        health(1000, row(calls=10, total_us=5_000)),
        health(3000, row(calls=50, total_us=505_000, last_us=12)),
    )
    assert board.loads[-1] == 0.25
    assert (board.runes["sine"].calls_per_s, board.runes["sine"].load) == (20, 0.25)
    assert board.heaps[-1] == 0.25
    assert "load  25.0 %" in "\n".join(text for text, _ in frame([board], 80))


def test_drift_is_marked_and_asked_for_now_and_then() -> None:
    head = struct.pack("<BBBBI", 2, 0, 0, 1, 100)
    inputs = struct.pack("<QqII", 800 * 2500, 800 * 49, 800, 100)
    baseline = struct.pack("<QqII", 800 * 5, 800 * 2, 800, 100)
    counts = head + inputs + baseline + bytes(2 * (16 + 100))
    looks = [health(1000 * at, row(calls=at)) for at in range(1, 13)]
    board = watched(*looks, counts=counts)
    assert board._client.asked.count("stats") == 2  # type: ignore[union-attr]
    lines = frame([board], 80)
    assert (
        "    drifting in inputs: inputs 100.00 of 1.00; 100 calls against 100 golden v",
        "yellow",
    ) in [(text[:77], style) for text, style in lines]
    assert board.told()["runes"][0]["drift"] == "drifting"


def test_a_board_that_was_reset_begins_anew() -> None:
    board = watched(health(90_000, row(calls=10)), health(500, row(calls=1)))
    assert board.runes["sine"].calls_per_s is None
    assert not board.loads


def test_no_line_is_longer_than_the_terminal() -> None:
    rows = [
        row(name="n" * 63, state="backing off", calls=10**8, last_us=10**8, total_us=10**12),
        row(name="failing", state="failed", last_error=[99_999, ["x" * 300]], failures=10**6),
    ]
    fault = "a fault that has a very long explanation " * 5
    board = watched(
        health(1000, *rows, fault=fault, sensors={"temperature_c": 31.5}), health(2000, *rows)
    )
    lines = [text for text, _ in frame([board], 80)]
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines if "…" in line] == ["error", "n" * 15 + "…"]


def test_what_a_board_measures_and_why_it_restarted_is_shown() -> None:
    board = watched(health(3_723_000, fault="bus fault", sensors={"temperature_c": 31.5}))
    texts = [text for text, _ in frame([board], 80)]
    assert texts[0].endswith("up 1:02:03")
    assert "  temperature_c 31.5" in texts
    assert "  restarted after a fault: bus fault" in texts
    assert texts[-1] == "  no Runes"


@pytest.mark.parametrize(
    "bad",
    [
        LinkTimeout("no answer", where="here"),
        LinkError("gone", where="here"),
        None,
        {"board": "hall"},
        {"board": "hall", "uptime_ms": 1, "heap": {}, "runes": []},
        {"board": "hall", "uptime_ms": 1, "heap": {"used": 1, "free": 1}, "runes": [{}]},
        health(1, row(retry_ms="soon")),
        health(1, row(waiting=7)),
    ],
)
def test_a_board_that_does_not_answer_rightly_is_lost(bad: Any) -> None:
    board = watched(health(1000, row()), bad)
    assert board.lost
    assert board.told() == {"target": "unix-1", "lost": board.lost}
    ((text, style),) = frame([board], 80)
    assert (text, style) == (f"unix-1: {board.lost}"[:80], "red")


def fleet() -> list[Watched]:
    """Two boards with three Runes, one of them failing, and one board that is lost."""
    journal = {"boot": 3, "reset_cause": "watchdog", "dropped": 12}
    failing = row(
        name="shaky",
        state="backing off",
        last_error=[99_999, ["x"]],
        retry_ms=3200,
        failures=4,
        restarts=3,
        denials={"output rate": 2},
        waiting=["0.2.0", b"12345678"],
    )
    first = watched(*[health(at, row(), row(name="digits"), journal=journal) for at in (1, 2000)])
    second = watched(*[health(at, failing, flash_free=4096) for at in (1, 2000)])
    return [first, second, watched(LinkTimeout("no answer", where="here"))]


@pytest.mark.parametrize("width", [80, 120])
def test_a_fleet_is_told_of_what_is_wrong(width: int) -> None:
    texts = [text for text, _ in frame(fleet(), width)]
    assert max(map(len, texts)) <= width
    assert texts[0] == "unix-1  hall  up 0:00:02, boot 3 (watchdog), 12 records dropped"
    assert any(text.endswith("up 0:00:02, 4,096 bytes of flash free") for text in texts)
    (at,) = [index for index, text in enumerate(texts) if text.startswith("  shaky")]
    assert texts[at + 1].endswith("; again in 3.2 s")
    assert texts[at + 2 : at + 4] == [
        "    denied: 2x output rate",
        "    version 0.2.0 waits for a grant",
    ]
    (heads,) = {text for text in texts if text.startswith("  RUNE")}
    assert heads.endswith("LATENCY      RESTARTS       RAM RELEASE" if width > 80 else "LATENCY")


def test_a_long_error_is_cut_and_not_when_it_is_tried_again() -> None:
    failing = row(state="backing off", last_error=[99_999, ["x" * 300]], retry_ms=3200)
    line = frame([watched(health(1000, failing))], 80)[-1][0]
    assert len(line) == 80 and line.endswith("xx…; again in 3.2 s")


def test_what_has_no_room_in_a_boards_line_is_left_out_whole() -> None:
    journal = {"boot": 3, "reset_cause": "watchdog", "dropped": 1}
    board = watched(health(1000, journal=journal, flash_free=8_378_855))
    head = "unix-1  hall  up 0:00:01, boot 3 (watchdog), 1 record dropped"
    assert frame([board], 80)[0][0] == head
    assert frame([board], 120)[0][0] == f"{head}, 8,378,855 bytes of flash free"


def test_a_rune_that_was_given_up_is_told_from_one_that_failed() -> None:
    board = watched(health(1000, row(state="failed", given_up=True)))
    assert "given up" in frame([board], 80)[-1][0]
    assert summary([board]) == ("1 board, 1 Rune: 1 given up", "red")


def test_the_last_line_sums_up_and_says_what_there_was_no_room_for() -> None:
    boards = fleet()
    text = "3 boards (1 lost), 3 Runes: 1 backing off, 2 running"
    assert summary(boards) == (text, "red")
    assert summary(boards[:1]) == ("1 board, 2 Runes: 2 running", "dim")
    whole = fitted(boards, 80, 40)
    assert whole == [*frame(boards, 80), (f"{text}; q leaves", "red")]
    cut = fitted(boards, 80, 5)
    assert cut == [*whole[:4], (f"{text}; {len(whole) - 5} lines more; q leaves", "red")]


def test_a_rune_without_its_grant_keeps_to_its_column() -> None:
    board = watched(health(1000, row(state="waiting for a grant")))
    (line,) = [text for text, _ in frame([board], 80) if text.startswith("  sine")]
    assert line.startswith("  sine             needs grant        0 ")


def test_sparks_show_the_last_values_against_the_highest() -> None:
    assert spark([0, 0.5, 1], 1) == "▁▅█".rjust(12)
    assert spark(range(20), 19)[-1] == "█"
    assert len(spark(range(20), 19)) == 12
    assert spark([], 1).strip() == ""
