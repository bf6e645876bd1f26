"""What firmware takes in flash, part by part, and how that changed: `python -m bench.flash_size`.

Sizes are read from the linker's maps. What a firmware would take without a module is its size
less the module's own: functions of the C library that nobody else uses would go, too. The
difference is that from flash_sizes.json, which `--record` writes anew.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console

from bench import board_firmware, counter, link_map
from bench.board_firmware import Firmware
from bench.figure import Figure
from bench.section import Row, Section

RECORD = Path(__file__).with_name("flash_sizes.json")
_ALL = "all"

Sizes = Mapping[str, int]


def main() -> int:
    """Print sizes and differences; 1 when a budget is exceeded, 2 when there is no firmware."""
    parser = argparse.ArgumentParser(prog="python -m bench.flash_size", description=__doc__)
    parser.add_argument("--board", action="append", choices=board_firmware.BOARDS)
    parser.add_argument("--record", action="store_true", help=f"write {RECORD.name}")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        firmware = built(options.board or board_firmware.BOARDS)
    except counter.CounterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    found = [*sections(firmware)]
    for section in found:
        section.show(console)
    if options.record:
        record([*firmware], RECORD)
    return 0 if all(promise.kept for section in found for promise in section.promises) else 1


def built(boards: Sequence[str]) -> list[Firmware]:
    """Return the firmware of some boards as it is for users. Raises CounterError."""
    return [board_firmware.build(board, measured=False) for board in boards]


def sizes_of(firmware: Firmware) -> dict[str, int]:
    """Return the bytes of flash that each part takes, and all of them together."""
    sizes = firmware.link_map().sizes(link_map.IN_FLASH)
    found = {part: sizes[part] for part in link_map.PARTS if part in sizes}
    return {**found, _ALL: sum(found.values())}


def sections(firmware: Sequence[Firmware]) -> Iterator[Section]:
    """Yield the tables of sizes, of firmware without each module, and of differences."""
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
    before = json.loads(RECORD.read_text()) if RECORD.is_file() else {}
    changed = {core: difference(before.get(core, {}), now) for core, now in sizes.items()}
    title = f"Firmware: more bytes of flash than in {RECORD.name}"
    yield Section(title, ("", *changed), _rows(changed))


def difference(before: Sizes, now: Sizes) -> dict[str, int]:
    """Return by how much each part grew; a part that is gone shrank to nothing."""
    return {part: now.get(part, 0) - before.get(part, 0) for part in {**now, **before}}


def _rows(columns: Mapping[str, Sizes]) -> list[Row]:
    parts = dict.fromkeys(part for sizes in columns.values() for part in sizes)
    return [(part, *[sizes.get(part, 0) for sizes in columns.values()]) for part in parts]


def record(firmware: Sequence[Firmware], path: Path) -> None:
    """Store sizes, to be compared with later; those of other boards stay."""
    kept = json.loads(path.read_text()) if path.is_file() else {}
    kept.update({each.core: sizes_of(each) for each in firmware})
    path.write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
