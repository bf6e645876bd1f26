"""Writes an Inspection as text for a terminal: headings, and aligned columns below them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from runicd.inspect.inspection import Inspection
from runicd.inspect.models import ModelSummary
from runicd.names import printable
from runicd.runefile.describe import StageSummary

# With the section's indent, what most terminals show.
_WIDTH = 96


def render(found: Inspection) -> str:
    """Return the text, without a newline at its end."""
    parts = [
        _head(found),
        _section(
            "Permissions wanted",
            [f"{one.wish}  ({one.kind} {one.name})" for one in found.permissions],
        ),
        _section("Stages", _stages(found.stages)),
        *[_model(model) for model in found.models],
        _wasm(found),
        _section("Size", _sizes(found)),
        _section("RAM on a board", _ram(found)) if found.ram_parts else "",
        _section("Boards", _boards(found)),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(found: Inspection) -> str:
    period = {None: "as the host says", 0: "on request"}.get(
        found.period_ms, f"every {found.period_ms} ms"
    )
    rows = [
        ("Rune", f"{found.name} {found.release}".strip() or "(no name)"),
        ("Made by", f"{found.made_by}; ABI {found.abi or 'unknown'}"),
        ("SHA-256", found.sha256),
        ("Signed by", str(found.signer)),
        ("Called", period),
        ("Call limit", _call_limit(found)),
        ("Self-test", _self_test(found.golden_vectors)),
    ]
    if found.security_counter:
        rows.append(("Security", f"counter {found.security_counter}"))
    if found.rounding and found.models:
        rows.append(("Rounding", found.rounding))
    if found.resources:
        rows.append(("Resources", ", ".join(found.resources)))
    return "\n".join(printable(f"{label:<15}{value}") for label, value in rows)


def _self_test(golden_vectors: int) -> str:
    if golden_vectors == 0:
        return "none"
    return "1 golden vector" if golden_vectors == 1 else f"{golden_vectors} golden vectors"


def _call_limit(found: Inspection) -> str:
    """Say what a call may take: what the Rune states, and what boards make of it."""
    stated = found.call_limit_ms
    text = f"{stated} ms" if stated else "as the board says"
    by_limit: dict[int, list[str]] = {}
    for one in found.boards:
        if one.call_limit_ms and one.call_limit_ms != stated:
            by_limit.setdefault(one.call_limit_ms, []).append(one.board)
    if [len(boards) for boards in by_limit.values()] == [len(found.boards)]:
        return f"{text}: {next(iter(by_limit))} ms"
    told = [f"{limit_ms} ms on {', '.join(boards)}" for limit_ms, boards in by_limit.items()]
    return f"{text}: {'; '.join(told)}" if told else text


def _section(title: str, lines: Iterable[str]) -> str:
    # A Rune's own words are shown as what they are: they must not steer the terminal.
    body = [f"  {printable(line)}" for line in lines]
    return "\n".join([printable(title), *(body or ["  none"])])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _stages(stages: Sequence[StageSummary]) -> Iterator[str]:
    """Yield a row for each stage, with its arguments below it: beside it they would not fit."""
    for row, stage in zip(_table([_stage(stage) for stage in stages]), stages, strict=True):
        yield row
        args = " ".join(f"{key}={_short(value)}" for key, value in stage.args.items())
        yield from textwrap.wrap(
            args,
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _stage(stage: StageSummary) -> tuple[str, ...]:
    sources = ", ".join(stage.takes_from)
    types = f"{', '.join(stage.inputs) or ''} -> {', '.join(stage.outputs) or ''}".strip()
    return (
        stage.name,
        stage.kind,
        stage.what,
        f"from {sources}" if sources else "",
        types.removeprefix("-> ").removesuffix(" ->"),
    )


def _short(value: object) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value).replace("\n", ",")
    return (text if len(text) <= 40 else f"{text[:37]}...") or '""'


def _model(model: ModelSummary) -> str:
    if model.fault:
        return _section(f"Model {model.name}", [f"cannot be read: {model.fault}"])
    ops = ", ".join(f"{name} x{count}" if count > 1 else name for name, count in model.ops.items())
    lines = [
        f"{', '.join(model.inputs)} -> {', '.join(model.outputs)}",
        (
            f"{model.parameters:,} parameters, {model.macs:,} multiply-accumulates, "
            f"arena {_bytes(model.arena_bytes)}"
        ),
        f"tables {_bytes(model.table_bytes)}, {model.narrow_table_bytes:,} on 32-bit boards",
        f"packed weights {_bytes(model.packed_bytes)}, on boards that pack them",
        *textwrap.wrap(ops, _WIDTH, break_long_words=False, break_on_hyphens=False),
    ]
    size = f", {_bytes(model.bytes)}" if model.bytes is not None else ""
    return _section(f"Model {model.name}{size}", lines)


def _wasm(found: Inspection) -> str:
    wasm = found.wasm
    pages = f"{wasm.memory_pages} page" + ("" if wasm.memory_pages == 1 else "s")
    lines = [
        f"NOT VALID: {wasm.fault}" if wasm.fault else f"valid, {wasm.functions} functions",
        f"memory: {_bytes(wasm.memory_bytes)} in use of the {pages} declared",
        *(f"import {one}" for one in wasm.imports),
        *(f"export {one}" for one in wasm.exports),
    ]
    return _section("WebAssembly", lines)


def _sizes(found: Inspection) -> list[str]:
    rows = [
        (part, f"{size:,}", f"{100 * size / found.file_bytes:.1f} %") for part, size in found.sizes
    ]
    rows.append(("total", f"{found.file_bytes:,}", "bytes"))
    width = max(len(row[1]) for row in rows)
    return _table([(part, size.rjust(width), share) for part, size, share in rows])


def _ram(found: Inspection) -> list[str]:
    parts = zip(found.ram_parts, found.narrow_ram_parts, strict=True)
    rows = [(part, wide, narrow) for (part, wide), (_, narrow) in parts]
    rows.append(("total", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    cells = [(part, f"{wide:,}", f"{narrow:,}") for part, wide, narrow in rows]
    cells.insert(0, ("", "64-bit boards", "32-bit boards"))
    widths = [max(len(row[column]) for row in cells) for column in (1, 2)]
    return _table(
        [(one, wide.rjust(widths[0]), slim.rjust(widths[1])) for one, wide, slim in cells]
    )


def _boards(found: Inspection) -> list[str]:
    lines = []
    width = max((len(one.board) for one in found.boards), default=0)
    for one in found.boards:
        fits = "can run it" if one.run_here else "should fit, never run here"
        verdict = f"{fits}  ({one.description})" if one.ok else "cannot run it:"
        lines.append(f"{one.board:{width}}  {verdict}")
        lines += [f"  - {reason}" for reason in one.reasons]
    return lines


def _bytes(size: int) -> str:
    return f"{size:,} bytes"
