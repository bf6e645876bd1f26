"""What firmware takes in flash, part by part, and how that changed: `python -m bench.flash_size`.

Sizes are read from the linker's maps. What a firmware would take without a module is its size
less the module's own: functions of the C library that nobody else uses would go, too. The
difference is that from another commit, whose firmware is built for it.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from bench import board_firmware, link_map
from bench.board_firmware import ROOT, Firmware
from bench.counter import CounterError
from bench.figure import Figure
from bench.section import Row, Section

_ALL = "all"

Sizes = Mapping[str, int]


def main() -> int:
    """Print sizes and differences; 1 when a budget is exceeded, 2 when there is no firmware."""
    parser = argparse.ArgumentParser(prog="python -m bench.flash_size", description=__doc__)
    parser.add_argument("--board", action="append", choices=board_firmware.BOARDS)
    parser.add_argument("--against", metavar="COMMIT", help="tell how sizes changed since then")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        found = []
        for section in measured(options.board or board_firmware.BOARDS, options.against):
            section.show(console)
            found.append(section)
    except CounterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    return 0 if all(promise.kept for section in found for promise in section.promises) else 1


def measured(boards: Sequence[str], against: str | None) -> Iterator[Section]:
    """Yield the tables of some boards' firmware as it is for users. Raises CounterError."""
    firmware = built(boards)
    yield from sections(firmware)
    if against is not None:
        with checked_out(against) as root:
            yield differences(against, built(boards, root), firmware)


def built(boards: Sequence[str], root: Path = ROOT) -> list[Firmware]:
    """Return the firmware of some boards, built of the sources in `root`. Raises CounterError."""
    return [board_firmware.build(board, measured=False, root=root) for board in boards]


@contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Have a commit's files in a folder, with the tools that are here. Raises CounterError."""
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        root = Path(folder) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(root), commit)
        try:
            for name in (".cache", ".venv"):
                (root / name).symlink_to(ROOT / name)
            yield root
        finally:
            _git("worktree", "remove", "--force", str(root))


def _git(*arguments: str) -> None:
    ran = subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise CounterError(f"git {' '.join(arguments)}: {ran.stderr.strip()}")


def sizes_of(firmware: Firmware) -> dict[str, int]:
    """Return the bytes of flash that each part takes, and all of them together."""
    sizes = firmware.link_map().sizes(link_map.IN_FLASH)
    found = {part: sizes[part] for part in link_map.PARTS if part in sizes}
    return {**found, _ALL: sum(found.values())}


def sections(firmware: Sequence[Firmware]) -> Iterator[Section]:
    """Yield the tables of sizes, and of firmware without each module."""
    sizes = {each.core: sizes_of(each) for each in firmware}
    promises = []
    for each in firmware:
        limit = each.stated["budgets"]["flash_bytes"]
        promises.append(Figure(f"flash {each.core}", sizes[each.core][_ALL], "bytes", limit))
    budget: Row = ("budget", *[promise.limit or 0 for promise in promises])
    rows = [*_rows(sizes), budget]
    yield Section("Firmware: bytes of flash", ("", *sizes), rows, promises)
    without = {
        core: {part: all_of[_ALL] - all_of.get(part, 0) for part in link_map.NATIVE_MODULES}
        for core, all_of in sizes.items()
    }
    yield Section("Firmware without one module: bytes of flash", ("", *without), _rows(without))


def differences(commit: str, before: Sequence[Firmware], now: Sequence[Firmware]) -> Section:
    """Return the table of what each part takes more than it did at a commit."""
    changed = {
        new.core: difference(sizes_of(old), sizes_of(new))
        for old, new in zip(before, now, strict=True)
    }
    return Section(
        f"Firmware: more bytes of flash than at {commit}", ("", *changed), _rows(changed)
    )


def difference(before: Sizes, now: Sizes) -> dict[str, int]:
    """Return by how much each part grew; a part that is gone shrank to nothing."""
    return {part: now.get(part, 0) - before.get(part, 0) for part in {**now, **before}}


def _rows(columns: Mapping[str, Sizes]) -> list[Row]:
    parts = dict.fromkeys(part for sizes in columns.values() for part in sizes)
    return [(part, *[sizes.get(part, 0) for sizes in columns.values()]) for part in parts]


if __name__ == "__main__":
    sys.exit(main())
