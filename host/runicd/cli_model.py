"""`runicd model`: what a .tflite file holds, how two differ, what a board computes."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from runicd.check_model import FirstDifference
from runicd.cli_ram import ram_facts, ram_lines
from runicd.cli_show import Show
from runicd.errors import ModelError, UsageError
from runicd.files import read_bytes, write_bytes
from runicd.model.estimate import estimates
from runicd.model.facts import ModelFacts, model_facts
from runicd.model.operators import OpRow, TensorRow, ends, op_rows
from runicd.model.read_tflite import Model, read_tflite
from runicd.profile_model import OpCost, Profile, draw
from runicd.profile_model import profile as profile_model
from runicd.sim.firmware import boards

_HEAP_BYTES = 16 << 20
_OP_COLUMNS = ("#", "Op", "Inputs", "Outputs", "Constants", "Bytes", "MACs", "Options")
# What options' numbers mean, and which of them go without saying.
_NAMES: Mapping[str, Mapping[int | float, str]] = {
    "padding": {0: "SAME", 1: "VALID"},
    "activation": {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH"},
}
_UNSAID = {("activation", 0), ("dilation_w", 1), ("dilation_h", 1)}
_COUNTS = ("MACs", "Instructions", "Loads", "Stores", "A MAC", "%")
_COST_COLUMNS = ("#", "Op", "Outputs", *_COUNTS, "Share")
_BAR_CELLS = 30
_DIFFERENCE_COLUMNS = ("First", "Second", "Op", "What")


def info(arguments: Namespace, show: Show) -> int:
    """Show a model's operators, its inputs and outputs, and what it asks of a board."""
    model = _read(arguments.model)[1]
    facts, rows, costs = model_facts(model), op_rows(model), estimates(model)
    inputs, outputs = ends(model, model.inputs), ends(model, model.outputs)
    if show.json or arguments.format == "json":
        found = {"ops": [asdict(row) for row in rows]}
        found |= {"inputs": [asdict(row) for row in inputs]}
        found |= {"outputs": [asdict(row) for row in outputs]}
        estimated = {"instructions": {cost.board: asdict(cost) for cost in costs}}
        show.value(asdict(facts) | {"kernels": facts.ops} | found | estimated)
        return 0
    show.table(_OP_COLUMNS, [_op_cells(row) for row in rows])
    for line in _totals(facts, inputs, outputs):
        show.line(line)
    show.line("Instructions of a call, estimated (`runicd model profile` counts them):")
    for cost in costs:
        left_out = f", without {', '.join(cost.unknown)}" if cost.unknown else ""
        show.line(f"  {cost.board + ':':<12}{cost.instructions:>12,}{left_out}")
    return 0


def _op_cells(row: OpRow) -> tuple[object, ...]:
    options = " ".join(
        f"{key}={_NAMES.get(key, {}).get(value, value)}"
        for key, value in row.options.items()
        if (key, value) not in _UNSAID
    )
    inputs, outputs = ", ".join(row.inputs), ", ".join(row.outputs)
    size = (row.constants, row.constant_bytes, row.macs)
    return (row.number, row.op, inputs, outputs, *size, options)


def _totals(
    facts: ModelFacts, inputs: Iterable[TensorRow], outputs: Iterable[TensorRow]
) -> list[str]:
    return [
        *(f"Input:      {_end(row)}" for row in inputs),
        *(f"Output:     {_end(row)}" for row in outputs),
        f"Parameters: {facts.parameters:,}",
        f"MACs:       {facts.macs:,}",
        f"Arena:      {facts.arena_bytes:,} bytes",
        f"Table:      {facts.table_bytes:,} bytes, {facts.narrow_table_bytes:,} on 32-bit boards",
        f"Packed:     {facts.packed_bytes:,} bytes, where weights are packed on Cortex-M4 or M7",
        f"File:       {facts.file_bytes:,} bytes",
    ]


def _end(row: TensorRow) -> str:
    quantised = f", scale {row.scale:.9g}, zero point {row.zero_point}" if row.scale else ""
    return f"{row.name or '(no name)'}: {row.type}{quantised}"


def diff(arguments: Namespace, show: Show) -> int:
    """Print what differs between two models; exit code 1 when something does."""
    from runicd.model.compare import differences

    one, other = _read(arguments.one)[1], _read(arguments.other)[1]
    found = differences(one, other)
    columns = dict(zip(("one", "other", "op", "what"), _DIFFERENCE_COLUMNS, strict=True))
    show.listing([asdict(row) for row in found], columns, "No difference.")
    return 1 if found else 0


def check(arguments: Namespace, show: Show) -> int:
    """Run a model on a simulated board and by an oracle; exit code 1 when they differ."""
    from runicd import bare_model
    from runicd.check_model import check as check_model
    from runicd.model.oracles import ORACLES
    from runicd.simulate import chosen_board

    board = chosen_board(arguments.board)
    run = partial(bare_model.run, board=board, heap_bytes=_HEAP_BYTES if board == "unix" else 0)
    data, _ = _read(arguments.model)
    bar = show.bar("Comparing calls", of_bytes=False)
    try:
        found = check_model(
            data,
            run,
            ORACLES[arguments.against],
            arguments.count,
            seed=arguments.seed,
            progress=bar.update,
        )
    except ModelError as error:
        error.where = error.where or arguments.model
        raise
    finally:
        bar.close()
    if show.json:
        show.value(asdict(found) | {"board": board, "against": arguments.against})
    else:
        calls = f"{found.calls} calls, {found.values:,} values"
        verdict = f"{_verdict(found.difference)} {arguments.against}"
        show.line(f"{arguments.model} on {board}: {calls}: {verdict}")
    return 1 if found.difference else 0


def profile(arguments: Namespace, show: Show) -> int:
    """Print, and draw, what each op of a model executes on an emulated board."""
    emulated = boards(emulated=True)
    if arguments.board not in emulated:
        what = f"instructions are counted on emulated boards, and {arguments.board!r} is none"
        raise UsageError(what, remedy=f"choose from {', '.join(emulated)}")
    path = Path(arguments.model)
    _read(arguments.model)
    found = profile_model(path, arguments.board)
    for warning in found.warnings:
        show.warn(warning)
    if show.json:
        show.value(asdict(found) | {"board": arguments.board})
    else:
        show.table(_COST_COLUMNS, [_cost_cells(op, found) for op in found.ops])
        show.line(f"One call on {arguments.board}: {found.instructions:,} instructions")
    if arguments.output:
        draw(found, f"{path.name} on {arguments.board}", Path(arguments.output))
        show.note(f"{arguments.output} is written")
    return 0


def plan(arguments: Namespace, show: Show) -> int:
    """Write a model with a plan of its memory in it."""
    from runicd.model.arena import plan_arena
    from runicd.model.offline_plan import search, with_plan

    data, model = _read(arguments.model)
    if arguments.ram is not None:
        return _plan_strips(data, model, arguments, show)
    model = replace(model, strips=None)  # the plan is for others, too, who know of no strips
    before, found = plan_arena(model), search(model, apart=arguments.apart)
    write_bytes(Path(arguments.output), with_plan(data, found))
    if show.json:
        show.value({"arena_bytes": found.arena_bytes, "before_bytes": before.arena_bytes})
    else:
        show.line(f"Arena: {found.arena_bytes:,} bytes; without this plan {before.arena_bytes:,}")
        show.note(f"{arguments.output} is written")
    return 0


def _plan_strips(data: bytes, model: Model, arguments: Namespace, show: Show) -> int:
    from runicd.model.fit import fit, too_large
    from runicd.model.strips import with_strips

    bar = show.bar("Looking for strips", of_bytes=False)
    try:
        fitted = fit(model, arguments.ram, bar.update)
    finally:
        bar.close()
    if fitted.after.ram_bytes > arguments.ram:
        raise too_large([fitted], arguments.ram, arguments.model)
    write_bytes(Path(arguments.output), with_strips(data, fitted.strips))
    if show.json:
        show.value(ram_facts(fitted))
        return 0
    for line in ram_lines(fitted):
        show.line(line)
    show.note(f"{arguments.output} is written")
    return 0


def _cost_cells(op: OpCost, found: Profile) -> tuple[object, ...]:
    share = found.share(op)
    per_mac = f"{op.instructions / op.macs:.2f}" if op.macs else None
    counts = (op.macs or None, op.instructions, op.loads, op.stores, per_mac)
    return (op.number, op.op, ", ".join(op.outputs), *counts, 100 * share, _bar(share))


def _bar(share: float) -> str:
    return "█" * round(share * _BAR_CELLS) or ("▏" if share else "")


def _verdict(difference: FirstDifference | None) -> str:
    if difference is None:
        return "equal to"
    where = f"op {difference.op} {difference.name}, tensor {difference.tensor!r}"
    wrong = f"{difference.wrong:,} of {difference.elements:,} values"
    return f"{where}: {wrong} differ, by {difference.most:g} at most, from"


def _read(name: str) -> tuple[bytes, Model]:
    """Return a file's bytes, and what is in them. Raises InputError that names the file."""
    data = read_bytes(Path(name))
    try:
        return data, read_tflite(data)
    except ModelError as error:
        error.where = name
        raise
