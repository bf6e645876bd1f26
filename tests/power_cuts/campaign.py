"""Cut power at every flash operation of the store, in every way, and once more in recovery.

    python -m tests.power_cuts.campaign [--every N] [--variant in-place|remove-first]

After each cut the board boots: each Rune is whole, the version before the step or the one after
it, with its owner's decision; no file and no block is left over; a new cast works. Prints counts
as JSON; ends with 1 when anything was bad.
"""

import argparse
import collections
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runicos.contract.errors import RuneError
from runicos.contract.release_order import is_before
from tests.power_cuts.board import (
    BLOCK_BYTES,
    Board,
    own_bytes,
    pending,
    pointer,
    recovery,
    small_files,
    upload,
    with_model,
)
from tests.power_cuts.flash import MODES, Power

SIZES = (300, 5_000, 17_000)
KINDS = ("files", "extents")
EARLIER = {"started": True, "period_ms": 100, "grant": None}
LATER = {"started": True, "period_ms": 200, "grant": ["SERIAL"]}
# (current, previous, whether it is on trial, decision), and what waits for a grant where it does
State = tuple[Any, ...]


def content(seed: int, size: int) -> bytes:
    """Bytes that differ from any other seed's at any offset."""
    piece = b"".join(b"%d:%d;" % (seed, number) for number in range(64))
    return (piece * (size // len(piece) + 1))[:size]


def rune(seed: int, size: int, has_model: bool) -> bytes:
    """A version's bytes; those that have the model have it at different offsets."""
    plain = content(seed, size)
    return with_model(plain, 0, 16 + 16 * seed) if has_model else plain


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to Rune `a`: how it is led up to, and the states that it may be in after."""

    name: str
    prepare: Callable[[Board, list[bytes]], None]
    do: Callable[[Board, list[bytes]], None]
    allowed: Callable[[list[bytes]], list[State | None]]
    # Whether Rune `b`, from whom `a` may have its model, may be gone.
    ends_neighbour: bool = False


def one(board: Board, v: list[bytes]) -> None:
    board.cast("a", v[0])
    board.confirm("a")
    board.store.decide("a", EARLIER)


def on_trial(board: Board, v: list[bytes]) -> None:
    one(board, v)
    board.cast("a", v[1])
    board.store.decide("a", LATER)


def two(board: Board, v: list[bytes]) -> None:
    on_trial(board, v)
    board.confirm("a")


def waiting(board: Board, v: list[bytes]) -> None:
    one(board, v)
    board.cast("a", v[1], waits=True)


STEPS = (
    Step(
        "install",
        one,
        lambda board, v: board.cast("a", v[1]),
        lambda v: [(v[0], None, False, EARLIER), (v[1], v[0], True, EARLIER)],
    ),
    Step(
        "install_over_two",
        two,
        lambda board, v: board.cast("a", v[2]),
        lambda v: [
            (v[1], v[0], False, LATER),
            (v[1], None, False, LATER),
            (v[2], v[1], True, LATER),
        ],
    ),
    Step(
        "confirm",
        on_trial,
        lambda board, _: board.confirm("a"),
        lambda v: [(v[1], v[0], True, LATER), (v[1], v[0], False, LATER)],
    ),
    Step(
        "go_back",
        on_trial,
        lambda board, _: board.go_back("a"),
        lambda v: [
            (v[1], v[0], True, LATER),
            (v[0], None, False, LATER),
            (v[0], None, False, EARLIER),
        ],
    ),
    Step(
        "exchange",
        two,
        lambda board, _: board.exchange("a"),
        lambda v: [
            (v[1], v[0], False, LATER),
            (v[0], v[1], False, LATER),
            (v[0], v[1], False, EARLIER),
        ],
    ),
    Step(
        "decide",
        one,
        lambda board, _: board.store.decide("a", LATER),
        lambda v: [(v[0], None, False, EARLIER), (v[0], None, False, LATER)],
    ),
    Step(
        "delete",
        two,
        lambda board, _: board.store.remove("a"),
        lambda v: [(v[1], v[0], False, LATER), (v[1], v[0], False, {}), None],
    ),
    Step(
        "wait",
        one,
        lambda board, v: board.cast("a", v[1], waits=True),
        lambda v: [(v[0], None, False, EARLIER), (v[0], None, False, EARLIER, v[1])],
    ),
    Step(
        "wait_at_first",
        lambda *_: None,
        lambda board, v: board.cast("a", v[0], waits=True),
        lambda v: [None, (v[0], None, True, {}, v[0])],
    ),
    Step(
        "grant",
        waiting,
        lambda board, _: board.take("a"),
        lambda v: [(v[0], None, False, EARLIER, v[1]), (v[1], v[0], True, EARLIER)],
    ),
    Step(
        "drop",
        waiting,
        lambda board, _: board.drop("a"),
        lambda v: [(v[0], None, False, EARLIER, v[1]), (v[0], None, False, EARLIER)],
    ),
    Step(
        "delete_neighbour",
        two,
        lambda board, _: board.store.remove("b"),
        lambda v: [(v[1], v[0], False, LATER)],
        ends_neighbour=True,
    ),
)


class Campaign:
    """Counts what was cut and what was bad."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._number = 0
        self.cuts: collections.Counter[str] = collections.Counter()
        self.second_cuts = 0
        self.bad: list[str] = []
        self._neighbour = b""
        # After so many cuts a version had its model from another one.
        self.sharing = 0

    def run(self, kind: str, size: int, has_model: bool, step: Step) -> None:
        """Cut one step at each of its operations, in every way."""
        versions = [rune(number, size + 16 * number, has_model) for number in range(3)]
        # Room for two versions, for a third one only if they are small; for the model once.
        board = Board(kind, 2 * -(-size // BLOCK_BYTES) * BLOCK_BYTES + 5 * BLOCK_BYTES)
        self._neighbour = rune(9, 700, has_model)
        board.cast("b", self._neighbour)
        board.confirm("b")
        step.prepare(board, versions)
        board.boot(Power())  # gathers: from here on, a boot writes nothing
        start = board.snapshot()
        board.use_power(whole := Power())
        step.do(board, versions)
        for cut_at in range(1, whole.spent + 1):
            for mode in MODES:
                self._number += 1
                if self._number % self._every == 0:
                    board.restore(start)
                    self._cut(board, step, versions, Power(cut_at, mode, self._number))

    def _cut(self, board: Board, step: Step, versions: list[bytes], power: Power) -> None:
        where = f"{board.kind} {len(versions[0])} {step.name} {power.cut_at} {power.mode}"
        neighbours = [self._neighbour, None] if step.ends_neighbour else [self._neighbour]
        self.cuts[step.name] += 1
        try:
            self._cut_once(board, step, versions, power)
            left = board.snapshot()
            allowed = step.allowed(versions)
            board.boot(Power())
            spent = board.power.spent
            check(board, allowed, neighbours)
            self.sharing += sharing(board)
            for cut_at in range(1, spent + 1):
                board.restore(left)
                mode = MODES[(power.cut_at + cut_at) % len(MODES)]
                self.second_cuts += 1
                attempt(lambda: board.boot(second), second := Power(cut_at, mode, cut_at))
                board.boot(Power())
                check(board, allowed, neighbours)
            use(board)
        except (AssertionError, OSError, RuneError, KeyError) as error:
            self.bad.append(f"{where}: {error!r}")

    def _cut_once(self, board: Board, step: Step, versions: list[bytes], power: Power) -> None:
        board.boot(Power())
        assert not board.power.spent
        board.use_power(power)
        attempt(lambda: step.do(board, versions), power)
        assert not power.is_on, "the step ended before the cut"


def attempt(action: Callable[[], None], power: Power) -> None:
    """Do what may fail for want of power, and for nothing else."""
    try:
        action()
    except (OSError, RuneError):
        if power.is_on:
            raise


def check(board: Board, allowed: list[State | None], neighbours: list[bytes | None]) -> None:
    """Check what a boot finds: a state that may be, and nothing left over."""
    pointers = dict(pointer.read_all(board.store))
    assert set(pointers) <= {"a", "b"}
    assert pointer.names(board.store) == sorted(pointers), "a pointer is damaged"
    other = board.bytes_of(pointers["b"].current) if "b" in pointers else None
    assert other in neighbours, "another Rune is damaged"
    assert state(board, pointers) in allowed, "neither the old state nor the new one"
    check_floors(board, pointers)
    check_nothing_left(board, pointers)


def check_floors(board: Board, pointers: dict[str, Any]) -> None:
    """Check that what is confirmed is under its floor: nothing older can be cast."""
    for name, found in pointers.items():
        confirmed = [] if found.trial else [found.current]
        for version in [*confirmed, *([found.previous] if found.previous else [])]:
            release = version[pointer.RELEASE]
            assert not is_before(board.floor(name), release), "a confirmed version has no floor"


def state(board: Board, pointers: dict[str, Any]) -> State | None:
    found = pointers.get("a")
    if found is None:
        assert not board.store.decision("a"), "a decision outlived its Rune"
        return None
    current, previous = board.bytes_of(found.current), board.bytes_of(found.previous)
    assert current is not None
    told = current, previous, found.trial > 0, board.store.decision("a")
    return told if found.waiting is None else (*told, board.bytes_of(found.waiting))


def check_nothing_left(board: Board, pointers: dict[str, Any]) -> None:
    wanted = {f"{name}.rune" for name in pointers}
    wanted |= {f"{name}.state" for name in pointers if board.store.decision(name)}
    if board.kind == "files":
        wanted |= {place for found in pointers.values() for place in places(found)}
    # A floor outlives its Rune.
    may_be = {"a.floor", "b.floor"}
    may_be |= {"upload.part", "upload.want"} if pending.pending(board.store).file else set()
    assert board.listing() - may_be == wanted, sorted(board.listing() ^ wanted)
    if board.kind == "extents":
        kept = sum(
            -(-own_bytes(one[2], one[pointer.SHARED]) // BLOCK_BYTES) * BLOCK_BYTES
            for found in pointers.values()
            for one in found.versions()
            if one is not found.previous or found.trial
        )
        free = board.store.free_bytes()
        assert free <= len(board.bodies.memory) - kept
        assert free >= BLOCK_BYTES


def sharing(board: Board) -> bool:
    """Say whether any version has something in another one's body."""
    found = [one for _, rune in pointer.read_all(board.store) for one in rune.versions()]
    return any(one[pointer.SHARED] for one in found)


def places(found: Any) -> set[str]:
    """Return the files that a Rune's versions have something in."""
    own = {one[pointer.PLACE] for one in found.versions()}
    return own | {entry[2] for one in found.versions() for entry in one[pointer.SHARED]}


def use(board: Board) -> None:
    """Cast another version, and one more Rune; the flash takes both."""
    newer = content(7, 300)
    board.cast("a", newer)
    board.confirm("a")
    board.boot(Power())
    found = pointer.read(board.store, "a")
    assert found is not None
    assert board.bytes_of(found.current) == newer
    assert recovery.gather(board.store) == 0


def in_place(path: str, data: bytes) -> None:
    """Write over the file that is there: what must be found bad."""
    try:
        with small_files.open(path, "wb") as file:  # type: ignore[attr-defined]
            file.write(data[: len(data) // 2])
            file.flush()
            file.write(data[len(data) // 2 :])
    except OSError as error:
        raise small_files.failed(error) from None


def remove_first(path: str, data: bytes) -> None:
    """Remove the file before the new one takes its place: what must be found bad."""
    small_files.remove(path)
    _replace(path, data)


_replace = small_files.replace
VARIANTS = {"shipped": _replace, "in-place": in_place, "remove-first": remove_first}


def main() -> int:
    """Run the campaign and print what it saw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="of so many cuts make one")
    parser.add_argument("--variant", choices=VARIANTS, default="shipped")
    arguments = parser.parse_args()
    small_files.replace = VARIANTS[arguments.variant]
    for module in (pointer, upload):
        module.small_files = small_files
    campaign = Campaign(arguments.every)
    began = time.monotonic()
    for kind in KINDS:
        for size in SIZES:
            for step in STEPS:
                for has_model in (False, True):
                    campaign.run(kind, size, has_model, step)
    seconds = time.monotonic() - began
    cuts = sum(campaign.cuts.values()) + campaign.second_cuts
    told = {
        "cuts": dict(campaign.cuts),
        "second_cuts": campaign.second_cuts,
        "sharing": campaign.sharing,
        "bad": len(campaign.bad),
        "first_bad": campaign.bad[:10],
        "seconds": round(seconds, 1),
        "cuts_per_s": round(cuts / seconds, 1),
    }
    print(json.dumps(told))
    return 1 if campaign.bad else 0


if __name__ == "__main__":
    sys.exit(main())
