"""`runicd stats`: what Runes cost and what they saw, as text with bars or as JSON."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runicd import call as calls
from runicd import targets
from runicd.cast.wear import wear_of, words
from runicd.cli_show import Show, clock, is_number

_STAGE_COLUMNS = {
    "kind": "Kind",
    "name": "Stage",
    "calls": "Timed",
    "mean_us": "Mean us",
    "p50_us": "p50",
    "p95_us": "p95",
    "p99_us": "p99",
    "max_us": "Max us",
    "share": "Share %",
    "ram_bytes": "RAM bytes",
}
_CALLS = {"calls": "", "failures": "failed", "restarts": "restarts", "dropped": "dropped"}
_BAR_WIDTH = 30
_EIGHTHS = " ▏▎▍▌▋▊▉█"
# More buckets than these are put together by twos, so that a histogram stays on a screen.
_BARS_MAX = 16


def stats(arguments: Namespace, show: Show) -> int:
    """Print the figures of one Rune, or of all."""
    with targets.connect(arguments.target) as client:
        names = [arguments.name] if arguments.name else [row["name"] for row in calls.ps(client)]
        found = {name: calls.stats(client, name) for name in names}
    if show.json:
        show.value(found)
        return 0
    if not found:
        show.note("No Runes on the board; put one there with `runicd cast`.")
    for figures in found.values():
        _print_stats(figures, show)
        if arguments.name:
            _print_histograms(figures, show)
    _print_heap([figures.get("heap") for figures in found.values()], show)
    _print_flash([figures.get("flash") for figures in found.values()], show)
    _print_journal([figures.get("journal") for figures in found.values()], show)
    _print_sensors([figures.get("sensors") for figures in found.values()], show)
    return 0


def _print_stats(figures: dict[str, Any], show: Show) -> None:
    """Print what a Rune costs as a whole, a line for each matter, then its stages as a table."""
    show.line(f"{figures['name']} {figures.get('release', '')}".rstrip())
    for label, text in _figures(figures):
        show.line(f"  {label:<8}{text}")
    total_us = sum(stage["total_us"] for stage in figures["stages"]) or 1
    rows = [
        stage
        | {
            "mean_us": stage["total_us"] / stage["calls"] if stage["calls"] else 0.0,
            "share": round(100 * stage["total_us"] / total_us),
        }
        for stage in figures["stages"]
    ]
    if rows:
        show.listing(rows, _STAGE_COLUMNS)


def _figures(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a label and its text for each matter that the board tells of, always in one order."""
    period_ms = figures.get("period_ms")
    when = f", called every {period_ms} ms" if period_ms else ", called on request"
    uptime_ms = figures.get("uptime_ms")
    since = f", for {clock(uptime_ms)}" if isinstance(uptime_ms, int) else ""
    yield "State", _state_text(figures) + when + since
    restarts = "restart" if figures.get("restarts") == 1 else "restarts"
    yield "Calls", _listed(figures, _CALLS | {"restarts": restarts})
    times = {"mean_us": "us on average", "max_us": "us at most", "last_us": "us the last"}
    yield "Time", _listed(figures, times)
    latency = figures.get("latency") or {}
    if is_number(latency.get("p50_us")):
        names = {"p50_us": "us p50", "p95_us": "us p95", "p99_us": "us p99"}
        were = "was" if latency["timed"] == 1 else "were"
        yield "Latency", f"{_listed(latency, names)}, of {latency['timed']:,} that {were} timed"
    yield from _use(figures)
    memory = figures.get("memory")
    parts = dict(memory) if isinstance(memory, dict) else {}
    parts.setdefault("ram_bytes", figures.get("ram_bytes"))
    kinds = {"ram_bytes": "bytes"} | {kind: kind for kind in sorted(parts) if kind != "ram_bytes"}
    yield "RAM", _listed(parts, kinds)
    most = {"wasm_stack": "of wasm stack", "wasm_memory": "of wasm memory", "ring": "of the ring"}
    if isinstance(figures.get("most"), dict):
        yield "At most", f"bytes: {_listed(figures['most'], most)}"
    yield from _flash(figures)
    yield from _findings(figures)


def _use(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield how much of the board's time and of its fuel the Rune takes."""
    busy_ms, uptime_ms = figures.get("busy_ms"), figures.get("uptime_ms")
    if isinstance(busy_ms, int) and isinstance(uptime_ms, int) and uptime_ms:
        yield "Load", f"{min(100.0, 100 * busy_ms / uptime_ms):.1f} % since it was loaded"
    fuel = figures.get("fuel")
    if isinstance(fuel, list) and len(fuel) == 2 and all(map(is_number, fuel)):
        yield "Fuel", f"{fuel[0]:,} by the last call, of {fuel[1]:,}"


def _flash(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what casts of the Rune have cost the flash since the board was started."""
    flash = figures.get("flash")
    if not isinstance(flash, dict):
        return
    named = {f"flash_{name}": flash.get(name) for name in ("written", "erased")}
    if text := words(wear_of(named)):
        yield "Flash", f"{text}, since the board was started"


def _findings(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what went wrong, and whether the inputs are like those of the golden vectors."""
    if figures.get("traps"):
        counted = figures["traps"].items()
        yield "Traps", ", ".join(f"{count}x {name}" for name, count in counted)
    denials = figures.get("denials")
    if isinstance(denials, dict) and denials:
        yield "Denied", ", ".join(f"{count}x {name}" for name, count in sorted(denials.items()))
    if figures.get("error"):
        yield "Error", str(figures["error"])
    inputs = figures.get("inputs")
    if inputs:
        yield "Input", _input_text(inputs)
    if "drift" in figures:
        yield "Drift", figures["drift"]["text"]


def _input_text(inputs: Mapping[str, Any]) -> str:
    """Write mean and deviation of what a model reads, beside those of its golden vectors."""
    text = f"mean {inputs['mean']:.4g}, deviation {inputs['deviation']:.4g} ({inputs['type']})"
    was = inputs.get("baseline")
    if not was:
        return text
    return f"{text}; golden vectors: mean {was['mean']:.4g}, deviation {was['deviation']:.4g}"


def _print_histograms(figures: Mapping[str, Any], show: Show) -> None:
    """Print bars: how long calls took, which classes came, how sure the model was."""
    latency = figures.get("latency") or {}
    _print_bars("Latency, us", _latency_rows(latency.get("histogram") or []), show)
    classes = figures.get("classes") or []
    named = [(str(at), count) for at, count in enumerate(classes) if count]
    _print_bars("Class, by the largest output of the last model", named, show)
    confidences = figures.get("confidences") or []
    eighths = [
        (f"{at / 8:.3f} to {(at + 1) / 8:.3f}", count) for at, count in enumerate(confidences)
    ]
    _print_bars("Confidence", eighths if any(confidences) else [], show)


def _latency_rows(buckets: Sequence[Sequence[int]]) -> list[tuple[str, int]]:
    """Return label and count of each bucket; of pairs of them, where there are too many."""
    rows = [tuple(bucket) for bucket in buckets]
    while len(rows) > _BARS_MAX:
        pairs = [rows[at : at + 2] for at in range(0, len(rows), 2)]
        rows = [(pair[0][0], pair[-1][1], sum(row[2] for row in pair)) for pair in pairs]
    return [
        (f"{low:,}" if high == low + 1 else f"{low:,} to {high - 1:,}", count)
        for low, high, count in rows
    ]


def _print_bars(title: str, rows: Sequence[tuple[str, int]], show: Show) -> None:
    if not rows:
        return
    show.line(title)
    widest, most = max(len(label) for label, _ in rows), max(count for _, count in rows)
    for label, count in rows:
        show.line(f"  {label:>{widest}}  {bar(count, most, _BAR_WIDTH):<{_BAR_WIDTH}}  {count:,}")


def bar(value: float, most: float, width: int) -> str:
    """Return a bar of blocks, to an eighth of a cell; the least value has at least one eighth."""
    eighths = max(round(8 * width * value / most), 1) if value and most else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _print_heap(told: list[Any], show: Show) -> None:
    """Print the board's heap, which is every Rune's together, as it was at the last look."""
    heap = next((heap for heap in reversed(told) if isinstance(heap, dict)), None)
    if heap is not None:
        kinds = {"used": "bytes used", "wasm3": "of them by wasm3", "free": "bytes free"}
        show.line("The board")
        show.line(f"  Heap    {_listed(heap, kinds | {'most': 'the most used so far'})}")


def _print_journal(told: list[Any], show: Show) -> None:
    """Print how much of the board's journal there is, and how much has given way."""
    journal = next((journal for journal in reversed(told) if isinstance(journal, dict)), {})
    if not all(is_number(journal.get(key)) for key in ("boot", "oldest", "newest", "dropped")):
        return
    records = max(0, journal["newest"] - journal["oldest"] + 1)
    boots = f"boot {journal['boot']:,}" if journal.get("kept") else "began with this boot"
    cause = f" ({journal.get('reset_cause', 'unknown')})"
    show.line(f"  Journal {records:,} records, {journal['dropped']:,} dropped, {boots}{cause}")


def _print_sensors(told: list[Any], show: Show) -> None:
    """Print what the board measures of itself."""
    sensors = next((sensors for sensors in reversed(told) if isinstance(sensors, dict)), {})
    units = {"temperature_c": "{:.1f} °C", "battery_mv": "{:,.0f} mV of the battery"}
    there = {name: sensors.get(name) for name in units}
    texts = [units[name].format(value) for name, value in there.items() if is_number(value)]
    if texts:
        show.line(f"  Health  {', '.join(texts)}")


def _print_flash(told: list[Any], show: Show) -> None:
    """Print what the board's flash has taken since it was started, of all Runes and its files."""
    flash = next((flash for flash in reversed(told) if isinstance(flash, dict)), {})
    if text := words(wear_of(flash.get("board") or {})):
        show.line(f"  Flash   {text}")


def state_name(row: Mapping[str, Any]) -> str:
    """Return a Rune's state; one that failed too often is told from one that failed."""
    return "given up" if row.get("given_up") else str(row.get("state", "unknown"))


def failed_lately(row: Mapping[str, Any]) -> str:
    """Write how often in a row a Rune failed and when it is tried again, "" if there is none."""
    failures, retry_ms = row.get("failures_in_row"), row.get("retry_ms")
    told = [f"{failures} failures in a row"] if isinstance(failures, int) and failures > 1 else []
    if isinstance(retry_ms, int):
        told.append(f"again in {retry_ms / 1000:.1f} s")
    return ", ".join(told)


def _state_text(row: Mapping[str, Any]) -> str:
    lately = failed_lately(row)
    return f"{state_name(row)} ({lately})" if lately else state_name(row)


def _listed(figures: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Write those of the figures that are there, each with the word for it behind."""
    there = [(figures.get(key), word) for key, word in names.items()]
    texts = [f"{_number(value)} {word}".rstrip() for value, word in there if is_number(value)]
    return ", ".join(texts)


def _number(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value >= 10 else f"{value:.3g}"
    return f"{value:,}"
