"""`runicd top`: boards and their Runes, looked at again and again; q or Ctrl-C ends it.

On a terminal the frame is drawn in place; elsewhere frames follow each other.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from runicd import drift, targets
from runicd.cli_show import Show, clock
from runicd.cli_stats import state_name
from runicd.names import counted, printable
from runicd.watch import RuneNow, Watched, error_text

_SPARKS = "▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 12
_STYLES = {"running": "green", "failed": "red", "backing off": "yellow"}
_WIDTH = 80
_WIDE = 110
_BOARDS_AT_ONCE = 8
_NAME_WIDTH = 16
_LEAVE = ("q", "Q", "\x03", "\x04")


def command(arguments: Namespace, show: Show) -> int:
    """Show what boards do until the user has enough."""
    found = [targets.resolve(name) for name in arguments.targets] or _boards()
    watched = [Watched(target.id, target.connect) for target in found]
    try:
        _look(watched)
        if arguments.once or show.json or not show.terminal:
            _print_frames(watched, arguments, show)
        else:
            _draw_frames(watched, arguments.interval, show)
    except KeyboardInterrupt:
        # Ctrl-C is how one leaves: what is left to say is whether a board answered.
        return _status(watched)
    finally:
        for board in watched:
            board.close()
    return _status(watched)


def _status(watched: Sequence[Watched]) -> int:
    return 0 if any(board.lost is None for board in watched) else 4


def _boards() -> list[targets.Target]:
    """Return the simulated boards, or else the only board there is."""
    if os.environ.get("RUNICD_TARGET"):
        return [targets.resolve(None)]
    simulated = [target for target in targets.all_targets() if target.name == targets.SIMULATED]
    return simulated or [targets.resolve(None)]


def _look(watched: Sequence[Watched]) -> None:
    with ThreadPoolExecutor(min(len(watched), _BOARDS_AT_ONCE)) as pool:
        list(pool.map(Watched.look, watched))


def _print_frames(watched: Sequence[Watched], arguments: Namespace, show: Show) -> None:
    """Print frame after frame; the first one has had two looks, so that it knows loads."""
    while True:
        time.sleep(arguments.interval)
        _look(watched)
        if show.json:
            print(json.dumps([board.told() for board in watched], default=str), flush=True)
        else:
            for text, style in [*frame(watched, _WIDTH), summary(watched)]:
                show.line(_styled(text, style) if show.colour else text)
        if arguments.once:
            return


def _draw_frames(watched: Sequence[Watched], interval_s: float, show: Show) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(color_system="auto" if show.colour else None)

    def drawn() -> Text:
        rows = fitted(watched, console.width, console.height - 1)
        lines = [Text(text[: console.width], style=style) for text, style in rows]
        return Text("\n").join(lines)

    with _keys() as key, Live(drawn(), console=console, screen=True, auto_refresh=False) as live:
        while key(interval_s) not in _LEAVE:
            _look(watched)
            live.update(drawn(), refresh=True)


@contextmanager
def _keys() -> Iterator[Any]:
    """Yield a function that waits so many seconds for a key and returns it, or ""."""
    if not sys.stdin.isatty():
        yield _sleep
        return
    import termios
    import tty

    before = termios.tcgetattr(sys.stdin)

    def key(timeout_s: float) -> str:
        if not select.select([sys.stdin], [], [], timeout_s)[0]:
            return ""
        return os.read(sys.stdin.fileno(), 1).decode(errors="replace") or _LEAVE[-1]

    try:
        tty.setcbreak(sys.stdin)
        yield key
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _sleep(timeout_s: float) -> str:
    time.sleep(timeout_s)
    return ""


# ---- Frames: (text, style) for each line


def frame(watched: Sequence[Watched], width: int) -> list[tuple[str, str]]:
    """Return all boards' lines, none longer than `width` where that is 80 or more."""
    lines: list[tuple[str, str]] = []
    for board in watched:
        lines += _board_lines(board, width)
    return lines


def fitted(watched: Sequence[Watched], width: int, height: int) -> list[tuple[str, str]]:
    """Return a frame with a line below that sums it up, of no more lines than `height`.

    Longer lines would wrap, and a frame that is higher than the screen would scroll.
    """
    rows = frame(watched, width)
    text, style = summary(watched)
    left_out = len(rows) - (height - 1)
    if left_out > 0:
        text = f"{text}; {counted(left_out, 'line')} more"
    return [*rows[: height - 1], (f"{text}; q leaves", style)]


def summary(watched: Sequence[Watched]) -> tuple[str, str]:
    """Return how many boards and Runes there are, and in what state."""
    lost = sum(board.health is None for board in watched)
    states = Counter(_state(now.row) for board in watched for now in board.runes.values())
    runes = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    boards = f"{counted(len(watched), 'board')}{f' ({lost} lost)' if lost else ''}"
    text = f"{boards}, {counted(states.total(), 'Rune')}{f': {runes}' if runes else ''}"
    return text, "red" if lost or states["failed"] or states["given up"] else "dim"


def _state(row: Mapping[str, Any]) -> str:
    """Return a Rune's state in eleven characters."""
    state = state_name(row)
    return "needs grant" if state == "waiting for a grant" else state


def _board_lines(board: Watched, width: int) -> Iterator[tuple[str, str]]:
    health = board.health
    if health is None:
        yield f"{board.target}: {board.lost}"[:width], "red"
        return
    heap = health["heap"]
    total = heap["used"] + heap["free"]
    load = f"{100 * board.loads[-1]:5.1f} %" if board.loads else "    - %"
    head = f"{board.target}  {health['board']}  up {clock(health['uptime_ms'])}"
    for more in _boot(health):
        head += f", {more}" if len(head) + 2 + len(more) <= width else ""
    yield head[:width], "bold"
    yield f"  load {load} {spark(board.loads, 1.0)}", ""
    heap_text = f"  heap {100 * heap['used'] / total:5.1f} % {spark(board.heaps, 1.0)}"
    yield f"{heap_text}  {heap['used']:,} of {total:,} bytes", ""
    measured = health.get("sensors") or {}
    for name in sorted(measured):
        yield f"  {name} {measured[name]}"[:width], ""
    if health.get("fault"):
        yield f"  restarted after a fault: {health['fault']}"[:width], "red"
    yield from _rune_lines(board.runes, width)


def _boot(health: Mapping[str, Any]) -> Iterator[str]:
    """Yield which boot it is and why; records that gave way in the journal; free flash."""
    journal = health.get("journal")
    told = journal if isinstance(journal, dict) else {}
    if "boot" in told:
        yield f"boot {told['boot']} ({told.get('reset_cause')})"
    if isinstance(told.get("dropped"), int) and told["dropped"]:
        yield f"{counted(told['dropped'], 'record')} dropped"
    free = health.get("flash_free")
    if isinstance(free, int):
        yield f"{free:,} bytes of flash free"


def _rune_lines(runes: dict[str, RuneNow], width: int) -> Iterator[tuple[str, str]]:
    if not runes:
        yield "  no Runes", "dim"
        return
    heads = f"  {'RUNE':<{_NAME_WIDTH}} {'STATE':<11} {'CALLS':>8} {'/S':>6} {'LOAD':>6}"
    heads = f"{heads} {'LAST us':>9} FAIL {'LATENCY':<{_SPARK_WIDTH}}"
    yield f"{heads} {'RESTARTS':>8} {'RAM':>9} RELEASE"[: _columns(width)].rstrip(), "dim"
    for name in sorted(runes):
        now = runes[name]
        row = now.row
        rate = "-" if now.calls_per_s is None else f"{now.calls_per_s:.1f}"
        load = "-" if now.load is None else f"{100 * now.load:.1f}%"
        named = f"{_cut(name, _NAME_WIDTH):<{_NAME_WIDTH}} {_state(row):<11}"
        cells = f"{named} {row['calls']:>8} {rate:>6}"
        figures = f"{load:>6} {row['last_us']:>9,} {row['failures']:>4}"
        latency = spark(now.latencies_us, max(now.latencies_us, default=1.0))
        more = f"{row.get('restarts', 0):>8} {row['ram_bytes']:>9,} {row.get('release', '')}"
        line = f"  {cells} {figures} {latency} {more}"[: _columns(width)].rstrip()
        yield line[:width], _STYLES.get(row["state"], "")
        for text, style in _notes(now, width - 4):
            yield f"    {printable(text)}"[:width], style


def _columns(width: int) -> int:
    """Return how many columns of the table are shown: those on the right need a wide terminal."""
    return width if width >= _WIDE else _WIDTH


def _notes(now: RuneNow, width: int) -> Iterator[tuple[str, str]]:
    """Yield what an owner should know of a Rune besides its figures."""
    row, error = now.row, error_text(now.row)
    if error:
        left_ms = row.get("retry_ms")
        when = f"; again in {left_ms / 1000:.1f} s" if left_ms is not None else ""
        yield _cut(error, width - len(when)) + when, "red"
    if now.drift is not None and now.drift.verdict == drift.DRIFTING:
        yield drift.words(now.drift), "yellow"
    denials, waiting = row.get("denials"), row.get("waiting")
    if isinstance(denials, dict) and denials:
        told = ", ".join(f"{count}x {kind}" for kind, count in sorted(denials.items()))
        yield f"denied: {told}", "yellow"
    if isinstance(waiting, list) and waiting:
        yield f"version {waiting[0]} waits for a grant", "yellow"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def spark(values: Iterable[float], most: float) -> str:
    """Return the last values as blocks, `most` being the highest; padded on the left."""
    last = list(values)[-_SPARK_WIDTH:]
    top = len(_SPARKS) - 1
    blocks = [
        _SPARKS[min(top, max(0, round(top * value / most)))] if most else " " for value in last
    ]
    return "".join(blocks).rjust(_SPARK_WIDTH)


def _styled(text: str, style: str) -> str:
    """Return a line with colours as terminals take them."""
    codes = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}
    return f"\x1b[{codes[style]}m{text}\x1b[0m" if style else text
