"""What booting costs a board, and loading a Rune that is on its flash: instructions and RAM."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.board_calls import RUNES, sensor_data
from bench.board_firmware import Firmware, figures
from bench.counter import Counted
from bench.figure import Figure
from bench.firmware import region_numbers as regions
from bench.link_map import LinkMap, Piece
from bench.section import Row, Section
from runicd import build
from runicd.keys import files as keys

# The steps of loading, in their order; all but the first and last lie within LOAD.
STEPS = {
    "import the sandbox's modules": regions.MODULES,
    "read the decisions": regions.DECISION,
    "write the decisions": regions.WRITE,
    "hash the file": regions.FILE_HASH,
    "check who signed it": regions.SIGNATURE,
    "read the file, hash its parts": regions.READ,
    "admit": regions.ADMIT,
    "make the stages": regions.STAGES,
    "make the sandbox": regions.SANDBOX,
    "parse": regions.PARSE,
    "link and compile": regions.LINK,
    "self-test": regions.SELF_TEST,
    "first call": regions.FIRST_CALL,
}
_ALL = "from the slot to what can be called"
_REST = "the rest: _manifest, log, state"
_OUTSIDE = ("import the sandbox's modules", "first call")
_COLLECTOR = ("gc_collect", "gc_mark", "gc_sweep", "gc_deal", "gc_info", "gc_helper")
_ALLOCATOR = ("gc.o", "malloc.o", "wasm3_arena.o")
# What of a step is done by certain functions: the kind of work, and which functions do it. A
# function is of the first kind that takes it.
WORK: Mapping[str, Callable[[Piece], bool]] = {
    "collecting": lambda piece: piece.function.startswith(_COLLECTOR),
    "allocating": lambda piece: (
        piece.object in _ALLOCATOR or piece.function.startswith("runic_heap")
    ),
    "hashing": lambda piece: "sha256" in piece.function,
    "zeroing": lambda piece: "memset" in piece.function,
    "files": lambda piece: piece.object.startswith(("lfs2", "vfs_lfs", "flash")),
}


@dataclass(frozen=True, slots=True)
class Boot:
    """Instructions from power-on to ready, of them by kind of work, and the heap then in use."""

    core: str
    board: str
    instructions: int
    work: Mapping[str, int]
    idle_bytes: int
    asked_bytes: int
    heap_bytes: int
    idle_limit_bytes: int


@dataclass(frozen=True, slots=True)
class Load:
    """Each step's instructions, of them by kind of work, and the RAM that the Rune takes.

    The steps hold all that lies between the slot and the first call, too.
    """

    core: str
    rune: str
    file_bytes: int
    steps: Mapping[str, tuple[int, Mapping[str, int]]]
    ram: Mapping[str, Any]


def measure_boot(firmware: Firmware) -> Boot:
    """Count a boot from a flash that has been booted from. Raises CounterError."""
    with tempfile.TemporaryDirectory() as folder:
        flash = {"flash": f"{folder}/flash.bin"}
        firmware.run("boot", flash, powered=regions.BOOT)
        counted = firmware.run("boot", flash, powered=regions.BOOT, profile=[regions.BOOT])
    told = figures(counted)
    return Boot(
        firmware.core,
        firmware.board,
        counted.of(regions.BOOT)[0].instructions,
        work_in(counted.profiles[regions.BOOT], firmware.link_map()),
        told["idle"],
        told["asked"],
        told["heap"],
        firmware.stated["budgets"]["runicos_idle_bytes"],
    )


def measure_load(firmware: Firmware, rune: str) -> Load:
    """Put a Rune on flash, boot anew and count how it is loaded. Raises CounterError."""
    with tempfile.TemporaryDirectory() as folder:
        names = ("flash", "rune", "data", "key")
        files = {name: Path(folder) / name for name in names}
        files["rune"].write_bytes(build(RUNES / rune / "Runefile").data)
        files["key"].write_bytes(keys.default().public)
        files["data"].write_bytes(sensor_data(rune, 1))
        file_bytes = files["rune"].stat().st_size
        firmware.run("install", {**files, "name": rune})
        profiled = [regions.LOAD, *STEPS.values()]
        counted = firmware.run("load", {**files, "name": rune}, profile=profiled)
    steps = _steps(counted, firmware.link_map())
    return Load(firmware.core, rune, file_bytes, steps, figures(counted))


def work_in(profile: Mapping[int, int], functions: LinkMap) -> dict[str, int]:
    """Return how many of a region's instructions were which kind of work."""
    work: Counter[str] = Counter(dict.fromkeys(WORK, 0))
    for address, instructions in profile.items():
        piece = functions.find(address)
        for name, does in WORK.items():
            if piece is not None and does(piece):
                work[name] += instructions
                break
    return dict(work)


def _steps(counted: Counted, functions: LinkMap) -> dict[str, tuple[int, dict[str, int]]]:
    """Return each step; what LOAD has beside the steps in it is one more."""

    def step(region: int) -> tuple[int, dict[str, int]]:
        total = sum(counts.instructions for counts in counted.of(region))
        return total, work_in(counted.profiles[region], functions)

    steps = {name: step(region) for name, region in STEPS.items()}
    loaded = step(regions.LOAD)
    inside = [found for name, found in steps.items() if name not in _OUTSIDE]
    rest = {
        kind: instructions - sum(work[kind] for _, work in inside)
        for kind, instructions in loaded[1].items()
    }
    steps[_REST] = loaded[0] - sum(instructions for instructions, _ in inside), rest
    steps[_ALL] = loaded
    return steps


# ---- Tables


def boots(measured: Sequence[Boot]) -> Section:
    """Return what booting costs, and the heap of an idle board, with its budget."""
    columns = ("core", "boot to ready", *WORK, "heap, idle", "heap, facts asked", "of")
    rows: list[Row] = []
    for each in measured:
        heap = (each.idle_bytes, each.asked_bytes, each.heap_bytes)
        rows.append((each.core, each.instructions, *each.work.values(), *heap))
    promises = [
        Figure(f"idle heap {each.core}", each.idle_bytes, "bytes", each.idle_limit_bytes)
        for each in measured
    ]
    return Section("Boot: instructions, and bytes of heap", columns, rows, promises)


def loads(measured: Sequence[Load]) -> Iterator[Section]:
    """Yield what loading each Rune costs, by steps; only that of the smallest is printed."""
    for each in measured:
        rows: list[Row] = []
        for step in (*STEPS, _REST, _ALL):
            instructions, work = each.steps[step]
            rows.append((step, instructions, *work.values()))
        yield Section(
            f"Loading {each.rune} from flash on {each.core}: instructions",
            ("", "all", *WORK),
            rows,
            is_printed=each.rune == "sine",
        )


def memory(measured: Sequence[Load]) -> Section:
    """Return the RAM that each Rune takes while it runs."""
    rows: list[Row] = []
    for each in measured:
        heap, parts = each.ram["heap"], each.ram["parts"]
        rest = heap - parts["tensors"] - parts["models"] - parts["wasm"]
        held = (parts["tensors"], parts["models"], parts["wasm"], parts["linear memory"], rest)
        rows.append((each.core, each.rune, each.file_bytes, heap, *held))
    columns = ("tensors", "models' arenas", "wasm3", "linear memory in it", "blocks and objects")
    return Section(
        "A running Rune: bytes of RAM", ("core", "Rune", "file", "heap", *columns), rows
    )
