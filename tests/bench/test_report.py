"""What a benchmark's command prints, keeps and ends with."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.counter import CounterError
from bench.figure import Figure
from bench.report import report
from bench.section import Section

ROWS = (("sine", 1796), ("anomaly", 446_690))


def table(*promises: Figure) -> Section:
    return Section("Kernels", ("network", "instructions"), ROWS, promises)


@pytest.mark.parametrize(("limit", "ended"), [(2000, 0), (1000, 1)])
def test_a_broken_promise_ends_it_with_1(
    limit: float, ended: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "build" / "figures.json"
    promise = Figure("sine", 1796, "instructions", limit)
    assert report([table(promise)], path, emulated=False) == ended
    kept = json.loads(path.read_text())
    assert kept["tables"] == [
        {
            "title": "Kernels",
            "rows": [dict(zip(("network", "instructions"), row, strict=True)) for row in ROWS],
        }
    ]
    assert [each["value"] for each in kept["promises"]] == [1796]
    shown = capsys.readouterr().out
    assert "446 690" in shown
    assert f"figures: {path}" in shown.replace("\n", "")


def test_what_cannot_be_measured_ends_it_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def sections() -> Iterator[Section]:
        yield table()
        raise CounterError("the emulator said nothing")

    assert report(sections(), tmp_path / "figures.json") == 2
    printed = capsys.readouterr()
    assert "Kernels" in printed.out
    assert printed.err == "bench: the emulator said nothing\n"
    assert not (tmp_path / "figures.json").exists()
