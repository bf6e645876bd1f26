"""The firmware of an emulated board that is to be measured, and one run of it."""

import json
import subprocess
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import counter, link_map
from bench.counter import Counted, CounterError

ROOT = Path(__file__).parents[1]
BOARDS = ("mps2_an385", "mps2_an386", "mps2_an500", "mps3_an547")
# Comes a thousand times a second, whatever runs.
INTERRUPT = "SysTick_Handler"
_FIGURES = "figures "


@dataclass(frozen=True, slots=True)
class Firmware:
    """A board's firmware with what measures it, and what board.toml says of the board."""

    board: str
    elf: Path
    stated: Mapping[str, Any]

    @property
    def machine(self) -> str:
        """Return QEMU's name of the machine."""
        return str(self.stated["emulator"]["machine"])

    @property
    def core(self) -> str:
        """Return the core's name in words."""
        return str(self.stated["facts"]["chip"])

    def link_map(self) -> link_map.LinkMap:
        """Return which bytes of the firmware come from where."""
        return link_map.read(self.elf.with_suffix(".map"))

    def run(
        self,
        measure: str,
        arguments: Mapping[str, object],
        *,
        profile: Sequence[int] = (),
        powered: int | None = None,
    ) -> Counted:
        """Run one of board_counts.py's measures. Raises CounterError."""
        given = [f"{name}={value}" for name, value in arguments.items()]
        return counter.count(
            self.machine,
            self.elf,
            semihosting=["runicos", f"measure={measure}", *given],
            profile=profile,
            powered=powered,
            skip=[INTERRUPT],
        )


def build(board: str, *, measured: bool = True, root: Path = ROOT) -> Firmware:
    """Build a board's firmware, of the sources in `root`, if it is old. Raises CounterError."""
    command = ["make", "--no-print-directory", "firmware", f"BOARD={board}", "SKIP_APT=1"]
    ran = subprocess.run(
        [*command, *(["BENCH=1"] if measured else [])],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise CounterError(f"the firmware of {board} does not build:\n{ran.stdout}{ran.stderr}")
    stated = tomllib.loads((root / "boards" / board / "board.toml").read_text())
    folder = root / "build" / f"{board}{'-bench' if measured else ''}"
    return Firmware(board, folder / "firmware.elf", stated)


def figures(counted: Counted) -> dict[str, Any]:
    """Return what the board told of itself beside the counts. Raises CounterError."""
    for line in counted.console.splitlines():
        if line.startswith(_FIGURES):
            told: dict[str, Any] = json.loads(line.removeprefix(_FIGURES))
            return told
    raise CounterError(f"the board told no figures:\n{counted.console}")
