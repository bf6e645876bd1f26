"""`runicd trace`: one call of a Rune as a chart of its stages, or as a file for a trace viewer."""

from __future__ import annotations

import json
import shutil
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from runicd import call as calls
from runicd import targets
from runicd.cli_show import Show
from runicd.errors import BoardError
from runicd.files import write_bytes
from runicd.trace import Span, Trace, chrome, trace

_WIDTH = 80
_CHART_LEAST = 16


def command(arguments: Namespace, show: Show) -> int:
    """Trace one call and show it; with --chrome also write it."""
    with targets.connect(arguments.target) as client:
        try:
            traced = trace(client, arguments.name)
        except BoardError as error:
            raise calls.with_reason(error, client, arguments.name) from None
    if arguments.chrome:
        text = json.dumps(chrome(traced), indent=1, ensure_ascii=False)
        write_bytes(Path(arguments.chrome), text.encode() + b"\n")
    if show.json:
        show.value(asdict(traced))
        return 0
    width = shutil.get_terminal_size((_WIDTH, 24)).columns if show.terminal else _WIDTH
    for line in chart(traced, width):
        show.line(line)
    if arguments.chrome:
        show.note(f"{arguments.chrome}: written; https://ui.perfetto.dev opens it")
    return 0


def chart(traced: Trace, width: int) -> list[str]:
    """Return the call's stages below each other, each where it was in time, in `width` columns."""
    lines = [f"{traced.rune} on {traced.board}: one call, {traced.call_us:,} us"]
    whole = Span("call", "", 0, traced.call_us)
    rows = [whole, *traced.stages, *_rest(traced)]
    labels = [f"{row.kind} {row.name}".rstrip() for row in rows]
    label_width = min(max(map(len, labels)), 28)
    figures = [f"{row.took_us:,} us {_share(row, traced):>3} %" for row in rows]
    chart_width = max(_CHART_LEAST, width - label_width - max(map(len, figures)) - 4)
    for row, label, figure in zip(rows, labels, figures, strict=True):
        bar = _placed(row, traced.call_us, chart_width)
        shown = label if len(label) <= label_width else label[: label_width - 1] + "…"
        lines.append(f"{shown:<{label_width}} │{bar}│ {figure:>{max(map(len, figures))}}")
    return lines


def _rest(traced: Trace) -> list[Span]:
    """Return what came before the first stage and after the last: MicroPython, container, wasm."""
    if not traced.stages:
        return []
    end_us = traced.stages[-1].start_us + traced.stages[-1].took_us
    before = Span("container", "before", 0, traced.stages[0].start_us)
    return [before, Span("container", "after", end_us, max(0, traced.call_us - end_us))]


def _share(row: Span, traced: Trace) -> int:
    return round(100 * row.took_us / traced.call_us) if traced.call_us else 0


def _placed(row: Span, call_us: int, width: int) -> str:
    """Return a bar at its place; what took any time at all has at least one cell."""
    scale = width / call_us if call_us else 0.0
    first = min(round(row.start_us * scale), width - 1)
    length = min(max(round(row.took_us * scale), 1), width - first)
    return f"{' ' * first}{('█' if row.took_us else '▏') * length}".ljust(width)[:width]
