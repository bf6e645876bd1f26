"""A trace as a chart and as Chrome's format, and boards' answers that are none."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from runicd.cli_trace import chart
from runicd.errors import LinkError
from runicd.trace import Span, Trace, chrome, trace

TRACED = Trace(
    "sine",
    "unix-1",
    100,
    (
        Span("capability", "random", 10, 20),
        Span("model", "a_model_with_a_name_that_is_far_too_long", 30, 50),
        Span("output", "serial", 80, 0),
    ),
)


@pytest.mark.parametrize("width", [80, 120])
def test_a_chart_is_as_wide_as_the_terminal(width: int) -> None:
    head, *rows = chart(TRACED, width)
    assert head == "sine on unix-1: one call, 100 us"
    assert {len(row) for row in rows} == {width}


def test_each_stage_stands_where_it_was_in_time() -> None:
    rows = chart(TRACED, 80)[1:]
    bars = [row.split("│")[1] for row in rows]
    width = len(bars[0])
    assert bars[0] == "█" * width
    for bar, (start, took) in zip(bars[1:3], ((10, 20), (30, 50)), strict=True):
        assert bar.index("█") == pytest.approx(start * width / 100, abs=1)
        assert bar.count("█") == pytest.approx(took * width / 100, abs=1)
    assert [row.split()[:2] for row in rows[-2:]] == [
        ["container", "before"],
        ["container", "after"],
    ]


def test_a_call_that_took_no_time_has_a_chart() -> None:
    assert len(chart(Trace("a", "b", 0, (Span("model", "m", 0, 0),)), 80)) == 5


def test_an_original_rune_has_a_call_alone() -> None:
    assert len(chart(Trace("a", "b", 5, ()), 80)) == 2
    assert len(chrome(Trace("a", "b", 5, ()))["traceEvents"]) == 3


def test_the_file_is_of_the_trace_event_format() -> None:
    """As the format's description has it: metadata with args, complete events with ts and dur."""
    found = chrome(TRACED)
    assert set(found) == {"traceEvents", "displayTimeUnit"}
    assert found["displayTimeUnit"] in {"ms", "ns"}
    metadata = [event for event in found["traceEvents"] if event["ph"] == "M"]
    assert {event["name"]: event["args"] for event in metadata} == {
        "process_name": {"name": "unix-1"},
        "thread_name": {"name": "sine"},
    }
    complete = [event for event in found["traceEvents"] if event["ph"] == "X"]
    assert len(metadata) + len(complete) == len(found["traceEvents"])
    for event in complete:
        assert isinstance(event["name"], str)
        assert event["ts"] >= 0 <= event["dur"]
    whole, *stages = complete
    ends = [(stage["ts"], stage["ts"] + stage["dur"]) for stage in stages]
    assert all(0 <= start <= end <= whole["dur"] for start, end in ends)
    assert {(event["pid"], event["tid"]) for event in found["traceEvents"]} == {(1, 1)}


def test_the_file_can_be_drawn_by_any_viewer() -> None:
    """Keys and types as the format asks for them; complete events lie apart or in each other."""
    events = json.loads(json.dumps(chrome(TRACED)))["traceEvents"]
    for event in events:
        assert {"ph", "name", "pid", "tid"} <= set(event)
        assert isinstance(event["pid"], int) and isinstance(event["tid"], int)
        if event["ph"] == "X":
            assert isinstance(event["cat"], str)
            assert all(isinstance(event[key], int) for key in ("ts", "dur"))
    spans = [(e["ts"], e["ts"] + e["dur"]) for e in events if e["ph"] == "X"]
    for at, (begin, end) in enumerate(spans):
        for other_begin, other_end in spans[at + 1 :]:
            is_apart = end <= other_begin or other_end <= begin
            is_within = begin <= other_begin <= other_end <= end
            assert is_apart or is_within
    # Microseconds, as the board's own: nothing is scaled.
    assert spans == [(0, 100), (10, 30), (30, 80), (80, 80)]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {"name": "sine", "call_us": 5},
        {"name": "sine", "call_us": 5, "stages": [["model", "m", 1]]},
        {"name": "sine", "call_us": 5, "stages": [["model", "m", 1, "2"]]},
        {"name": "sine", "call_us": 5, "stages": [7]},
    ],
)
def test_an_answer_that_is_no_trace_is_refused(answer: Any) -> None:
    client: Any = SimpleNamespace(
        request=lambda *_, **__: answer, where="here", greeting=SimpleNamespace(board="b")
    )
    with pytest.raises(LinkError, match="cannot be read"):
        trace(client, "sine")
