"""What each op of a model executes on a board that QEMU emulates, counted one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from runicd.board_files import repository
from runicd.errors import InputError, ModelError


@dataclass(frozen=True, slots=True)
class OpCost:
    """One op's instructions, and those of them that load and store.

    Loads and stores are None where QEMU's release is not one whose counts are known to be exact.
    """

    number: int
    op: str
    outputs: tuple[str, ...]
    macs: int
    instructions: int
    loads: int | None
    stores: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The cost of each op, and of a whole call: a little more than its ops."""

    ops: tuple[OpCost, ...]
    instructions: int
    loads: int | None
    stores: int | None
    warnings: tuple[str, ...]

    def share(self, op: OpCost) -> float:
        """Return an op's part of the call's instructions, 0 to 1."""
        return op.instructions / self.instructions


def profile(path: Path, board: str) -> Profile:
    """Count one call of the model in a file, with random inputs, on an emulated board.

    The model runs without MicroPython, in a program of the kernels alone that is built as the
    board's firmware builds them. Raises InputError outside the repository, which the program is
    built from, ModelError with what the program says against the model.
    """
    root = repository()
    if root is None:
        raise InputError(
            "runicd is installed without its repository, whose program counts instructions",
            remedy="run it of a checkout, or see `m.profile()` of the board's nn module",
        )
    command = [sys.executable, "-m", "bench.model_profile", str(path.resolve()), "--board", board]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        said = ran.stderr.strip().splitlines()
        raise ModelError(said[-1] if said else "the program ended", where=str(path))
    return _read(json.loads(ran.stdout))


def _read(found: dict[str, object]) -> Profile:
    ops, call, warnings = found["ops"], found["call"], found["warnings"]
    assert isinstance(ops, list)
    assert isinstance(call, dict)
    assert isinstance(warnings, list)
    costs = tuple(OpCost(**row | {"outputs": tuple(row["outputs"])}) for row in ops)
    return Profile(costs, **call, warnings=tuple(warnings))


def draw(found: Profile, title: str, path: Path) -> None:
    """Write a chart of the ops' shares: .svg, .png or .pdf. Raises InputError."""
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - slow, and need not be there
    except ImportError as error:
        raise InputError(
            "the package matplotlib is not installed", remedy="`pip install runicd[dev]`"
        ) from error
    figure = Figure(figsize=(8, 1 + 0.28 * len(found.ops)), layout="constrained")
    axes = figure.subplots()
    names = [f"{op.number} {op.op.partition(':')[0]}" for op in found.ops]
    bars = axes.barh(names, [op.instructions for op in found.ops], color="#4878a8")
    labels = [f"{_per_mac(op)}  {100 * found.share(op):.1f} %" for op in found.ops]
    axes.bar_label(bars, labels, padding=3, fontsize=8)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.set_xlabel("instructions")
    axes.set_title(title)
    axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    except (OSError, ValueError) as error:
        raise InputError(f"the chart cannot be written ({error})", where=str(path)) from error


def _per_mac(op: OpCost) -> str:
    return f"{op.instructions / op.macs:.2f} a MAC" if op.macs else ""
