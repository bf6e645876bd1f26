"""Finds the firmware of simulated boards and what its board.toml says of it."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from runicd.errors import SimulatorError, UsageError

_REPOSITORY = Path(__file__).resolve().parents[3]
_HEAP_BYTES = 256 * 1024
_SIMULATED = ("unix",)


@dataclass(frozen=True, slots=True)
class Firmware:
    """A firmware binary for this machine, and the heap that stands for the board's RAM."""

    board: str
    path: Path
    heap_bytes: int


def find(board: str = "unix") -> Firmware:
    """Return the firmware of a simulated board: RUNICD_FIRMWARE, or what `make firmware` built."""
    if board not in _SIMULATED:
        raise UsageError(
            f"{board!r} cannot be simulated", remedy=f"choose from {', '.join(_SIMULATED)}"
        )
    given = os.environ.get("RUNICD_FIRMWARE")
    path = Path(given) if given else _REPOSITORY / "build" / board / "micropython"
    remedy = f"run `make firmware BOARD={board}`, or set RUNICD_FIRMWARE"
    if not path.is_file():
        raise SimulatorError(f"no firmware at {path}", remedy=remedy)
    if not os.access(path, os.X_OK):
        raise SimulatorError(f"{path} is no firmware: it cannot be executed", remedy=remedy)
    return Firmware(board, path.absolute(), _heap_bytes(board))


def _heap_bytes(board: str) -> int:
    """Return the heap that board.toml states, or the default outside the repository."""
    path = _REPOSITORY / "boards" / board / "board.toml"
    if not path.is_file():
        return _HEAP_BYTES
    heap = tomllib.loads(path.read_text()).get("facts", {}).get("heap_bytes", _HEAP_BYTES)
    return heap if isinstance(heap, int) else _HEAP_BYTES
