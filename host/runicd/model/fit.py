"""Finds which ops to run in strips, and in which, so that a model fits into so much RAM.

Counted is what `inspect` prints for a model: its arena, and its tables on boards whose
pointers have 32 bits. Strips compute nothing twice. What they cost is that ops begin more often,
and that rows are moved to be read again: of the ways that fit, the one where ops begin least
often is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from runicd.errors import InputError
from runicd.model.arena import plan_arena
from runicd.model.read_tflite import Model, Strips
from runicd.model.sharing import Sharing, share
from runicd.model.strips import LEAST_OPS, MOST_OPS, MOST_STRIPS, keep_rows
from runicd.model.table import NARROW_POINTER_BYTES, table_bytes

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Need:
    """The RAM that a model takes: `table_bytes` where pointers have 32 bits, else `wide_…`."""

    arena_bytes: int
    table_bytes: int
    wide_table_bytes: int

    @property
    def ram_bytes(self) -> int:
        """What has to fit."""
        return self.arena_bytes + self.table_bytes


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a model takes as its file is, and how it is to run; no strips where none are needed.

    `runs` is how often an op begins in one call, `whole_runs` how often without strips;
    `moved_bytes` is what a call moves to read it again, `strip_count` how many strips there are.
    """

    strips: Strips | None
    before: Need
    after: Need
    runs: int
    whole_runs: int
    moved_bytes: int
    strip_count: int


def need(model: Model) -> Need:
    """Return the RAM that a model takes. Raises ModelError as `plan_arena` does."""
    wide, narrow = table_bytes(model), table_bytes(model, NARROW_POINTER_BYTES)
    return Need(plan_arena(model).arena_bytes, narrow, wide)


def fit(model: Model, ram_bytes: int, progress: Progress = lambda *_: None) -> Fitted:
    """Return the way that fits into `ram_bytes`, or the one that takes least where none does.

    Strips that the file asks for already are looked for anew. Raises ModelError as `plan_arena`.
    """
    model = replace(model, strips=None)
    before = need(model)
    whole = Fitted(None, before, before, len(model.ops), len(model.ops), 0, 1)
    if before.ram_bytes <= ram_bytes:
        return whole
    least, best = whole, None
    stages = sorted(_stages(model), key=lambda stage: stage[0])
    for number, (outside_bytes, first, end) in enumerate(stages):
        progress(number, len(stages))
        if outside_bytes + before.table_bytes > max(ram_bytes, least.after.ram_bytes):
            break  # so do all that follow: what is outside the strips takes more
        rows = -(-_height(model, end) // MOST_STRIPS)
        thinnest = _in_strips(model, whole, Strips(first, end, rows))
        if thinnest is None:
            continue
        least = min(least, thinnest, key=lambda one: (one.after.ram_bytes, one.runs))
        if thinnest.after.ram_bytes <= ram_bytes:
            found = _thickest(model, whole, thinnest, ram_bytes)
            best = found if best is None else min(best, found, key=_cost)
    return best or least


def _cost(one: Fitted) -> tuple[int, int, int]:
    return one.runs, one.moved_bytes, one.after.ram_bytes


def _thickest(model: Model, whole: Fitted, thinnest: Fitted, ram_bytes: int) -> Fitted:
    """Return the fewest strips of the same ops that fit."""
    assert thinnest.strips is not None
    height = _height(model, thinnest.strips.end)
    tried = {thinnest.strips.rows}
    for count in range(2, thinnest.strip_count):
        rows = -(-height // count)
        if rows not in tried:
            tried.add(rows)
            found = _in_strips(model, whole, replace(thinnest.strips, rows=rows))
            if found is not None and found.after.ram_bytes <= ram_bytes:
                return found
    return thinnest


def _in_strips(model: Model, whole: Fitted, strips: Strips) -> Fitted | None:
    kept = keep_rows(model, strips)
    if kept is None:
        return None
    runs = len(model.ops) - (strips.end - strips.first) + len(kept.runs)
    return Fitted(
        strips,
        whole.before,
        need(replace(model, strips=strips)),
        runs,
        whole.runs,
        kept.moved_bytes,
        -(-_height(model, strips.end) // strips.rows),
    )


def _stages(model: Model) -> Iterator[tuple[int, int, int]]:
    """Yield ops that may run in strips, and what those outside need at least: (bytes, first, end).

    Steps of these ops that are not among those which need most would not make the arena smaller.
    """
    kinds = [step_loads(share(model, bold=bold), len(model.ops)) for bold in (True, False)]
    loads = list(map(min, *kinds))
    for first in range(len(model.ops)):
        for end in range(first + LEAST_OPS, min(first + MOST_OPS, len(model.ops)) + 1):
            if _may_end(model, first, end):
                yield max(loads[: first + 1] + loads[end + 1 :]), first, end


def _may_end(model: Model, first: int, end: int) -> bool:
    outputs = model.ops[end - 1].outputs
    if len(outputs) != 1 or len(model.tensors[outputs[0]].shape) != 4:
        return False
    return keep_rows(model, Strips(first, end, max(1, _height(model, end)))) is not None


def _height(model: Model, end: int) -> int:
    """Return how many rows the image has that the op before `end` makes."""
    return model.tensors[model.ops[end - 1].outputs[0]].shape[1]


def step_loads(sharing: Sharing, ops: int) -> list[int]:
    """Return the bytes that are alive at each step, from 0 to one after the last op's.

    An output that may overlap an input counts with what it takes beside it.
    """
    loads = [0] * (ops + 2)
    for block in sharing.blocks.values():
        for step in range(block.first, block.last + 1):
            loads[step] += block.size_bytes
    savings = [0] * (ops + 2)
    for (lower, upper), distance in sharing.distances.items():
        below, above = sharing.blocks[lower], sharing.blocks[upper]
        together = max(below.size_bytes, max(distance, 0) + above.size_bytes)
        saved = below.size_bytes + above.size_bytes - together
        step = below.first
        savings[step] = min(below.size_bytes, savings[step] + max(saved, 0))
    return [load - saving for load, saving in zip(loads, savings, strict=True)]


def too_large(models: Sequence[Fitted], ram_bytes: int, where: str = "") -> InputError:
    """Return the error that says what models take at least, and what that would cost."""
    least_bytes = sum(one.after.ram_bytes for one in models)
    whole_bytes = sum(one.before.ram_bytes for one in models)
    runs, whole_runs = sum(one.runs for one in models), sum(one.whole_runs for one in models)
    how = "strips do not make it less"
    if runs > whole_runs:
        how = f"in strips, where ops begin {runs} times in a call, not {whole_runs}"
    what = f"{least_bytes:,} bytes of RAM are needed at least ({how}), and {ram_bytes:,} are given"
    whole = f"; {whole_bytes:,} without strips" if runs > whole_runs else ""
    return InputError(what + whole, where=where, remedy=f"give --ram {least_bytes}")
