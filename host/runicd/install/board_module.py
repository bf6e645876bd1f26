"""Turns tables of a board.toml into the module `board_toml`, which the board's firmware freezes.

Run as a program while firmware is built, and by `runicd install`; imports nothing of ours.

Each table becomes a tuple of (key, value) under its name in capitals: constants, so that they lie
in the board's flash. A file that would not change is left alone, so that nothing is built anew.

    board_module.py boards/unix/board.toml build/unix/board_toml/board_toml.py
"""

import sys
import tomllib
from pathlib import Path

NAME = "board_toml"
# What firmware reads of board.toml, of tables with numbers and texts.
TABLES = ("limits", "policy")


def text_of(described: dict[str, object]) -> str:
    """Return the module's source. Raises ValueError for a table with anything but constants."""
    lines = ['"""What board.toml says, for the firmware; generated, do not edit."""', ""]
    for table in TABLES:
        entries = described.get(table, {})
        if not isinstance(entries, dict) or not all(map(_is_constant, entries.values())):
            raise ValueError(f"[{table}] holds more than numbers and texts")
        rows = "".join(f"    ({key!r}, {value!r}),\n" for key, value in entries.items())
        lines.append(f"{table.upper()} = (\n{rows})" if rows else f"{table.upper()} = ()")
    return "\n".join(lines) + "\n"


def _is_constant(value: object) -> bool:
    return isinstance(value, int | str)


def main(source: str, target: str) -> None:
    """Write the module of one board."""
    text = text_of(tomllib.loads(Path(source).read_text("utf-8")))
    path = Path(target)
    if not path.exists() or path.read_text("utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
